using System.Text;

namespace Experiments.Models.Tokenizers;

/// <summary>What an id stands for.</summary>
/// <param name="Piece">How it is shown: <c>▁</c> for a space, <c>&lt;0xC3&gt;</c> for a byte that is no character.</param>
/// <param name="Bytes">UTF-8 of the text that it decodes to, which may be part of a character.</param>
internal sealed record TokenText(string Piece, byte[] Bytes)
{
    /// <summary>Whether it is a marker such as BOS that decoded text leaves out.</summary>
    internal bool IsControl { get; init; }

    /// <summary>Whether a space that begins it is dropped at the beginning of a text, where the tokenizer says so.</summary>
    internal bool MayLoseSpace { get; init; } = true;

    internal static TokenText Unknown { get; } = Literal(" ⁇ ") with { MayLoseSpace = false };

    internal static TokenText Literal(string text) => new(text, Encoding.UTF8.GetBytes(text));

    internal static TokenText Control(string text) => new(text, []) { IsControl = true };

    /// <summary>SentencePiece's way: <c>▁</c> for spaces.</summary>
    internal static TokenText Metaspace(string piece) => new(piece, Encoding.UTF8.GetBytes(piece.Replace('▁', ' ')));

    /// <summary>SentencePiece's <c>&lt;0x0A&gt;</c>.</summary>
    internal static TokenText Byte(string piece, byte value) => new(piece, [value]) { MayLoseSpace = false };

    /// <summary>Bytes shown as those who read SentencePiece's pieces expect them.</summary>
    internal static TokenText OfBytes(byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        return new(bytes.Length == 1 && bytes[0] >= 0x80 ? ByteAlphabet.PieceOf(bytes[0]) : text.Replace(' ', '▁'), bytes);
    }
}
