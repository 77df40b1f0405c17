using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Experiments.Runs;
using Microsoft.ML.Tokenizers;

namespace Experiments.Models;

/// <summary>Text to token ids and back, from the tokenizer files of a Hugging Face folder.</summary>
/// <remarks>
/// SentencePiece's <c>tokenizer.model</c>, BPE or unigram. Microsoft.ML.Tokenizers finds the pieces; white space, bytes and decoding
/// are done here, because its version 2.0.1 loses the byte pieces of unigram models and encodes one-character texts to nothing.
/// </remarks>
public sealed class TextTokenizer
{
    private readonly SentencePieceTokenizer _segmenter;
    private readonly SentencePieceModel _model;
    private readonly Dictionary<string, int> _bytes;
    private readonly Dictionary<string, int> _controls;
    private readonly Lazy<Regex> _controlTokens;

    /// <summary>Makes a tokenizer.</summary>
    /// <param name="model">Its vocabulary and rules.</param>
    public TextTokenizer(SentencePieceModel model)
    {
        _model = model;
        Dictionary<string, int> IdsOf(PieceKind kind) => model.Pieces.Index().Where(entry => entry.Item.Kind == kind).ToDictionary(entry => entry.Item.Text, entry => entry.Index, StringComparer.Ordinal);
        (_bytes, _controls) = (IdsOf(PieceKind.Byte), IdsOf(PieceKind.Control));
        _controlTokens = new(() => new Regex($"({string.Join('|', _controls.Keys.OrderByDescending(text => text.Length).Select(Regex.Escape))})"));
        var plain = model with { AddDummyPrefix = false, RemoveExtraWhitespaces = false, ByteFallback = model.ByteFallback && !model.Unigram };
        using var stream = new MemoryStream(plain.ToBytes());
        _segmenter = SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: false);
    }

    /// <summary>Number of ids.</summary>
    public int VocabSize => _model.Pieces.Count;

    /// <summary>Id that begins a sequence.</summary>
    public int BosId => _model.BosId;

    /// <summary>Id that ends a sequence.</summary>
    public int EosId => _model.EosId;

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
            return new TextTokenizer(SentencePieceModel.Parse(File.ReadAllBytes(path)));
        }
        catch (Exception e) when (e is not (IOException or UnauthorizedAccessException or OutOfMemoryException))
        {
            throw new ExperimentException($"{path} is not a usable SentencePiece model: {e.Message}. Download it again; without the file, --tokens takes ids.", e);
        }
    }

    /// <summary>Encodes text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="addBos">Whether to begin with <see cref="BosId"/>, where the vocabulary has one.</param>
    /// <param name="controlTokens">Whether <c>&lt;s&gt;</c> and the like stand for control tokens, as in a rendered chat; otherwise they are plain text.</param>
    /// <returns>Token ids.</returns>
    public int[] Encode(string text, bool addBos = true, bool controlTokens = false)
    {
        List<int> ids = addBos && BosId >= 0 ? [BosId] : [];
        foreach (var part in controlTokens && _controls.Count > 0 ? _controlTokens.Value.Split(text) : [text])
        {
            if (controlTokens && _controls.TryGetValue(part, out var id))
            {
                ids.Add(id);
            }
            else
            {
                AppendText(ids, part);
            }
        }

        return [.. ids];
    }

    private void AppendText(List<int> ids, string text)
    {
        var normal = _model.Normalize(text);
        if (normal.Length > 0)
        {
            foreach (var token in _segmenter.EncodeToTokens(normal, out _, addBeginningOfSentence: false, addEndOfSentence: false, considerPreTokenization: false, considerNormalization: false))
            {
                Append(ids, token.Id, normal.AsSpan()[token.Offset]);
            }
        }
    }

    /// <summary>Decodes ids; control tokens such as BOS and EOS are left out.</summary>
    /// <param name="ids">Token ids. Ids outside the vocabulary read as unknown.</param>
    /// <returns>The text; bytes that are no UTF-8 become U+FFFD.</returns>
    public string Decode(IEnumerable<int> ids)
    {
        var text = new StringBuilder();
        var bytes = new List<byte>();
        void Flush()
        {
            text.Append(Encoding.UTF8.GetString([.. bytes]));
            bytes.Clear();
        }

        var atStart = _model.AddDummyPrefix || _model.RemoveExtraWhitespaces;
        foreach (var id in ids)
        {
            var piece = id >= 0 && id < VocabSize ? _model.Pieces[id] : new SentencePiece(string.Empty, 0, PieceKind.Unknown);
            if (piece.Kind == PieceKind.Byte)
            {
                bytes.Add(byte.Parse(piece.Text.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                atStart = false;
                continue;
            }

            Flush();
            if (piece.Kind != PieceKind.Control)
            {
                var surface = piece.Kind == PieceKind.Unknown ? " ⁇ " : piece.Text.Replace('▁', ' ');
                text.Append(atStart && surface.StartsWith(' ') && piece.Kind != PieceKind.Unknown ? surface[1..] : surface);
                atStart = false;
            }
        }

        Flush();
        return text.ToString();
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

    /// <summary>The piece behind an id, for labels: <c>▁word</c>, <c>&lt;0x0A&gt;</c>, <c>&lt;s&gt;</c>.</summary>
    /// <param name="id">Token id.</param>
    /// <returns>The piece as it stands in the vocabulary.</returns>
    public string Piece(int id) => id >= 0 && id < VocabSize ? _model.Pieces[id].Text : $"<{id}>";

    /// <summary>Appends a token, or the UTF-8 bytes of what the vocabulary cannot write.</summary>
    private void Append(List<int> ids, int id, ReadOnlySpan<char> surface)
    {
        if (id != _model.UnknownId || !_model.ByteFallback)
        {
            ids.Add(id);
            return;
        }

        foreach (var value in Encoding.UTF8.GetBytes(surface.ToArray()))
        {
            ids.Add(_bytes.TryGetValue($"<0x{value:X2}>", out var known) ? known : _model.UnknownId);
        }
    }
}
