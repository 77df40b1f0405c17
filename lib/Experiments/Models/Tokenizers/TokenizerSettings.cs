using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Experiments.Runs;

namespace Experiments.Models.Tokenizers;

/// <summary>What the files beside a tokenizer say of it: <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c>, <c>added_tokens.json</c> and <c>config.json</c>.</summary>
internal sealed class TokenizerSettings
{
    private const string Config = "tokenizer_config.json", Map = "special_tokens_map.json";

    private readonly string _folder;
    private readonly JsonObject _config;
    private readonly JsonObject _map;
    private readonly JsonObject _model;

    private TokenizerSettings(string folder, JsonObject config, JsonObject map, JsonObject model, JsonObject added)
    {
        (_folder, _config, _map, _model) = (folder, config, map, model);
        Added = [.. AddedOf(config["added_tokens_decoder"] as JsonObject ?? []), .. AddedOf(added, map)];
    }

    /// <summary>None: a tokenizer by itself.</summary>
    internal static TokenizerSettings Empty { get; } = new(string.Empty, [], [], [], []);

    /// <summary>Tokens that the model adds to its vocabulary.</summary>
    internal IReadOnlyList<AddedToken> Added { get; }

    internal static TokenizerSettings Read(string folder)
    {
        JsonObject Json(string name) => File.Exists(Path.Combine(folder, name)) ? RunJson.ReadObject(Path.Combine(folder, name), "JSON", "Download it again.") : [];
        return new(folder, Json(Config), Json(Map), Json("config.json"), Json("added_tokens.json"));
    }

    /// <summary>The tokenizer with BOS and EOS as these files name them, and with BOS put before texts where they say so.</summary>
    /// <param name="pipeline">With what the tokenizer's own file says.</param>
    /// <param name="idOf">The id of a token's text in the vocabulary.</param>
    /// <exception cref="ExperimentException">They name a token that the vocabulary has not.</exception>
    internal TokenizerPipeline Complete(TokenizerPipeline pipeline, Func<string, int?> idOf)
    {
        var bos = Find("bos_token", pipeline.BosId, pipeline, idOf);
        var prefix = pipeline.Prefix.Select(id => id == pipeline.BosId ? bos : id).ToList();
        if (_config["add_bos_token"] is JsonValue adds && adds.TryGetValue(out bool wanted) && wanted != prefix.Contains(bos))
        {
            prefix = !wanted ? [] : bos >= 0 ? [bos, .. prefix] : throw new ExperimentException($"{Path.Combine(_folder, Config)}: 'add_bos_token' is true, but no BOS token is named. Add 'bos_token', or set it to false.");
        }

        return pipeline with { BosId = bos, EosId = Find("eos_token", pipeline.EosId, pipeline, idOf), Prefix = prefix };
    }

    /// <summary>The id of a named token: by the first file that has the name, then the tokenizer's own, then <c>config.json</c>'s, of several the first; -1 for none.</summary>
    private int Find(string name, int own, TokenizerPipeline pipeline, Func<string, int?> idOf)
    {
        var (file, json) = _config.ContainsKey(name) ? (Config, _config) : (Map, _map);
        if (TextOf(json[name]) is { } text)
        {
            return pipeline.Added.FirstOrDefault(token => token.Text == text)?.Id ?? idOf(text)
                ?? throw new ExperimentException($"{Path.Combine(_folder, file)}: '{name}' is '{text}', which is no token of {pipeline.Origin}. They belong to different models; download both again.");
        }

        var id = _model[name + "_id"] is JsonArray several ? several.FirstOrDefault() : _model[name + "_id"];
        return own < 0 && !json.ContainsKey(name) && id is JsonValue value && value.TryGetValue(out int known) && pipeline.Tokens.Contains(known) ? known : own;
    }

    /// <summary>A token is a text, or an object with its text as <c>content</c>.</summary>
    private static string? TextOf(JsonNode? node) => node switch
    {
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        JsonObject token => TextOf(token["content"]),
        _ => null,
    };

    private static IEnumerable<AddedToken> AddedOf(JsonObject tokens)
    {
        foreach (var (key, node) in tokens)
        {
            bool Flag(string name) => node?[name] is JsonValue value && value.TryGetValue(out bool flag) && flag;
            if (TextOf(node) is { } text && int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                yield return new(id, text) { IsSpecial = Flag("special"), Normalized = Flag("normalized"), LeftStrip = Flag("lstrip"), RightStrip = Flag("rstrip"), SingleWord = Flag("single_word") };
            }
        }
    }

    /// <summary>The older file: texts with ids, special where another file calls them so.</summary>
    private static IEnumerable<AddedToken> AddedOf(JsonObject tokens, JsonObject map)
    {
        var special = map.SelectMany(pair => pair.Value is JsonArray several ? several.Select(TextOf) : [TextOf(pair.Value)]).ToHashSet();
        return tokens.Where(pair => pair.Value is JsonValue value && value.TryGetValue(out int _)).Select(pair => new AddedToken(pair.Value!.GetValue<int>(), pair.Key) { IsSpecial = special.Contains(pair.Key) });
    }
}
