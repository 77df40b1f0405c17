using System.Text.Json;
using System.Text.Json.Nodes;
using Experiments.Runs;

namespace Experiments.Models;

/// <summary>Reads and writes <c>config.json</c> of a Hugging Face folder. A key that would change the maths is honoured or rejected, never ignored.</summary>
public static class ConfigFile
{
    /// <summary>Keys that say nothing about the maths of inference.</summary>
    private static readonly HashSet<string> Ignored =
    [
        "architectures", "torch_dtype", "dtype", "transformers_version", "use_cache", "pretraining_tp", "initializer_range",
        "attention_dropout", "_name_or_path", "auto_map", "unsloth_version", "_attn_implementation_autoset", "model_name",
        "is_llama_config", "transformers.js_config",
    ];

    private static readonly HashSet<string> Known =
    [
        "model_type", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
        "head_dim", "max_position_embeddings", "rms_norm_eps", "rope_theta", "rope_scaling", "rope_parameters", "rope_interleaved", "tie_word_embeddings", "attention_bias",
        "mlp_bias", "hidden_act", "bos_token_id", "eos_token_id", "pad_token_id",
    ];

    /// <summary>Reads a file.</summary>
    /// <param name="path">Path of <c>config.json</c>.</param>
    /// <returns>The validated shape.</returns>
    /// <exception cref="ExperimentException">The file is missing, is not JSON, misses a key, or has a key or value that this decoder does not implement.</exception>
    public static LlamaConfig Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new ExperimentException($"{path} does not exist. A model is a Hugging Face folder with config.json and model.safetensors; check --model.");
        }

        JsonObject json;
        try
        {
            json = JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new JsonException("the top level is not an object.");
            CheckKeys(json);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new ExperimentException($"{path} is not valid JSON: {e.Message} Download the file again.", e);
        }

        var keys = new Keys(json, path);
        var unknown = json.Select(pair => pair.Key).Where(key => !Known.Contains(key) && !Ignored.Contains(key) && json[key] is not null).ToArray();
        if (unknown.Length > 0)
        {
            throw new ExperimentException($"{path}: unknown key '{unknown[0]}', which may change the maths. Known keys: {string.Join(", ", Known.Order(StringComparer.Ordinal))}. Remove it only if you know that it does not matter.");
        }

        keys.Require("model_type", "llama");
        keys.Require("hidden_act", "silu");
        keys.Require("mlp_bias", false);
        keys.Require("rope_interleaved", false);
        var rope = json["rope_parameters"] as JsonObject; // transformers 5 keeps base and scaling together
        var heads = keys.Int("num_attention_heads");
        var config = new LlamaConfig
        {
            VocabSize = keys.Int("vocab_size"),
            HiddenSize = keys.Int("hidden_size"),
            IntermediateSize = keys.Int("intermediate_size"),
            NumHiddenLayers = keys.Int("num_hidden_layers"),
            NumAttentionHeads = heads,
            NumKeyValueHeads = keys.Int("num_key_value_heads", heads),
            HeadDim = json["head_dim"] is null ? null : keys.Int("head_dim"),
            MaxPositionEmbeddings = keys.Int("max_position_embeddings", 2048),
            RmsNormEps = keys.Number("rms_norm_eps", 1e-6),
            RopeTheta = rope?["rope_theta"] is null ? keys.Number("rope_theta", 10000) : new Keys(rope, path + ": rope_parameters").Number("rope_theta"),
            RopeScaling = (json["rope_parameters"] ?? json["rope_scaling"]) is { } scaling ? ReadScaling(scaling, path) : null,
            TieWordEmbeddings = keys.Flag("tie_word_embeddings"),
            AttentionBias = keys.Flag("attention_bias"),
            BosTokenId = json["bos_token_id"] is null ? null : keys.Int("bos_token_id"),
            EosTokenIds = keys.Ints("eos_token_id"),
            PadTokenId = json["pad_token_id"] is null ? null : keys.Int("pad_token_id"),
            InitializerRange = keys.Number("initializer_range", 0.02),
        };
        config.Validate(path);
        return config;
    }

    /// <summary>Renders a shape with transformers' keys.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="dtype">transformers' name of the weights' dtype, such as <c>float32</c>.</param>
    /// <returns>Indented JSON with sorted keys and a final newline.</returns>
    public static string Write(LlamaConfig config, string dtype)
    {
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["attention_bias"] = config.AttentionBias,
            ["bos_token_id"] = config.BosTokenId,
            ["eos_token_id"] = config.EosTokenIds.Count switch { 0 => null, 1 => config.EosTokenIds[0], _ => new JsonArray([.. config.EosTokenIds.Select(id => (JsonNode)id)]) },
            ["head_dim"] = config.HeadWidth,
            ["hidden_act"] = "silu",
            ["hidden_size"] = config.HiddenSize,
            ["initializer_range"] = config.InitializerRange,
            ["intermediate_size"] = config.IntermediateSize,
            ["max_position_embeddings"] = config.MaxPositionEmbeddings,
            ["mlp_bias"] = false,
            ["model_type"] = "llama",
            ["num_attention_heads"] = config.NumAttentionHeads,
            ["num_hidden_layers"] = config.NumHiddenLayers,
            ["num_key_value_heads"] = config.NumKeyValueHeads,
            ["pad_token_id"] = config.PadTokenId,
            ["rms_norm_eps"] = config.RmsNormEps,
            ["rope_scaling"] = config.RopeScaling is { } scaling ? WriteScaling(scaling) : null,
            ["rope_theta"] = config.RopeTheta,
            ["tie_word_embeddings"] = config.TieWordEmbeddings,
            ["torch_dtype"] = dtype,
            ["use_cache"] = true,
            ["vocab_size"] = config.VocabSize,
        };
        return json.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n";
    }

    /// <summary>A key that stands in an object twice is found when the object is first asked; this asks all of them.</summary>
    private static void CheckKeys(JsonObject json)
    {
        foreach (var inner in json.Select(pair => pair.Value).OfType<JsonObject>())
        {
            CheckKeys(inner);
        }
    }

    private static RopeScaling? ReadScaling(JsonNode node, string path)
    {
        var keys = new Keys(node as JsonObject ?? throw new ExperimentException($"{path}: 'rope_scaling' must be an object or null."), path + ": rope_scaling");
        var type = keys.Text("rope_type") ?? keys.Text("type") ?? throw new ExperimentException($"{path}: 'rope_scaling' has no 'rope_type'.");
        var scaling = type switch
        {
            "default" => null,
            "linear" => new RopeScaling { Type = RopeScalingType.Linear, Factor = keys.Number("factor") },
            "dynamic" => new RopeScaling { Type = RopeScalingType.Dynamic, Factor = keys.Number("factor") },
            "llama3" => new RopeScaling
            {
                Type = RopeScalingType.Llama3,
                Factor = keys.Number("factor"),
                LowFreqFactor = keys.Number("low_freq_factor"),
                HighFreqFactor = keys.Number("high_freq_factor"),
                OriginalMaxPositionEmbeddings = keys.Int("original_max_position_embeddings"),
            },
            _ => throw new ExperimentException($"{path}: rope type '{type}' is not implemented. Known: default, linear, dynamic, llama3."),
        };
        var unknown = ((JsonObject)node).Select(pair => pair.Key).FirstOrDefault(key => !(key is "rope_type" or "type" or "rope_theta" || ScalingKeys(type).Contains(key)) && node[key] is not null);
        if (unknown is not null)
        {
            throw new ExperimentException($"{path}: rope_scaling: unknown key '{unknown}', which may change the maths of '{type}'. Known keys: rope_type, {string.Join(", ", ScalingKeys(type))}.");
        }

        return scaling;
    }

    private static string[] ScalingKeys(string type) =>
        type == "llama3" ? ["factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"] : ["factor"];

    private static JsonObject WriteScaling(RopeScaling scaling)
    {
        var json = new JsonObject { ["rope_type"] = scaling.Type.ToString().ToLowerInvariant(), ["factor"] = scaling.Factor };
        if (scaling.Type == RopeScalingType.Llama3)
        {
            json["low_freq_factor"] = scaling.LowFreqFactor;
            json["high_freq_factor"] = scaling.HighFreqFactor;
            json["original_max_position_embeddings"] = scaling.OriginalMaxPositionEmbeddings;
        }

        return json;
    }

    /// <summary>Typed access to one JSON object, with errors that name file and key.</summary>
    private sealed class Keys(JsonObject json, string where)
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
}
