using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text.Json.Nodes;

namespace Experiments.Notebooks;

/// <summary>The metadata that goes with a MIME bundle, in a file and in a kernel's message.</summary>
public static class OutputMetadata
{
    // A PNG starts with 8 bytes of signature and a header chunk: 4 bytes length, "IHDR", width, height (big endian).
    private const int HeaderBytes = 24;
    private const string PngMimeType = "image/png";

    /// <summary>Width and height of a PNG, in pixels: front ends then keep its place while it loads, and do not stretch it.</summary>
    /// <param name="bundle">MIME type to content.</param>
    /// <returns>An object that is empty where there is nothing to say.</returns>
    public static JsonObject Of(JsonObject bundle)
    {
        if (bundle[PngMimeType] is not JsonValue value || !value.TryGetValue<string>(out var base64) || base64.Length < 4 * HeaderBytes / 3)
        {
            return [];
        }

        var header = new byte[HeaderBytes];
        return Base64.DecodeFromUtf8(System.Text.Encoding.ASCII.GetBytes(base64[..(4 * HeaderBytes / 3)]), header, out _, out var written) == System.Buffers.OperationStatus.Done && written == HeaderBytes
            ? new JsonObject
            {
                [PngMimeType] = new JsonObject
                {
                    ["height"] = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(20)),
                    ["width"] = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(16)),
                },
            }
            : [];
    }
}
