using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Experiments.Models.Tokenizers;

/// <summary>Cuts text into words by a regular expression, counting in code points as the tokenizers do for which these were written.</summary>
/// <remarks>
/// .NET's Regex, and so Microsoft.ML.Tokenizers' pre-tokenizers, see a character beyond U+FFFF as two halves that are no letters: <c>\p{L}+</c> does not
/// match 𝒜. Each such character is therefore matched through a stand-in of its own category below U+FFFF.
/// </remarks>
internal sealed class WordPattern
{
    private static readonly Dictionary<UnicodeCategory, char> StandIns = new()
    {
        [UnicodeCategory.UppercaseLetter] = 'Ꜣ',
        [UnicodeCategory.LowercaseLetter] = 'ꜣ',
        [UnicodeCategory.TitlecaseLetter] = 'ǅ',
        [UnicodeCategory.ModifierLetter] = 'ʰ',
        [UnicodeCategory.OtherLetter] = 'ƻ',
        [UnicodeCategory.NonSpacingMark] = '\u0483',
        [UnicodeCategory.SpacingCombiningMark] = '\u0903',
        [UnicodeCategory.EnclosingMark] = '\u0488',
        [UnicodeCategory.DecimalDigitNumber] = '٠',
        [UnicodeCategory.LetterNumber] = 'ᛮ',
        [UnicodeCategory.OtherNumber] = '²',
        [UnicodeCategory.ConnectorPunctuation] = '‿',
        [UnicodeCategory.DashPunctuation] = '‒',
        [UnicodeCategory.OpenPunctuation] = '⁅',
        [UnicodeCategory.ClosePunctuation] = '⁆',
        [UnicodeCategory.InitialQuotePunctuation] = '‹',
        [UnicodeCategory.FinalQuotePunctuation] = '›',
        [UnicodeCategory.OtherPunctuation] = '†',
        [UnicodeCategory.MathSymbol] = '∀',
        [UnicodeCategory.CurrencySymbol] = '₠',
        [UnicodeCategory.ModifierSymbol] = '˂',
        [UnicodeCategory.OtherSymbol] = '☀',
        [UnicodeCategory.Format] = '\u2061',
        [UnicodeCategory.PrivateUse] = '\uE000',
    };

    private const char Unassigned = '\uFFFF';

    private readonly Regex _regex;
    private readonly SplitBehavior _behavior;
    private readonly bool _invert;

    /// <summary>Makes a pattern.</summary>
    /// <param name="regex">The expression, in the syntax that .NET and Oniguruma share.</param>
    /// <param name="behavior">What becomes of what it finds.</param>
    /// <param name="invert">Whether it finds what the expression does not match.</param>
    /// <exception cref="ArgumentException">The expression is not in that syntax.</exception>
    internal WordPattern(string regex, SplitBehavior behavior = SplitBehavior.Isolated, bool invert = false)
    {
        (_regex, _behavior, _invert) = (new(regex, RegexOptions.CultureInvariant), behavior, invert);
    }

    internal IEnumerable<AlignedText> Cut(AlignedText text)
    {
        var (words, joins, wasFound) = (new List<(int Start, int End)>(), _behavior is SplitBehavior.MergedWithPrevious or SplitBehavior.MergedWithNext, false);
        foreach (var (start, end, found) in _behavior == SplitBehavior.MergedWithNext ? Parts(text.Text).Reverse() : Parts(text.Text))
        {
            if (found && joins && !wasFound && words.Count > 0)
            {
                words[^1] = (Math.Min(start, words[^1].Start), Math.Max(end, words[^1].End));
            }
            else if (!found || _behavior != SplitBehavior.Removed)
            {
                words.Add((start, end));
            }

            wasFound = found;
        }

        return words.OrderBy(word => word.Start).Select(word => text.Slice(word.Start, word.End - word.Start));
    }

    /// <summary>The whole text, in parts that the pattern finds and parts between them.</summary>
    private IEnumerable<(int Start, int End, bool Found)> Parts(string text)
    {
        var at = 0;
        foreach (var (start, end) in Matches(text))
        {
            if (start > at)
            {
                yield return (at, start, _invert);
            }

            yield return (start, end, !_invert);
            at = end;
        }

        if (at < text.Length)
        {
            yield return (at, text.Length, _invert);
        }
    }

    private IEnumerable<(int Start, int End)> Matches(string text)
    {
        if (!text.Any(char.IsSurrogate))
        {
            return _regex.Matches(text).Where(match => match.Length > 0).Select(match => (match.Index, match.Index + match.Length));
        }

        var (proxy, starts) = (new StringBuilder(), new List<int>());
        for (var at = 0; at < text.Length;)
        {
            var rune = Rune.GetRuneAt(text, at);
            starts.Add(at);
            proxy.Append(rune.IsBmp ? (char)rune.Value : StandIns.GetValueOrDefault(Rune.GetUnicodeCategory(rune), Unassigned));
            at += rune.Utf16SequenceLength;
        }

        starts.Add(text.Length);
        return _regex.Matches(proxy.ToString()).Where(match => match.Length > 0).Select(match => (starts[match.Index], starts[match.Index + match.Length]));
    }
}
