using System.Text;
using Microsoft.ML.Tokenizers;

namespace Experiments.Models.Tokenizers;

/// <summary>Microsoft.ML.Tokenizers' merging, with words in GPT-2's alphabet, so that parts of characters have lengths.</summary>
internal sealed class TiktokenSegmenter : ISegmenter
{
    private readonly TokenTable _tokens;
    private readonly TiktokenTokenizer _tokenizer;

    internal TiktokenSegmenter(string path, TokenTable tokens)
    {
        using var stream = File.OpenRead(path);
        (_tokens, _tokenizer) = (tokens, TiktokenTokenizer.Create(stream, null, null));
    }

    public IEnumerable<Segment> Segment(string word)
    {
        var start = 0;
        foreach (var id in _tokenizer.EncodeToIds(Encoding.UTF8.GetString(ByteAlphabet.BytesOf(word)!), considerPreTokenization: false, considerNormalization: false))
        {
            var length = _tokens[id].Bytes.Length;
            yield return new(id, start, length);
            start += length;
        }
    }
}
