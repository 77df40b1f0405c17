using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace Experiments.Reporting;

/// <summary>PNG with a palette: a byte for each pixel, which makes heatmaps less than half as large. SkiaSharp writes none.</summary>
internal static class IndexedPng
{
    private const int MostColors = 256;
    private const int MostDistinct = 1024; // more is a photograph or text on many colours
    private const int Invisible = 4; // a colour may move by this much of 255 in each channel
    private const byte PaletteColor = 3;

    /// <summary>Encodes opaque pixels.</summary>
    /// <param name="rgba">Four bytes for each pixel, row by row.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <returns>The file; null if a palette could not hold the colours without a visible change.</returns>
    internal static byte[]? TryEncode(ReadOnlySpan<byte> rgba, int width)
    {
        var pixels = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(rgba);
        var counts = new Dictionary<int, int>();
        foreach (var pixel in pixels)
        {
            counts[pixel] = counts.GetValueOrDefault(pixel) + 1;
            if (counts.Count > MostDistinct)
            {
                return null;
            }
        }

        var byUse = counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Select(pair => pair.Key).ToArray();
        var palette = byUse[..Math.Min(MostColors, byUse.Length)];
        var indices = palette.Index().ToDictionary(item => item.Item, item => (byte)item.Index);
        foreach (var color in byUse[palette.Length..])
        {
            var (nearest, index) = palette.Index().Select(item => (Distance: Distance(item.Item, color), item.Index)).Min();
            if (nearest > Invisible)
            {
                return null;
            }

            indices[color] = (byte)index;
        }

        return Write(pixels, width, palette, indices);
    }

    private static byte[] Write(ReadOnlySpan<int> pixels, int width, int[] palette, Dictionary<int, byte> indices)
    {
        using var data = new MemoryStream();
        using (var compressed = new ZLibStream(data, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var row = new byte[width + 1]; // a row begins with its filter: 0, none
            for (var start = 0; start < pixels.Length; start += width)
            {
                for (var x = 0; x < width; x++)
                {
                    row[x + 1] = indices[pixels[start + x]];
                }

                compressed.Write(row);
            }
        }

        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], pixels.Length / width);
        (header[8], header[9]) = (8, PaletteColor);
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Chunk(file, "IHDR", header);
        Chunk(file, "PLTE", [.. palette.SelectMany(color => (byte[])[(byte)color, (byte)(color >> 8), (byte)(color >> 16)])]);
        Chunk(file, "IDAT", data.ToArray());
        Chunk(file, "IEND", []);
        return file.ToArray();
    }

    private static void Chunk(MemoryStream file, string type, ReadOnlySpan<byte> content)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. content];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32(body));
        file.Write(number);
    }

    private static int Distance(int a, int b) => Math.Max(Math.Abs((a & 0xFF) - (b & 0xFF)), Math.Max(Math.Abs(((a >> 8) & 0xFF) - ((b >> 8) & 0xFF)), Math.Abs(((a >> 16) & 0xFF) - ((b >> 16) & 0xFF))));
}
