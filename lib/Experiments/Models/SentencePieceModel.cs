using Experiments.Runs;
using Google.Protobuf;

namespace Experiments.Models;

/// <summary>What a piece of a SentencePiece vocabulary is; the numbers are the file format's.</summary>
public enum PieceKind
{
    /// <summary>Text, with <c>▁</c> for a space.</summary>
    Normal = 1,

    /// <summary>Stands for text that the vocabulary cannot write.</summary>
    Unknown = 2,

    /// <summary>A marker such as <c>&lt;s&gt;</c> that text never encodes to.</summary>
    Control = 3,

    /// <summary>Text that is always kept whole.</summary>
    UserDefined = 4,

    /// <summary>In the file but not in use.</summary>
    Unused = 5,

    /// <summary>One byte of UTF-8, written <c>&lt;0x0A&gt;</c>.</summary>
    Byte = 6,
}

/// <summary>One entry of a SentencePiece vocabulary; its index is its id.</summary>
/// <param name="Text">The piece, with <c>▁</c> for a space.</param>
/// <param name="Score">Log-probability (unigram) or negative merge rank (BPE).</param>
/// <param name="Kind">What it is.</param>
public readonly record struct SentencePiece(string Text, float Score, PieceKind Kind);

/// <summary>A SentencePiece <c>tokenizer.model</c>: the protocol-buffer message <c>ModelProto</c>, as far as LLaMA tokenizers use it.</summary>
public sealed record SentencePieceModel
{
    /// <summary>The vocabulary, by id.</summary>
    public required IReadOnlyList<SentencePiece> Pieces { get; init; }

    /// <summary>True for a unigram model, false for BPE.</summary>
    public bool Unigram { get; init; }

    /// <summary>Whether text outside the vocabulary becomes its UTF-8 bytes instead of the unknown piece.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether a space is put before the text.</summary>
    public bool AddDummyPrefix { get; init; } = true;

    /// <summary>Whether leading, trailing and repeated spaces are dropped.</summary>
    public bool RemoveExtraWhitespaces { get; init; }

    /// <summary>Id of the unknown piece.</summary>
    public int UnknownId { get; init; }

    /// <summary>Id that begins a sequence; -1 for none.</summary>
    public int BosId { get; init; } = 1;

    /// <summary>Id that ends a sequence; -1 for none.</summary>
    public int EosId { get; init; } = 2;

    /// <summary>A unigram model that can write any text: the three markers, 256 bytes, then the given pieces.</summary>
    /// <param name="pieces">Words and characters with <c>▁</c> for a space, likeliest first; ids start at 259.</param>
    /// <returns>The model, without normalisation and with a dummy prefix, as LLaMA's.</returns>
    public static SentencePieceModel WithBytes(IEnumerable<string> pieces) => new()
    {
        Unigram = true,
        ByteFallback = true,
        Pieces =
        [
            new("<unk>", 0, PieceKind.Unknown), new("<s>", 0, PieceKind.Control), new("</s>", 0, PieceKind.Control),
            .. Enumerable.Range(0, 256).Select(value => new SentencePiece($"<0x{value:X2}>", 0, PieceKind.Byte)),
            .. pieces.Select((piece, rank) => new SentencePiece(piece, (float)-Math.Log(rank + 2), PieceKind.Normal)),
        ],
    };

    /// <summary>Reads the file format.</summary>
    /// <param name="bytes">The file.</param>
    /// <returns>The model.</returns>
    /// <exception cref="ExperimentException">The bytes are no such file, or ask for what is not implemented.</exception>
    public static SentencePieceModel Parse(byte[] bytes)
    {
        try
        {
            var model = SentencePieceFormat.Read(bytes);
            return model.Pieces.Count > 0 ? model : throw new ExperimentException("it holds no vocabulary");
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or ArgumentException or OverflowException)
        {
            throw new ExperimentException("it is not a protocol-buffer message of that kind", e);
        }
    }

    /// <summary>Writes the file format, which SentencePiece and transformers read.</summary>
    /// <returns>The bytes of <c>tokenizer.model</c>.</returns>
    public byte[] ToBytes() => SentencePieceFormat.Write(this);
}
