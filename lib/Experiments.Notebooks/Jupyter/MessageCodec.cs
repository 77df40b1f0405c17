using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Experiments.Notebooks.Jupyter;

/// <summary>Messages to frames and back, with HMAC-SHA256 over header, parent, metadata and content.</summary>
/// <remarks>https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol</remarks>
/// <param name="key">Key of the signatures; empty for unsigned messages.</param>
internal sealed class MessageCodec(string key)
{
    internal const string ProtocolVersion = "5.3";
    private const int SignedFrames = 4;
    private static readonly byte[] Delimiter = "<IDS|MSG>"u8.ToArray();
    private static readonly byte[] Nothing = "{}"u8.ToArray();
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly byte[] _key = Encoding.UTF8.GetBytes(key);
    private readonly string _session = Guid.NewGuid().ToString("N");
    private readonly ReplayWindow _seen = new();
    private int _sent;

    /// <summary>An id that no message has yet.</summary>
    internal string NextId() => $"{_session}_{Interlocked.Increment(ref _sent)}";

    /// <summary>Makes the frames of a message.</summary>
    internal IReadOnlyList<byte[]> Encode(IEnumerable<byte[]> identities, string type, byte[]? parent, JsonObject content, string? id = null)
    {
        var header = new JsonObject
        {
            ["msg_id"] = id ?? NextId(),
            ["session"] = _session,
            ["username"] = "kernel",
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
            ["msg_type"] = type,
            ["version"] = ProtocolVersion,
        };
        byte[][] signed = [Bytes(header), parent ?? Nothing, Nothing, Bytes(content)];
        return [.. identities, Delimiter, Encoding.ASCII.GetBytes(Signature(signed)), .. signed];
    }

    /// <summary>Reads the frames of a message; null where it must be dropped.</summary>
    /// <param name="frames">All frames.</param>
    /// <param name="why">Why it is dropped.</param>
    internal JupyterMessage? Decode(IReadOnlyList<byte[]> frames, out string why)
    {
        var delimiter = frames.TakeWhile(frame => !frame.AsSpan().SequenceEqual(Delimiter)).Count();
        if (frames.Count < delimiter + 2 + SignedFrames)
        {
            why = "it is not a Jupyter message";
            return null;
        }

        var signed = frames.Skip(delimiter + 2).Take(SignedFrames).ToArray();
        if (_key.Length > 0)
        {
            var signature = Encoding.ASCII.GetBytes(Signature(signed));
            if (!CryptographicOperations.FixedTimeEquals(signature, frames[delimiter + 1]))
            {
                why = "its signature is wrong";
                return null;
            }

            if (!_seen.IsNew(signature))
            {
                why = "it was received before";
                return null;
            }
        }

        try
        {
            var parts = signed.Select(part => JsonNode.Parse(part, documentOptions: Strict) as JsonObject ?? throw new JsonException()).ToArray();
            why = "";
            return new JupyterMessage([.. frames.Take(delimiter)], signed[0], parts[0]["msg_type"]!.GetValue<string>(), parts[1], parts[2], parts[3]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException or ArgumentException)
        {
            why = "its JSON is broken or has no msg_type";
            return null;
        }
    }

    private static byte[] Bytes(JsonObject json) => JsonSerializer.SerializeToUtf8Bytes(json, Compact);

    private string Signature(IEnumerable<byte[]> frames)
    {
        if (_key.Length == 0)
        {
            return "";
        }

        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        foreach (var frame in frames)
        {
            hmac.AppendData(frame);
        }

        return Convert.ToHexStringLower(hmac.GetHashAndReset());
    }
}
