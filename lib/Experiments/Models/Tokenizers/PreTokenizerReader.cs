using System.Text;
using System.Text.RegularExpressions;

namespace Experiments.Models.Tokenizers;

/// <summary>Makes the cutting into words that the <c>pre_tokenizer</c> of a <c>tokenizer.json</c> describes.</summary>
internal static class PreTokenizerReader
{
    /// <summary>GPT-2's words, which ByteLevel cuts.</summary>
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private const string Supported = "Sequence, ByteLevel, Split (Removed, Isolated, MergedWithPrevious, MergedWithNext), Digits, Metaspace";

    private const string Space = " ";

    internal static Func<AlignedText, IEnumerable<AlignedText>> Read(TokenizerPart part)
    {
        if (!part.Exists)
        {
            return text => [text];
        }

        switch (part.Type)
        {
            case "Sequence":
                var steps = part.Items("pretokenizers").Select(Read).ToList();
                return text => steps.Aggregate((IEnumerable<AlignedText>)[text], (words, step) => words.SelectMany(step));
            case "ByteLevel":
                var (words, prefixed) = (part.Flag("use_regex", true) ? new WordPattern(Gpt2) : null, part.Flag("add_prefix_space", true));
                return text => ByteLevel(text, words, prefixed);
            case "Split":
                return PatternOf(part).Cut;
            case "Digits":
                return new WordPattern(part.Flag("individual_digits") ? @"\p{N}" : @"\p{N}+").Cut;
            case "Metaspace":
                return Metaspace(part);
            default:
                throw part.Unsupported(null, Supported);
        }
    }

    /// <summary>Words as GPT-2's alphabet writes their bytes.</summary>
    internal static AlignedText Bytes(AlignedText word)
    {
        var (parts, at) = (new List<(int, int, string)>(), 0);
        foreach (var rune in word.Text.EnumerateRunes())
        {
            parts.Add((at, rune.Utf16SequenceLength, string.Concat(Encoding.UTF8.GetBytes(rune.ToString()).Select(ByteAlphabet.CharacterOf))));
            at += rune.Utf16SequenceLength;
        }

        return word.Rewrite(parts);
    }

    private static IEnumerable<AlignedText> ByteLevel(AlignedText text, WordPattern? words, bool prefixed)
    {
        var whole = prefixed && text.Length > 0 && text.Text[0] != ' ' ? text.Prepend(Space) : text;
        return (words?.Cut(whole) ?? [whole]).Select(Bytes);
    }

    private static WordPattern PatternOf(TokenizerPart part)
    {
        var regex = part["pattern"].Text("Regex") ?? Regex.Escape(part["pattern"].Text("String") ?? throw part.Unsupported("a pattern that is neither String nor Regex", Supported));
        var behavior = part.Text("behavior") ?? string.Empty;
        try
        {
            return Enum.TryParse<SplitBehavior>(behavior, out var known) ? new(regex, known, part.Flag("invert")) : throw part.Unsupported($"behavior '{behavior}'", Supported);
        }
        catch (ArgumentException e)
        {
            throw part.Unsupported($"the pattern that .NET does not read ({e.Message})", Supported);
        }
    }

    private static Func<AlignedText, IEnumerable<AlignedText>> Metaspace(TokenizerPart part)
    {
        var mark = part.Text("replacement") ?? "▁";
        var scheme = part.Text("prepend_scheme") ?? (part.Flag("add_prefix_space", true) ? "always" : "never");
        var words = part.Flag("split", true) ? new WordPattern(Regex.Escape(mark), SplitBehavior.MergedWithNext) : null;
        if (mark != "▁" || scheme is not ("always" or "first" or "never"))
        {
            throw part.Unsupported($"replacement '{mark}' and prepend_scheme '{scheme}'", "▁ and always, first or never");
        }

        return text =>
        {
            var marked = text.Replace(Space, mark);
            var prepended = marked.Length > 0 && !marked.Text.StartsWith(mark, StringComparison.Ordinal) && (scheme == "always" || (scheme == "first" && marked.IsFirst));
            marked = prepended ? marked.Prepend(mark) : marked;
            return words?.Cut(marked) ?? [marked];
        };
    }
}
