using Experiments.Runs;
using Microsoft.ML.Tokenizers;

namespace Experiments.Models;

/// <summary>Text to token ids and back, from the tokenizer files of a Hugging Face folder.</summary>
/// <remarks>SentencePiece's <c>tokenizer.model</c> (BPE and unigram), run by Microsoft.ML.Tokenizers.</remarks>
public sealed class TextTokenizer
{
    private readonly SentencePieceTokenizer _tokenizer;
    private readonly string[] _pieces;

    private TextTokenizer(SentencePieceTokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        _pieces = new string[tokenizer.Vocabulary.Count];
        foreach (var (piece, id) in tokenizer.Vocabulary)
        {
            _pieces[id] = piece;
        }
    }

    /// <summary>Number of ids.</summary>
    public int VocabSize => _pieces.Length;

    /// <summary>Id that begins a sequence.</summary>
    public int BosId => _tokenizer.BeginningOfSentenceId;

    /// <summary>Id that ends a sequence.</summary>
    public int EosId => _tokenizer.EndOfSentenceId;

    /// <summary>Loads the tokenizer of a model folder.</summary>
    /// <param name="folder">A Hugging Face folder with <c>tokenizer.model</c>.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="ExperimentException">The folder has no tokenizer, or its file is broken.</exception>
    public static TextTokenizer Load(string folder)
    {
        var path = Path.Combine(folder, "tokenizer.model");
        if (!File.Exists(path))
        {
            throw new ExperimentException($"{folder} has no tokenizer.model, so text cannot be encoded. Add the file, or give token ids with --tokens.");
        }

        try
        {
            using var stream = File.OpenRead(path);
            return new TextTokenizer(SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: false));
        }
        catch (Exception e) when (e is not (IOException or ExperimentException or OutOfMemoryException))
        {
            throw new ExperimentException($"{path} is not a SentencePiece model: {e.Message} Download it again.", e);
        }
    }

    /// <summary>Encodes text.</summary>
    /// <param name="text">Any text; control tokens written in it are plain text.</param>
    /// <param name="addBos">Whether to begin with <see cref="BosId"/>.</param>
    /// <returns>Token ids.</returns>
    public int[] Encode(string text, bool addBos = true)
    {
        var ids = _tokenizer.EncodeToIds(text, addBeginningOfSentence: false, addEndOfSentence: false);
        return addBos ? [BosId, .. ids] : [.. ids];
    }

    /// <summary>Decodes ids; control tokens such as BOS and EOS are left out.</summary>
    /// <param name="ids">Token ids.</param>
    /// <returns>The text.</returns>
    public string Decode(IEnumerable<int> ids) => _tokenizer.Decode(ids, considerSpecialTokens: false);

    /// <summary>The piece behind an id, for labels: <c>▁word</c>, <c>&lt;0x0A&gt;</c>, <c>&lt;s&gt;</c>.</summary>
    /// <param name="id">Token id.</param>
    /// <returns>The piece as it stands in the vocabulary.</returns>
    public string Piece(int id) => id >= 0 && id < _pieces.Length && _pieces[id] is { } piece ? piece : $"<{id}>";
}
