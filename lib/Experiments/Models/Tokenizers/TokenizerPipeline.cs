namespace Experiments.Models.Tokenizers;

/// <summary>All that a tokenizer's files say, in the order in which text passes through it: added tokens, normalisation, cutting into words, segmentation.</summary>
/// <param name="Tokens">What each id stands for.</param>
/// <param name="Segmenter">Finds the pieces of a word.</param>
internal sealed record TokenizerPipeline(TokenTable Tokens, ISegmenter Segmenter)
{
    private Matchers? _plain;
    private Matchers? _withSpecial;

    /// <summary>Where it came from, for messages: a path, or a description.</summary>
    internal string Origin { get; init; } = "the tokenizer";

    /// <summary>Brings text to the form that is cut and segmented.</summary>
    internal Func<AlignedText, AlignedText> Normalize { get; init; } = text => text;

    /// <summary>Cuts text into words that are segmented by themselves.</summary>
    internal Func<AlignedText, IEnumerable<AlignedText>> Cut { get; init; } = text => [text];

    /// <summary>Id that begins a sequence; -1 for none.</summary>
    internal int BosId { get; init; } = -1;

    /// <summary>Id that ends a sequence; -1 for none.</summary>
    internal int EosId { get; init; } = -1;

    /// <summary>Ids that the tokenizer puts before a text.</summary>
    internal IReadOnlyList<int> Prefix { get; init; } = [];

    /// <summary>Whether decoding drops a space that begins the text.</summary>
    internal bool DropsFirstSpace { get; init; }

    /// <summary>Tokens that are cut out of text before all else.</summary>
    internal IReadOnlyList<AddedToken> Added { get; init; } = [];

    /// <summary>Encodes text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="special">Whether special tokens in it are meant.</param>
    internal IEnumerable<TextToken> Encode(string text, bool special)
    {
        var (raw, normalized) = special ? _withSpecial ??= MatchersOf(Added) : _plain ??= MatchersOf(Added.Where(token => !token.IsSpecial));
        foreach (var (part, token) in raw.Split(AlignedText.Of(text)))
        {
            foreach (var (inner, second) in token is null ? normalized.Split(Normalize(part)) : [(part, token)])
            {
                foreach (var found in second is null ? Segment(inner) : [At(second.Id, inner, 0, inner.Length)])
                {
                    yield return found;
                }
            }
        }
    }

    private IEnumerable<TextToken> Segment(AlignedText text) =>
        Cut(text).Where(word => word.Length > 0).SelectMany(word => Segmenter.Segment(word.Text).Select(segment => At(segment.Id, word, segment.Start, segment.Length)));

    private static TextToken At(int id, AlignedText text, int start, int length)
    {
        var origin = text.Origin(start, length);
        return new(id, origin.Start, origin.Length);
    }

    private Matchers MatchersOf(IEnumerable<AddedToken> added)
    {
        var wanted = added.ToLookup(token => token.Normalized);
        return new(new(wanted[false]), new(wanted[true].Select(token => token with { Text = Normalize(AlignedText.Of(token.Text)).Text })));
    }

    /// <summary>Finds the tokens that stand in the text as it is, and those that stand in the normalised text.</summary>
    private sealed record Matchers(AddedTokens Raw, AddedTokens Normalized);
}
