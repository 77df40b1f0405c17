using System.Globalization;

namespace Experiments.Models.Tokenizers;

/// <summary>The two ways in which vocabularies write bytes: GPT-2's alphabet of 256 printable characters, and SentencePiece's <c>&lt;0x0A&gt;</c>.</summary>
internal static class ByteAlphabet
{
    /// <summary>GPT-2's character of each byte: itself where it is printable, otherwise the next of U+0100 and up.</summary>
    private static readonly char[] Characters = Make();

    private static readonly Dictionary<char, byte> Values = Characters.Index().ToDictionary(pair => pair.Item, pair => (byte)pair.Index);

    internal static char CharacterOf(byte value) => Characters[value];

    /// <summary>The bytes that a piece writes; null where it is not in the alphabet.</summary>
    internal static byte[]? BytesOf(string piece) => piece.All(Values.ContainsKey) ? [.. piece.Select(c => Values[c])] : null;

    internal static string PieceOf(byte value) => $"<0x{value:X2}>";

    /// <summary>The byte that SentencePiece's spelling stands for.</summary>
    internal static bool TryParsePiece(string piece, out byte value)
    {
        value = 0;
        return piece is ['<', '0', 'x', _, _, '>'] && byte.TryParse(piece.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    private static char[] Make()
    {
        var next = (char)0x100;
        return [.. Enumerable.Range(0, 256).Select(value => value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)value : next++)];
    }
}
