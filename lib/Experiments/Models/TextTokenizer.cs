using Experiments.Models.Tokenizers;
using Experiments.Runs;

namespace Experiments.Models;

/// <summary>Text to token ids and back, from the tokenizer files of a Hugging Face folder.</summary>
/// <remarks>
/// <c>tokenizer.json</c> (byte-level BPE, SentencePiece-style BPE, unigram), SentencePiece's <c>tokenizer.model</c>, or a tiktoken file. Microsoft.ML.Tokenizers
/// finds the pieces; what lies around that is done here, see lib/decisions/016-tokenizers.md. Ids are those of transformers' fast tokenizers.
/// </remarks>
public sealed class TextTokenizer
{
    private readonly TokenizerPipeline _pipeline;

    /// <summary>Makes a tokenizer.</summary>
    /// <param name="model">Its vocabulary and rules.</param>
    public TextTokenizer(SentencePieceModel model)
        : this(SentencePieceReader.Pipeline(model, TokenizerSettings.Empty))
    {
    }

    private TextTokenizer(TokenizerPipeline pipeline)
    {
        _pipeline = pipeline;
    }

    /// <summary>One more than the largest id.</summary>
    public int VocabSize => _pipeline.Tokens.Count;

    /// <summary>Id that begins a sequence; -1 for none. <see cref="Encode"/> puts it before a text only where the tokenizer does so.</summary>
    public int BosId => _pipeline.BosId;

    /// <summary>Id that ends a sequence; -1 for none.</summary>
    public int EosId => _pipeline.EosId;

    /// <summary>The file that it came from, for messages.</summary>
    internal string Origin => _pipeline.Origin;

    /// <summary>Whether <see cref="Encode"/> puts BOS before a text.</summary>
    internal bool AddsBos => BosId >= 0 && _pipeline.Prefix.Contains(BosId);

    /// <summary>Whether an id is a token; vocabularies may have gaps.</summary>
    internal bool Contains(int id) => _pipeline.Tokens.Contains(id);

    /// <summary>Loads the tokenizer of a model folder.</summary>
    /// <param name="folder">A Hugging Face folder with <c>tokenizer.json</c>, <c>tokenizer.model</c> or a <c>.tiktoken</c> file; the first of them is read.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="ExperimentException">The folder has no tokenizer, or its file is broken or asks for what is not implemented.</exception>
    public static TextTokenizer Load(string folder) => new(TokenizerFiles.Read(folder));

    /// <summary>Encodes text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="addBos">Whether to begin as the tokenizer begins texts: with <see cref="BosId"/> for LLaMA, with nothing for Qwen. Nothing is ever added behind the text.</param>
    /// <param name="controlTokens">Whether <c>&lt;s&gt;</c> and the like stand for control tokens, as in a rendered chat; otherwise they are plain text.</param>
    /// <returns>Token ids.</returns>
    public int[] Encode(string text, bool addBos = true, bool controlTokens = false) => [.. Tokenize(text, addBos, controlTokens).Select(token => token.Id)];

    /// <summary>Encodes text and says which part of it each token stands for.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="addBos">As in <see cref="Encode"/>.</param>
    /// <param name="controlTokens">As in <see cref="Encode"/>.</param>
    /// <returns>The tokens, in order. Their ranges cover the text but for what normalisation drops; bytes of one character share its range.</returns>
    public IReadOnlyList<TextToken> Tokenize(string text, bool addBos = true, bool controlTokens = false) =>
        [.. (addBos ? _pipeline.Prefix : []).Select(id => new TextToken(id, 0, 0)), .. _pipeline.Encode(text, controlTokens)];

    /// <summary>Decodes ids; control tokens such as BOS and EOS are left out.</summary>
    /// <param name="ids">Token ids. Ids outside the vocabulary read as unknown.</param>
    /// <returns>The text; bytes that are no UTF-8 become U+FFFD.</returns>
    public string Decode(IEnumerable<int> ids)
    {
        var decoder = new StreamingDecoder(_pipeline);
        return string.Concat(ids.Select(decoder.Add).Append(string.Empty)) + decoder.Flush();
    }

    /// <summary>Decodes a reply as it stands behind its prompt: a space between the two is kept, so that prompt and reply can be joined.</summary>
    /// <param name="prompt">Ids of the prompt.</param>
    /// <param name="reply">Ids that continue it.</param>
    /// <returns>The reply's text.</returns>
    public string DecodeContinuation(IReadOnlyList<int> prompt, IReadOnlyList<int> reply)
    {
        var (before, all) = (Decode(prompt), Decode(prompt.Concat(reply)));
        return all.StartsWith(before, StringComparison.Ordinal) ? all[before.Length..] : Decode(reply); // a character may be cut in two
    }

    /// <summary>Decodes a reply while it is generated.</summary>
    /// <param name="prompt">Ids before it.</param>
    /// <returns>A decoder for the ids that follow.</returns>
    public StreamingDecoder Stream(IEnumerable<int> prompt)
    {
        var decoder = new StreamingDecoder(_pipeline);
        foreach (var id in prompt)
        {
            decoder.Add(id);
        }

        return decoder;
    }

    /// <summary>The piece behind an id, for labels and token classes: <c>▁word</c>, <c>&lt;0x0A&gt;</c>, <c>&lt;s&gt;</c>. Byte-level vocabularies are shown in the same way: <c>Ġword</c> is <c>▁word</c>.</summary>
    /// <param name="id">Token id.</param>
    /// <returns>The piece, with <c>▁</c> for a space and U+FFFD for parts of characters.</returns>
    public string Piece(int id) => _pipeline.Tokens[id].Piece;
}
