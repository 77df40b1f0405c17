using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Experiments.Runs;

/// <summary>SHA-256 of contents as 64 lower-case hex digits: equal content gives an equal hash on every machine.</summary>
public static class ContentHash
{
    /// <summary>Hash of any JSON-serialisable value: keys sorted, numbers invariant, no white space.</summary>
    public static string Of(object config) => OfText(Canonical(JsonSerializer.SerializeToNode(config, RunJson.Compact)));

    /// <summary>Hash of a text's UTF-8 bytes, line ends as they are.</summary>
    public static string OfText(string text) => Hex(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Hash of a file's bytes.</summary>
    /// <exception cref="ExperimentException">The file cannot be read.</exception>
    public static string OfFile(string path) => DiskErrors.Explain("Cannot read", path, () =>
    {
        using var stream = File.OpenRead(path);
        return Hex(SHA256.HashData(stream));
    });

    /// <summary>
    /// Hash of all files below a folder, by their relative names (with <c>/</c>, ordinal order) and contents; hidden files, whose
    /// name starts with a dot, don't count.
    /// </summary>
    /// <exception cref="ExperimentException">The folder or a file in it cannot be read.</exception>
    public static string OfFolder(string folder) => DiskErrors.Explain("Cannot read", folder, () =>
    {
        var lines = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => (Path: path, Name: Path.GetRelativePath(folder, path).Replace('\\', '/')))
            .Where(file => !file.Name.Split('/').Any(part => part.StartsWith('.')))
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => $"{file.Name}\0{OfFile(file.Path)}\n");
        return OfText(string.Concat(lines));
    });

    private static string Canonical(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject o => "{" + string.Join(',', o.OrderBy(p => p.Key, StringComparer.Ordinal)
            .Select(p => JsonSerializer.Serialize(p.Key, RunJson.Compact) + ":" + Canonical(p.Value))) + "}",
        JsonArray a => "[" + string.Join(',', a.Select(Canonical)) + "]",
        _ => node.ToJsonString(RunJson.Compact),
    };

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
}
