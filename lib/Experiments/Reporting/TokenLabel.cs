using System.Text.RegularExpressions;

namespace Experiments.Reporting;

/// <summary>Makes tokens readable as labels.</summary>
public static partial class TokenLabel
{
    /// <summary>
    /// The token with what is invisible shown: spaces as ␣ (SentencePiece's ▁ too), newline ⏎ (as byte <c>&lt;0x0A&gt;</c> too), tab ⇥, other control
    /// characters �. Five or more equal characters are one with their number, <c>␣×24</c>. Never empty.
    /// </summary>
    /// <param name="token">The token as the tokenizer writes it.</param>
    /// <param name="longest">Characters above which the middle is left out (…); without it, nothing is.</param>
    public static string Of(string token, int longest = int.MaxValue)
    {
        var visible = token
            .ReplaceLineEndings("⏎")
            .Replace("<0x0A>", "⏎", StringComparison.Ordinal)
            .Replace('\t', '⇥')
            .Replace('\u2581', '␣');
        visible = string.Concat(visible.Select(c => char.IsControl(c) ? '�' : char.IsWhiteSpace(c) ? '␣' : c));
        visible = visible.Length == 0 ? "␣" : LongRun().Replace(visible, run => $"{run.Value[0]}×{run.Length}");
        return visible.Length <= longest ? visible : $"{visible[..(longest / 2)]}…{visible[^((longest - 1) / 2)..]}";
    }

    [GeneratedRegex(@"(.)\1{4,}")]
    private static partial Regex LongRun();
}
