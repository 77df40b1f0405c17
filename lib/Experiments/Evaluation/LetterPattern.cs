using System.Text.RegularExpressions;

namespace Experiments.Evaluation;

/// <summary>The expression for an option's letter in running text.</summary>
internal static class LetterPattern
{
    private const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.Compiled;

    /// <summary>Expressions are made once per number of options (2 to 26).</summary>
    private static readonly Dictionary<(string Rule, int Count), Regex> Made = [];

    /// <summary>Completes a rule's expression with the letters in play.</summary>
    /// <param name="rule">An expression with <c>{letter}</c> for an option's letter that stands alone, and <c>{other}</c> for any character but such a letter.</param>
    /// <param name="count">Number of options.</param>
    internal static Regex For(string rule, int count)
    {
        lock (Made)
        {
            if (!Made.TryGetValue((rule, count), out var regex))
            {
                var letters = $"A-{(char)('A' + count - 1)}";
                // "A dog" and "I think" hold words, not letters of options: before a lower-case word these two count only where a verdict or a reason follows.
                var letter = $@"(?<![\w'])(?:(?![AI]\s+(?!is\b|because\b|since\b|as\b|seems\b)[a-z])([{letters}]))(?![\w'=])";
                regex = new Regex(rule.Replace("{letter}", letter, StringComparison.Ordinal).Replace("{other}", $"[^{letters}]", StringComparison.Ordinal), Options);
                Made.Add((rule, count), regex);
            }

            return regex;
        }
    }

    /// <summary>0-based option of the first match's letter; null without a match.</summary>
    internal static int? FirstOption(string rule, int count, string text) => Option(For(rule, count).Match(text));

    /// <summary>0-based option of the last match's letter; null without a match.</summary>
    internal static int? LastOption(string rule, int count, string text) => For(rule, count).Matches(text) is { Count: > 0 } matches ? Option(matches[^1]) : null;

    private static int? Option(Match match) => match.Success ? match.Groups[1].Value[0] - 'A' : null;
}
