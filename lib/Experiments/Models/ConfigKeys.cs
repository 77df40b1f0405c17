using System.Text.Json;
using System.Text.Json.Nodes;
using Experiments.Runs;

namespace Experiments.Models;

/// <summary>Typed access to one JSON object, with errors that name file and key.</summary>
internal sealed class ConfigKeys(JsonObject json, string where)
{
    internal int Int(string key, int? fallback = null) => Value(key, fallback, node => node.GetValue<int>(), "a whole number");

    internal double Number(string key, double? fallback = null) => Value(key, fallback, node => node.GetValue<double>(), "a number");

    internal bool Flag(string key) => Value<bool>(key, false, node => node.GetValue<bool>(), "true or false");

    internal string? Text(string key) => json[key] is null ? null : Value<string>(key, null, node => node.GetValue<string>(), "a string");

    internal IReadOnlyList<int> Ints(string key) => json[key] switch
    {
        null => [],
        JsonArray array => Value<int[]>(key, null, _ => [.. array.Select(item => (item ?? throw new FormatException()).GetValue<int>())], "a list of whole numbers"),
        _ => [Int(key)],
    };

    internal void Require<T>(string key, T expected)
    {
        if (json[key] is { } node && node.ToJsonString() != JsonSerializer.Serialize(expected))
        {
            throw new ExperimentException($"{where}: '{key}' is {node.ToJsonString()}; this decoder implements {JsonSerializer.Serialize(expected)} only.");
        }
    }

    private T Value<T>(string key, T? fallback, Func<JsonNode, T> read, string kind)
        where T : notnull
        => Read(key, read, kind, out var value) ? value! : fallback ?? throw new ExperimentException($"{where}: '{key}' is missing.");

    private T Value<T>(string key, T? fallback, Func<JsonNode, T> read, string kind)
        where T : struct
        => Read(key, read, kind, out var value) ? value : fallback ?? throw new ExperimentException($"{where}: '{key}' is missing.");

    private bool Read<T>(string key, Func<JsonNode, T> read, string kind, out T? value)
    {
        value = default;
        if (json[key] is not { } node)
        {
            return false;
        }

        try
        {
            value = read(node);
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or OverflowException)
        {
            throw new ExperimentException($"{where}: '{key}' is {node.ToJsonString()}; it must be {kind}.", e);
        }
    }
}
