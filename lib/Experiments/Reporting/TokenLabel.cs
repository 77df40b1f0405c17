namespace Experiments.Reporting;

/// <summary>Makes tokens readable as axis labels.</summary>
public static class TokenLabel
{
    private const int MaxLength = 16;

    /// <summary>
    /// The token with its invisible characters shown (newline ⏎, tab ⇥, a lone space ␣, SentencePiece's byte newline too) and cut to
    /// 16 characters with an ellipsis. Never empty.
    /// </summary>
    public static string Of(string token)
    {
        var visible = token
            .ReplaceLineEndings("⏎")
            .Replace("<0x0A>", "⏎", StringComparison.Ordinal)
            .Replace("\t", "⇥", StringComparison.Ordinal)
            .Replace('\u2581', '_');
        visible = string.Concat(visible.Select(c => char.IsControl(c) ? '�' : c));
        if (string.IsNullOrWhiteSpace(visible))
        {
            visible = new string('␣', Math.Max(1, visible.Length));
        }

        return visible.Length <= MaxLength ? visible : string.Concat(visible.AsSpan(0, MaxLength - 1), "…");
    }

    /// <summary>The labels of all tokens, in order.</summary>
    public static IReadOnlyList<string> Of(IEnumerable<string> tokens) => [.. tokens.Select(Of)];
}
