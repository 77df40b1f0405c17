using System.Text.RegularExpressions;
using Experiments.Data;
using FuzzySharp;

namespace Experiments.Evaluation;

/// <summary>The paper's way from a free reply to an option: letters for texts, four patterns in order, then the closest text.</summary>
/// <remarks>Structure of arXiv 2403.14932's released code, patterns our own. Negated sentences ("the answer is not B") are passed over.</remarks>
internal static class LetterCascade
{
    private const string Negation = @"(?:\bnot\b|n't\b|\bnever\b)";

    // Between the phrase and the letter a few characters that hold no other option's letter, and no negation.
    private static readonly (ExtractionRule Rule, string Pattern)[] Rules =
    [
        (ExtractionRule.AnswerIs, $@"(?:\b[Cc]hoose\b|\b(?:[Aa]nswer|[Cc]hoice)\b(?:(?!{Negation}){{other}}){{0,30}}?(?:\bis\b|\bbe\b|:))(?:(?!{Negation}){{other}}){{0,20}}?{{letter}}"),
        (ExtractionRule.LetterIsCorrect, $@"{{letter}}(?:(?!{Negation}){{other}}){{0,20}}?\b(?:correct|right)\b"),
        (ExtractionRule.LeadingLetter, @"\A[\s*(\[""]*{letter}(?=[.,:;)\]*""]|\s*\z|\s*\n)"),
        (ExtractionRule.LoneLetter, "{letter}"),
    ];

    /// <summary>Reads a reply.</summary>
    /// <param name="reply">What the model wrote.</param>
    /// <param name="options">The options' texts.</param>
    internal static ExtractedAnswer Read(string reply, IReadOnlyList<string> options)
    {
        var text = LettersForTexts(reply, options);
        foreach (var (rule, pattern) in Rules)
        {
            if (LetterPattern.FirstOption(pattern, options.Count, text) is { } option)
            {
                return new(option, rule);
            }
        }

        return Closest(reply, options);
    }

    /// <summary>Replaces options' texts by their letters, longest first, in one pass, so that no replacement is replaced again.</summary>
    private static string LettersForTexts(string reply, IReadOnlyList<string> options)
    {
        var letters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < options.Count; i++)
        {
            var text = options[i].Trim().TrimEnd('.');
            // An option whose text is a single letter would turn other options' letters into its own.
            if (text.Length > 1 || (text.Length == 1 && !char.IsLetter(text[0])))
            {
                letters.TryAdd(text, MultipleChoiceQuestion.LetterOf(i));
            }
        }

        if (letters.Count == 0)
        {
            return reply;
        }

        var texts = letters.Keys.OrderByDescending(text => text.Length).ThenBy(text => text, StringComparer.Ordinal).Select(Regex.Escape);
        return Regex.Replace(reply, $@"(?<!\w)(?:{string.Join('|', texts)})(?!\w)", match => letters[match.Value], RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
    }

    private static ExtractedAnswer Closest(string reply, IReadOnlyList<string> options)
    {
        if (string.IsNullOrWhiteSpace(reply))
        {
            return ExtractedAnswer.None;
        }

        var scores = options.Select(option => Fuzz.WeightedRatio(reply, option)).ToArray();
        var best = scores.Max();
        // Two options equally close, or none at all, is not an answer.
        return best > 0 && scores.Count(score => score == best) == 1 ? new(Array.IndexOf(scores, best), ExtractionRule.ClosestOption) : ExtractedAnswer.None;
    }
}
