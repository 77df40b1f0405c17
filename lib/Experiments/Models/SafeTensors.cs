using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>Writes safetensors files, and knows the format's dtype names.</summary>
public static class SafeTensors
{
    private static readonly (string Name, ScalarType Type, int Size)[] Dtypes =
    [
        ("F32", ScalarType.Float32, 4), ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2), ("F64", ScalarType.Float64, 8),
        ("I64", ScalarType.Int64, 8), ("I32", ScalarType.Int32, 4), ("I16", ScalarType.Int16, 2), ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1), ("BOOL", ScalarType.Bool, 1),
    ];

    internal static IEnumerable<string> DtypeNames => Dtypes.Select(dtype => dtype.Name);

    /// <summary>Writes tensors in the given order.</summary>
    /// <param name="stream">Where to; not closed.</param>
    /// <param name="tensors">Names and tensors; any device, made contiguous while writing.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>; transformers wants <c>format = pt</c>, which is added.</param>
    public static void Write(Stream stream, IEnumerable<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        Write(stream, [.. tensors.Select(pair => (pair.Name, pair.Tensor.dtype, (IReadOnlyList<long>)pair.Tensor.shape, new Func<Tensor>(pair.Tensor.alias)))], metadata);

    /// <summary>Writes tensors that are made one after the other, so that one at a time is in memory.</summary>
    /// <param name="stream">Where to; not closed.</param>
    /// <param name="tensors">Names, what the tensors will be, and how to make each; it is disposed when written.</param>
    /// <param name="metadata">As above.</param>
    internal static void Write(Stream stream, IReadOnlyList<(string Name, ScalarType Dtype, IReadOnlyList<long> Shape, Func<Tensor> Make)> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var header = new JsonObject { ["__metadata__"] = new JsonObject([.. (metadata ?? new Dictionary<string, string>()).Append(new("format", "pt")).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))]) };
        long offset = 0;
        foreach (var (name, type, shape, _) in tensors)
        {
            var (dtype, _, size) = Dtypes.FirstOrDefault(d => d.Type == type);
            if (dtype is null)
            {
                throw new Runs.ExperimentException($"Tensor '{name}' has dtype {type}, which safetensors cannot hold. Convert it first.");
            }

            var end = offset + (shape.Aggregate(1L, (product, length) => product * length) * size);
            header[name] = new JsonObject
            {
                ["dtype"] = dtype,
                ["shape"] = new JsonArray([.. shape.Select(s => (JsonNode)s)]),
                ["data_offsets"] = new JsonArray(offset, end),
            };
            offset = end;
        }

        var json = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        var padded = (json.Length + 7) / 8 * 8; // tensors start aligned, the header is padded with spaces
        stream.Write(BitConverter.GetBytes((long)padded));
        stream.Write(json);
        stream.Write(System.Text.Encoding.UTF8.GetBytes(new string(' ', padded - json.Length)));
        foreach (var (_, _, _, make) in tensors)
        {
            using var scope = NewDisposeScope();
            var host = make().detach().cpu().contiguous();
            if (host.numel() > 0)
            {
                host.WriteBytesToStream(stream, 1 << 20);
            }
        }
    }

    internal static ScalarType? TypeOf(string dtype) => Dtypes.Where(d => d.Name == dtype).Select(d => (ScalarType?)d.Type).FirstOrDefault();

    internal static bool IsFloatingPoint(ScalarType type) => type is ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64;

    internal static int SizeOf(ScalarType type) => Dtypes.First(d => d.Type == type).Size;
}
