using System.Collections.Immutable;

namespace Experiments.Reporting;

/// <summary>An axis with one named place for each row, column or group.</summary>
/// <param name="Title">What the places are, for instance <c>key token</c> or <c>layer</c>.</param>
/// <param name="Labels">Their names, which may repeat.</param>
public sealed record CategoryAxis(string Title, ImmutableArray<string> Labels)
{
    private const int LongestToken = 24; // more would take a paper's column from the plot; no SentencePiece vocabulary has more

    /// <summary>An axis over tokens, with their invisible characters made visible; the middle of those longer than 24 characters is left out.</summary>
    public static CategoryAxis Tokens(string title, IEnumerable<string> tokens) => new(title, [.. tokens.Select(token => TokenLabel.Of(token, LongestToken))]);

    /// <summary>An axis that counts from 0 up: layers, heads.</summary>
    public static CategoryAxis Numbered(string title, int count) =>
        new(title, [.. Enumerable.Range(0, count).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))]);
}
