using System.Text.RegularExpressions;

namespace Experiments.Reporting;

/// <summary>Makes tokens readable as labels.</summary>
public static partial class TokenLabel
{
    /// <summary>
    /// The token with what is invisible shown: spaces as ␣ (SentencePiece's ▁ too), newline ⏎ (as byte <c>&lt;0x0A&gt;</c> too), tab ⇥, other control
    /// characters �. Five or more equal characters are one with their number, <c>␣×24</c>, for the room; nothing else is shortened. Never empty.
    /// </summary>
    public static string Of(string token)
    {
        var visible = token
            .ReplaceLineEndings("⏎")
            .Replace("<0x0A>", "⏎", StringComparison.Ordinal)
            .Replace('\t', '⇥')
            .Replace('\u2581', '␣');
        visible = string.Concat(visible.Select(c => char.IsControl(c) ? '�' : char.IsWhiteSpace(c) ? '␣' : c));
        return visible.Length == 0 ? "␣" : LongRun().Replace(visible, run => $"{run.Value[0]}×{run.Length}");
    }

    /// <summary>The labels of all tokens, in order.</summary>
    public static IReadOnlyList<string> Of(IEnumerable<string> tokens) => [.. tokens.Select(Of)];

    [GeneratedRegex(@"(.)\1{4,}")]
    private static partial Regex LongRun();
}
