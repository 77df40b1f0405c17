using System.Text;
using Microsoft.ML.Tokenizers;

namespace Experiments.Models.Tokenizers;

/// <summary>BPE with a list of merges, over GPT-2's byte alphabet or over characters.</summary>
/// <remarks>Microsoft.ML.Tokenizers 2.0.1 merges. It drops characters that the vocabulary lacks and joins what is around them, so that words are cut there before.</remarks>
internal sealed class BytePairSegmenter : ISegmenter
{
    private const char Space = '▁';

    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
    private readonly BpeTokenizer _tokenizer;
    private readonly bool _mergesWithinWords;

    /// <summary>Makes a segmenter.</summary>
    /// <param name="vocabulary">Ids of the pieces.</param>
    /// <param name="merges">Pairs of pieces joined by a space, the first merge first.</param>
    internal BytePairSegmenter(Dictionary<string, int> vocabulary, IReadOnlyList<string> merges)
    {
        // Where no merge joins a letter with a space behind it, a long text may be cut there, which is faster and changes nothing.
        _mergesWithinWords = !merges.Any(merge => merge.IndexOf(' ', StringComparison.Ordinal) is var at && merge[at - 1] != Space && merge[at + 1] == Space);
        _vocabulary = vocabulary;
        _ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _tokenizer = BpeTokenizer.Create(new BpeOptions(vocabulary) { Merges = merges });
    }

    /// <summary>Whether a word that is in the vocabulary is its piece, whatever the merges say, as in Llama 3.</summary>
    internal bool IgnoreMerges { get; init; }

    /// <summary>Pieces of the vocabulary that no text means: special tokens.</summary>
    internal IReadOnlySet<string> Special { get; init; } = new HashSet<string>();

    /// <summary>Whether a character that is not in the vocabulary becomes its UTF-8 bytes.</summary>
    internal bool ByteFallback { get; init; }

    /// <summary>Id of what cannot be written; null to leave it out.</summary>
    internal int? UnknownId { get; init; }

    /// <summary>Whether several unknown characters in a row are one token.</summary>
    internal bool FuseUnknown { get; init; }

    public IEnumerable<Segment> Segment(string word)
    {
        if (IgnoreMerges && _vocabulary.TryGetValue(word, out var whole) && !Special.Contains(word))
        {
            return [new(whole, 0, word.Length)];
        }

        var segments = new List<Segment>();
        for (var at = 0; at < word.Length;)
        {
            var start = at;
            while (at < word.Length && (at == start || !Ends(word, at)) && IsKnown(word, at, out var length))
            {
                at += length;
            }

            segments.AddRange(Merge(word, start, at));
            if (at < word.Length && !IsKnown(word, at, out _))
            {
                var rune = Rune.GetRuneAt(word, at);
                AddUnknown(segments, rune, at);
                at += rune.Utf16SequenceLength;
            }
        }

        return segments;
    }

    private bool Ends(string word, int at) => _mergesWithinWords && word[at] == Space && word[at - 1] != Space;

    private bool IsKnown(string word, int at, out int length)
    {
        length = Rune.GetRuneAt(word, at).Utf16SequenceLength;
        return _ids.ContainsKey(word.AsSpan(at, length));
    }

    private IEnumerable<Segment> Merge(string word, int start, int end) => start == end ? [] : _tokenizer
        .EncodeToTokens(word.AsSpan(start, end - start), out _, considerPreTokenization: false, considerNormalization: false)
        .Select(token => new Segment(token.Id, start + token.Offset.Start.Value, token.Offset.End.Value - token.Offset.Start.Value));

    private void AddUnknown(List<Segment> segments, Rune rune, int at)
    {
        var bytes = ByteFallback ? Encoding.UTF8.GetBytes(rune.ToString()).Select(value => _vocabulary.TryGetValue(ByteAlphabet.PieceOf(value), out var id) ? id : -1).ToList() : [-1];
        if (!bytes.Contains(-1))
        {
            segments.AddRange(bytes.Select(id => new Segment(id, at, rune.Utf16SequenceLength)));
        }
        else if (UnknownId is { } unknown)
        {
            var fused = FuseUnknown && segments is [.., { } last] && last.Id == unknown && last.Start + last.Length == at;
            var start = fused ? segments[^1].Start : at;
            segments.RemoveRange(segments.Count - (fused ? 1 : 0), fused ? 1 : 0);
            segments.Add(new(unknown, start, at + rune.Utf16SequenceLength - start));
        }
    }
}
