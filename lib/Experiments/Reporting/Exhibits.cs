using System.Collections.Immutable;

namespace Experiments.Reporting;

/// <summary>
/// What a run shows: tables, figures, and what they say. Made from the saved numbers alone, so that it can be made again without a model.
/// </summary>
public sealed record Exhibits
{
    /// <summary>Tables by file name without extension, in the order in which they are read.</summary>
    public ImmutableArray<(string Name, Table Table)> Tables { get; init; } = [];

    /// <summary>Figures by file name without extension, in the order in which they are read.</summary>
    public ImmutableArray<(string Name, Figure Figure)> Figures { get; init; } = [];

    /// <summary>What the numbers say, a sentence each, losses as plainly as gains.</summary>
    public ImmutableArray<string> Conclusions { get; init; } = [];
}
