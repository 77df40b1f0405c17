using System.Text.RegularExpressions;

namespace Experiments.Models.Tokenizers;

/// <summary>Makes the normalisation that the <c>normalizer</c> of a <c>tokenizer.json</c> describes.</summary>
internal static class NormalizerReader
{
    private const string Supported = "Sequence, Prepend, Replace, NFC, Strip";

    internal static Func<AlignedText, AlignedText> Read(TokenizerPart part)
    {
        if (!part.Exists)
        {
            return text => text;
        }

        switch (part.Type)
        {
            case "Sequence":
                var steps = part.Items("normalizers").Select(Read).ToList();
                return text => steps.Aggregate(text, (current, step) => step(current));
            case "Prepend":
                var prefix = part.Text("prepend") ?? string.Empty;
                return text => text.Length == 0 ? text : text.Prepend(prefix);
            case "Replace":
                return Replace(part);
            case "NFC":
                return CanonicalComposition.Compose;
            case "Strip":
                var (left, right) = (part.Flag("strip_left", true), part.Flag("strip_right", true));
                return text => Strip(text, left, right);
            default:
                throw part.Unsupported(null, Supported);
        }
    }

    private static Func<AlignedText, AlignedText> Replace(TokenizerPart part)
    {
        var content = part.Text("content") ?? string.Empty;
        if (part["pattern"].Text("String") is { Length: > 0 } old)
        {
            return text => text.Replace(old, content);
        }

        var pattern = PatternOf(part);
        return text => text.Rewrite(pattern.Matches(text.Text).Select(match => (match.Index, match.Length, content)));
    }

    private static Regex PatternOf(TokenizerPart part)
    {
        try
        {
            return new(part["pattern"].Text("Regex") ?? throw part.Unsupported("a pattern that is neither String nor Regex", Supported), RegexOptions.CultureInvariant);
        }
        catch (ArgumentException e)
        {
            throw part.Unsupported($"the pattern that .NET does not read ({e.Message})", Supported);
        }
    }

    private static AlignedText Strip(AlignedText text, bool left, bool right)
    {
        var (start, end) = (left ? text.Length - text.Text.TrimStart().Length : 0, right ? text.Text.TrimEnd().Length : text.Length);
        return text.Slice(Math.Min(start, end), Math.Max(0, end - start));
    }
}
