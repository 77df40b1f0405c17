using SkiaSharp;

namespace Experiments.Notebooks.Display;

/// <summary>Pictures as MIME type and base64.</summary>
internal static class PictureBytes
{
    private static readonly (string MimeType, byte[] Signature)[] Formats =
    [
        ("image/png", [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]),
        ("image/jpeg", [0xFF, 0xD8, 0xFF]),
        ("image/gif", [(byte)'G', (byte)'I', (byte)'F', (byte)'8']),
    ];

    /// <summary>The MIME type of a file's bytes, by their signature; null if they are no picture that every front end shows.</summary>
    internal static string? MimeTypeOf(byte[] bytes) =>
        Formats.FirstOrDefault(format => bytes.AsSpan().StartsWith(format.Signature)).MimeType;

    /// <summary>A SkiaSharp picture as PNG; null if the value is none. SkiaSharp loads only when there is one.</summary>
    internal static byte[]? Png(object value) => value.GetType().FullName is "SkiaSharp.SKImage" or "SkiaSharp.SKBitmap" ? Encode(value) : null;

    private static byte[]? Encode(object value)
    {
        using var data = value is SKBitmap bitmap ? bitmap.Encode(SKEncodedImageFormat.Png, quality: 100) : (value as SKImage)?.Encode();
        return data?.ToArray();
    }
}
