using System.Text;
using Experiments.Models.Tokenizers;

namespace Experiments.Models;

/// <summary>Turns ids into text as they come. What it returns never ends within a UTF-8 character: the bytes of one wait until it is whole.</summary>
/// <remarks>All that it returned, with <see cref="Flush"/> at the end, is what <see cref="TextTokenizer.Decode"/> makes of the same ids.</remarks>
public sealed class StreamingDecoder
{
    private readonly TokenizerPipeline _pipeline;
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
    private bool _atStart;

    internal StreamingDecoder(TokenizerPipeline pipeline)
    {
        (_pipeline, _atStart) = (pipeline, pipeline.DropsFirstSpace);
    }

    /// <summary>Adds one token.</summary>
    /// <param name="id">Token id. Ids outside the vocabulary read as unknown, control tokens as nothing.</param>
    /// <returns>The text that is certain now and was not before; often empty.</returns>
    public string Add(int id)
    {
        var token = _pipeline.Tokens[id];
        if (token.IsControl)
        {
            return string.Empty;
        }

        var bytes = _atStart && token.MayLoseSpace && token.Bytes is [(byte)' ', ..] ? token.Bytes.AsSpan(1) : token.Bytes;
        _atStart = false;
        return Read(bytes, flush: false);
    }

    /// <summary>Ends the text.</summary>
    /// <returns>U+FFFD for bytes that still waited; otherwise empty.</returns>
    public string Flush() => Read([], flush: true);

    private string Read(ReadOnlySpan<byte> bytes, bool flush)
    {
        Span<char> text = stackalloc char[64];
        var length = bytes.Length + 4; // no more UTF-16 units than bytes, with those that waited
        text = length <= text.Length ? text : new char[length];
        return text[.._utf8.GetChars(bytes, text, flush)].ToString();
    }
}
