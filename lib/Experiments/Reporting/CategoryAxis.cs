using System.Collections.Immutable;

namespace Experiments.Reporting;

/// <summary>An axis with one named place for each row, column or group.</summary>
/// <param name="Title">What the places are, for instance <c>key token</c> or <c>layer</c>.</param>
/// <param name="Labels">Their names, which may repeat.</param>
public sealed record CategoryAxis(string Title, ImmutableArray<string> Labels)
{
    /// <summary>An axis over tokens, with their invisible characters made visible.</summary>
    public static CategoryAxis Tokens(string title, IEnumerable<string> tokens) => new(title, [.. TokenLabel.Of(tokens)]);

    /// <summary>An axis that counts from 0 up: layers, heads.</summary>
    public static CategoryAxis Numbered(string title, int count) =>
        new(title, [.. Enumerable.Range(0, count).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))]);
}
