using System.Text;
using Microsoft.ML.Tokenizers;

namespace Experiments.Models.Tokenizers;

/// <summary>Unigram models, and BPE models whose file gives scores instead of merges.</summary>
/// <remarks>Microsoft.ML.Tokenizers 2.0.1 segments; bytes are done here, because it loses the byte pieces of unigram models. See lib/decisions/007-sentencepiece-adapter.md.</remarks>
internal sealed class SentencePieceSegmenter : ISegmenter
{
    private readonly SentencePieceModel _model;
    private readonly SentencePieceTokenizer _tokenizer;
    private readonly Dictionary<byte, int> _bytes = [];

    internal SentencePieceSegmenter(SentencePieceModel model)
    {
        _model = model;
        foreach (var (id, piece) in model.Pieces.Index().Where(entry => entry.Item.Kind == PieceKind.Byte))
        {
            if (ByteAlphabet.TryParsePiece(piece.Text, out var value))
            {
                _bytes.TryAdd(value, id);
            }
        }

        int Own(int id) => id < 0 ? model.UnknownId : id; // the package looks BOS and EOS up, used or not
        var plain = model with { AddDummyPrefix = false, RemoveExtraWhitespaces = false, ByteFallback = false, BosId = Own(model.BosId), EosId = Own(model.EosId) };
        using var stream = new MemoryStream(plain.ToBytes());
        _tokenizer = SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: false);
    }

    public IEnumerable<Segment> Segment(string word) =>
        _tokenizer.EncodeToTokens(word, out _, addBeginningOfSentence: false, addEndOfSentence: false, considerPreTokenization: false, considerNormalization: false)
            .SelectMany(token => Spell(word, token.Id, token.Offset.Start.Value, token.Offset.End.Value));

    /// <summary>A piece, or the UTF-8 bytes of what the vocabulary cannot write.</summary>
    private IEnumerable<Segment> Spell(string word, int id, int start, int end)
    {
        if (id != _model.UnknownId || !_model.ByteFallback)
        {
            yield return new(id, start, end - start);
            yield break;
        }

        while (start < end)
        {
            var rune = Rune.GetRuneAt(word, start);
            foreach (var value in Encoding.UTF8.GetBytes(rune.ToString()))
            {
                yield return new(_bytes.GetValueOrDefault(value, _model.UnknownId), start, rune.Utf16SequenceLength);
            }

            start += rune.Utf16SequenceLength;
        }
    }
}
