using System.Text.RegularExpressions;

namespace Experiments.Models.Tokenizers;

/// <summary>Cuts added tokens out of text, as Hugging Face's tokenizers do: the leftmost first, of several there the longest.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<string, AddedToken> _tokens = new(StringComparer.Ordinal);
    private readonly Regex? _pattern;

    internal AddedTokens(IEnumerable<AddedToken> tokens)
    {
        foreach (var token in tokens.Where(token => token.Text.Length > 0))
        {
            _tokens.TryAdd(token.Text, token);
        }

        _pattern = _tokens.Count == 0 ? null : new(string.Join('|', _tokens.Keys.OrderByDescending(text => text.Length).Select(Regex.Escape)), RegexOptions.CultureInvariant);
    }

    /// <summary>The parts of a text, each with its token, or with none where it is still to be encoded.</summary>
    internal IEnumerable<(AlignedText Part, AddedToken? Token)> Split(AlignedText text)
    {
        var at = 0;
        foreach (var match in _pattern?.Matches(text.Text).AsEnumerable() ?? [])
        {
            var token = _tokens[match.Value];
            var (start, end) = (match.Index, match.Index + match.Length);
            if (token.SingleWord && ((start > 0 && IsWord(text.Text[start - 1])) || (end < text.Length && IsWord(text.Text[end]))))
            {
                continue;
            }

            for (; token.LeftStrip && start > at && char.IsWhiteSpace(text.Text[start - 1]); start--)
            {
            }

            for (; token.RightStrip && end < text.Length && char.IsWhiteSpace(text.Text[end]); end++)
            {
            }

            if (start > at)
            {
                yield return (text.Slice(at, start - at), null);
            }

            yield return (text.Slice(start, end - start), token);
            at = end;
        }

        if (at < text.Length)
        {
            yield return (text.Slice(at, text.Length - at), null);
        }
    }

    private static bool IsWord(char c) => char.IsLetterOrDigit(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.ConnectorPunctuation or System.Globalization.UnicodeCategory.NonSpacingMark;
}
