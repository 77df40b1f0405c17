using System.Buffers.Binary;
using System.Text.Json;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>Reads one safetensors file. The header is checked against the file before any tensor is read.</summary>
/// <remarks>Format: 8 bytes little-endian header length, JSON header, tensor bytes. See huggingface/safetensors.</remarks>
public sealed class SafeTensorsFile
{
    private const long LongestHeader = 100_000_000;
    private const long Piece = 1 << 22; // values: a span holds no more than two gigabytes
    private readonly string _path;
    private readonly long _dataStart;
    private readonly Dictionary<string, Entry> _entries;

    private SafeTensorsFile(string path, long dataStart, Dictionary<string, Entry> entries, Dictionary<string, string> metadata)
    {
        _path = path;
        _dataStart = dataStart;
        _entries = entries;
        Metadata = metadata;
    }

    /// <summary>The strings of the header's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Size of the file in bytes.</summary>
    public long Length => new FileInfo(_path).Length;

    /// <summary>Names of the tensors, in file order.</summary>
    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <summary>Number of values in all tensors.</summary>
    public long WeightCount => _entries.Values.Sum(entry => entry.Shape.Aggregate(1L, (product, size) => product * size));

    /// <summary>Opens a file and checks its header.</summary>
    /// <param name="path">Path of the file.</param>
    /// <returns>The opened file.</returns>
    /// <exception cref="ExperimentException">The file is missing, truncated, or its header is wrong.</exception>
    public static SafeTensorsFile Open(string path)
    {
        if (!File.Exists(path))
        {
            throw new ExperimentException($"{path} does not exist. Download it again, or check --model.");
        }

        using var stream = File.OpenRead(path);
        Span<byte> prefix = stackalloc byte[8];
        if (stream.Length < 8)
        {
            throw Broken(path, $"it has {stream.Length} bytes, too few for a header");
        }

        stream.ReadExactly(prefix);
        var headerLength = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (headerLength is < 2 or > LongestHeader || headerLength > stream.Length - 8)
        {
            throw Broken(path, $"its header claims {headerLength} bytes in a file of {stream.Length}");
        }

        var header = new byte[headerLength];
        stream.ReadExactly(header);
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(header);
            foreach (var property in json.RootElement.EnumerateObject())
            {
                if (property.Name == "__metadata__")
                {
                    metadata = property.Value.EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value.GetString() ?? string.Empty, StringComparer.Ordinal);
                    continue;
                }

                entries.Add(property.Name, ReadEntry(path, property, stream.Length - 8 - headerLength));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException)
        {
            throw Broken(path, "its header is not valid: " + e.Message, e);
        }

        CheckLayout(path, entries, stream.Length - 8 - headerLength);
        return new SafeTensorsFile(path, 8 + headerLength, entries, metadata);
    }

    /// <summary>Whether the file holds a tensor of this name.</summary>
    /// <param name="name">Tensor name.</param>
    /// <returns>True if so.</returns>
    public bool Contains(string name) => _entries.ContainsKey(name);

    /// <summary>Shape of a tensor, without reading it.</summary>
    /// <param name="name">Tensor name.</param>
    /// <returns>Its sizes.</returns>
    /// <exception cref="ExperimentException">The file has no such tensor.</exception>
    public IReadOnlyList<long> Shape(string name) => Find(name).Shape;

    /// <summary>Dtype of a tensor, without reading it.</summary>
    /// <param name="name">Tensor name.</param>
    /// <returns>Its dtype in the file.</returns>
    /// <exception cref="ExperimentException">The file has no such tensor.</exception>
    public ScalarType Dtype(string name) => Find(name).Dtype;

    /// <summary>Reads one tensor into CPU memory, in the file's dtype.</summary>
    /// <param name="name">Tensor name.</param>
    /// <returns>A new tensor that the caller disposes.</returns>
    /// <exception cref="ExperimentException">The file has no such tensor.</exception>
    public Tensor Read(string name)
    {
        var entry = Find(name);
        var result = zeros([.. entry.Shape], entry.Dtype);
        ReadInto(name, result);
        return result;
    }

    /// <summary>Reads one tensor into memory that is there, without another copy.</summary>
    /// <param name="name">Tensor name.</param>
    /// <param name="target">A contiguous CPU tensor of the shape and dtype in the file.</param>
    internal void ReadInto(string name, Tensor target)
    {
        using var scope = NewDisposeScope();
        using var file = File.OpenHandle(_path);
        var (flat, offset) = (target.detach().flatten(), _dataStart + Find(name).Start);
        for (long start = 0; start < flat.shape[0]; start += Piece)
        {
            // Straight into the tensor's memory: TorchSharp's ReadBytesFromStream copies byte by byte, ten seconds for a gigabyte until its loop is compiled.
            var bytes = flat.narrow(0, start, Math.Min(Piece, flat.shape[0] - start)).bytes;
            while (bytes.Length > 0)
            {
                var read = RandomAccess.Read(file, bytes, offset);
                if (read == 0)
                {
                    throw Broken(_path, $"tensor '{name}' ends too early");
                }

                bytes = bytes[read..];
                offset += read;
            }
        }
    }

    private Entry Find(string name) => _entries.TryGetValue(name, out var entry)
        ? entry
        : throw new ExperimentException($"{_path}: no tensor '{name}'. It holds {_entries.Count} tensors, the first is '{_entries.Keys.FirstOrDefault()}'.");

    private static Entry ReadEntry(string path, JsonProperty property, long dataLength)
    {
        var dtype = property.Value.GetProperty("dtype").GetString() ?? string.Empty;
        if (SafeTensors.TypeOf(dtype) is not { } type)
        {
            throw new ExperimentException($"{path}: tensor '{property.Name}' has dtype '{dtype}', which is not supported. Supported: {string.Join(", ", SafeTensors.DtypeNames)}. Convert the checkpoint first.");
        }

        long[] shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
        long[] offsets = [.. property.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
        if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] < offsets[0] || shape.Any(size => size < 0))
        {
            throw Broken(path, $"tensor '{property.Name}' has impossible offsets or sizes");
        }

        if (offsets[1] > dataLength)
        {
            throw Broken(path, $"tensor '{property.Name}' ends at byte {offsets[1]} of {dataLength}: the file is cut off or its header is wrong");
        }

        var bytes = shape.Aggregate((Int128)SafeTensors.SizeOf(type), (product, size) => product * size);
        return bytes == offsets[1] - offsets[0]
            ? new Entry(type, shape, offsets[0], offsets[1])
            : throw Broken(path, $"tensor '{property.Name}' has {offsets[1] - offsets[0]} bytes where its shape [{string.Join(", ", shape)}] needs {bytes}");
    }

    /// <summary>The format wants every byte to belong to exactly one tensor; a header that says otherwise belongs to other data.</summary>
    private static void CheckLayout(string path, Dictionary<string, Entry> entries, long dataLength)
    {
        var (end, previous) = (0L, string.Empty);
        foreach (var (name, entry) in entries.OrderBy(pair => pair.Value.Start).ThenBy(pair => pair.Value.End))
        {
            if (entry.Start != end)
            {
                throw Broken(path, entry.Start < end ? $"tensors '{previous}' and '{name}' overlap" : $"bytes {end} to {entry.Start} before tensor '{name}' belong to none");
            }

            (end, previous) = (entry.End, name);
        }

        if (end != dataLength)
        {
            throw Broken(path, $"{dataLength - end} bytes behind its last tensor belong to none");
        }
    }

    private static ExperimentException Broken(string path, string what, Exception? cause = null) =>
        new($"{path} is not a usable safetensors file: {what}. Download or save it again.", cause);

    private readonly record struct Entry(ScalarType Dtype, long[] Shape, long Start, long End);
}
