using System.Text.Json;
using Experiments.Runs;

namespace Experiments.Models.Tokenizers;

/// <summary>A component of <c>tokenizer.json</c>, such as its normalizer.</summary>
/// <param name="Json">The object; undefined or null where the file has none.</param>
/// <param name="Where">File and component, for messages.</param>
internal readonly record struct TokenizerPart(JsonElement Json, string Where)
{
    /// <summary>Whether there is one.</summary>
    internal bool Exists => Json.ValueKind == JsonValueKind.Object;

    internal string Type => Text("type") ?? string.Empty;

    internal TokenizerPart this[string name] => new(Value(name), $"{Where}: {name}");

    /// <summary>The objects of an array; none where there is none.</summary>
    internal IEnumerable<TokenizerPart> Items(string name)
    {
        var (value, where) = (Value(name), Where);
        return value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(item => new TokenizerPart(item, where)).ToList() : [];
    }

    internal string? Text(string name) => Value(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    internal bool Flag(string name, bool otherwise = false) => Value(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => otherwise,
    };

    internal int? Number(string name) => Value(name) is { ValueKind: JsonValueKind.Number } value ? value.GetInt32() : null;

    internal JsonElement Value(string name) => Exists && Json.TryGetProperty(name, out var value) ? value : default;

    /// <summary>The error that this is not implemented.</summary>
    /// <param name="what">What of it; null for the whole component.</param>
    /// <param name="supported">What is.</param>
    internal ExperimentException Unsupported(string? what, string supported) => new(
        $"{Where}: {(!Exists ? "there is none, which" : what is null ? $"'{Type}'" : $"{Type} with {what}")} is not implemented. Supported: {supported}. Take a model with one of these, or give token ids with --tokens.");
}
