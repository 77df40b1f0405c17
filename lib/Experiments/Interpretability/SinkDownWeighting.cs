using System.Text.Json.Serialization;
using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>The weight on the first token of the text is scaled, and rows are scaled back to sum 1.</summary>
/// <remarks>The first token is the first that is no padding, BOS in most models. Its own row, which sees nothing else, stays.</remarks>
public sealed record SinkDownWeighting : PatternIntervention
{
    /// <summary>Name of the kind.</summary>
    public const string Kind = "sink-down-weighting";

    /// <summary>Factor of the first key's weight: 0 takes it away, 1 changes nothing.</summary>
    public double Beta { get; init; } = 0.5;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => Kind;

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool ChangesNothing => Beta == 1;

    private protected override string? WrongSetting() => double.IsFinite(Beta) && Beta >= 0 ? null : $"beta is {Beta}; it must be a number of at least 0";

    private protected override Tensor Edit(AttentionSite site, Tensor pattern) =>
        Renormalized(pattern * Factors(TokenPositions.OfKeys(site, pattern).eq(Scalars.Zero), Beta, 1), pattern);
}
