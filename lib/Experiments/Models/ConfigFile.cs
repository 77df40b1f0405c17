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
        "is_llama_config", "transformers.js_config", "embd_pdrop", "resid_pdrop",
    ];

    private static readonly HashSet<string> Known =
    [
        "model_type", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
        "head_dim", "max_position_embeddings", "rms_norm_eps", "rope_theta", "rope_scaling", "rope_parameters", "tie_word_embeddings",
        "hidden_act", "bos_token_id", "eos_token_id", "pad_token_id",
    ];

    private static readonly string[] QwenKeys = ["use_sliding_window", "sliding_window", "max_window_layers", "layer_types", "use_mrope"];

    /// <summary>What <c>model_type</c> and <c>architectures</c> name, and the keys that only this family has.</summary>
    private static readonly Dictionary<ModelFamily, (string Type, string Architecture, string[] Keys)> Families = new()
    {
        [ModelFamily.Llama] = ("llama", "LlamaForCausalLM", ["attention_bias", "mlp_bias", "rope_interleaved"]),
        [ModelFamily.Qwen2] = ("qwen2", "Qwen2ForCausalLM", QwenKeys),
        [ModelFamily.Qwen3] = ("qwen3", "Qwen3ForCausalLM", ["attention_bias", .. QwenKeys]),
        [ModelFamily.Mistral] = ("mistral", "MistralForCausalLM", ["sliding_window"]),
        [ModelFamily.Phi3] = ("phi3", "Phi3ForCausalLM", ["attention_bias", "sliding_window", "partial_rotary_factor", "original_max_position_embeddings"]),
    };

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

        var keys = new ConfigKeys(json, path);
        var family = ReadFamily(json, keys, path);
        var rope = json["rope_parameters"] as JsonObject; // transformers 5 keeps base and scaling together
        var heads = keys.Int("num_attention_heads");
        var plain = family == ModelFamily.Llama; // transformers' defaults of the others are one published size's: nothing to rely on
        var config = new LlamaConfig
        {
            Family = family,
            VocabSize = keys.Int("vocab_size"),
            HiddenSize = keys.Int("hidden_size"),
            IntermediateSize = keys.Int("intermediate_size"),
            NumHiddenLayers = keys.Int("num_hidden_layers"),
            NumAttentionHeads = heads,
            NumKeyValueHeads = keys.Int("num_key_value_heads", plain ? heads : null),
            HeadDim = json["head_dim"] is null && family != ModelFamily.Qwen3 ? null : keys.Int("head_dim"),
            MaxPositionEmbeddings = keys.Int("max_position_embeddings", plain ? 2048 : null),
            RmsNormEps = keys.Number("rms_norm_eps", 1e-6),
            RopeTheta = rope?["rope_theta"] is null ? keys.Number("rope_theta", 10000) : new ConfigKeys(rope, path + ": rope_parameters").Number("rope_theta"),
            RopeScaling = (json["rope_parameters"] ?? json["rope_scaling"]) is { } scaling ? ReadScaling(scaling, path) : null,
            TieWordEmbeddings = keys.Flag("tie_word_embeddings"),
            AttentionBias = keys.Flag("attention_bias"),
            SlidingWindow = family switch
            {
                ModelFamily.Mistral when !json.ContainsKey("sliding_window") => 4096, // as transformers
                ModelFamily.Mistral or ModelFamily.Phi3 when json["sliding_window"] is not null => keys.Int("sliding_window"),
                _ => null,
            },
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
        var family = Families[config.Family];
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray(family.Architecture),
            ["bos_token_id"] = config.BosTokenId,
            ["eos_token_id"] = config.EosTokenIds.Count switch { 0 => null, 1 => config.EosTokenIds[0], _ => new JsonArray([.. config.EosTokenIds.Select(id => (JsonNode)id)]) },
            ["head_dim"] = config.HeadWidth,
            ["hidden_act"] = "silu",
            ["hidden_size"] = config.HiddenSize,
            ["initializer_range"] = config.InitializerRange,
            ["intermediate_size"] = config.IntermediateSize,
            ["max_position_embeddings"] = config.MaxPositionEmbeddings,
            ["model_type"] = family.Type,
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
        var own = new Dictionary<string, JsonNode?> { ["attention_bias"] = config.AttentionBias, ["mlp_bias"] = false, ["use_sliding_window"] = false, ["sliding_window"] = config.SlidingWindow };
        var sorted = new JsonObject(json.Concat(own.Where(pair => family.Keys.Contains(pair.Key))).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));
        return RunJson.Document(sorted);
    }

    /// <summary>The family, once every key is one that it knows and none asks for what is not implemented.</summary>
    private static ModelFamily ReadFamily(JsonObject json, ConfigKeys keys, string path)
    {
        var type = keys.Text("model_type") ?? "llama";
        var (family, own) = Families.Where(pair => pair.Value.Type == type).Select(pair => ((ModelFamily?)pair.Key, pair.Value.Keys)).FirstOrDefault();
        if (family is null)
        {
            throw new ExperimentException($"{path}: 'model_type' is '{type}', which is not implemented. Known: {string.Join(", ", Families.Values.Select(known => known.Type))}.");
        }

        var unknown = json.Select(pair => pair.Key).FirstOrDefault(key => !Known.Contains(key) && !own.Contains(key) && !Ignored.Contains(key) && json[key] is not null);
        if (unknown is not null)
        {
            throw new ExperimentException($"{path}: unknown key '{unknown}', which may change the maths. Known keys: {string.Join(", ", Known.Concat(own).Order(StringComparer.Ordinal))}. Remove it only if you know that it does not matter.");
        }

        keys.Require("hidden_act", "silu");
        keys.Require("mlp_bias", false);
        keys.Require("rope_interleaved", false);
        keys.Require("use_sliding_window", false);
        keys.Require("use_mrope", false);
        if (keys.Number("partial_rotary_factor", 1) != 1)
        {
            throw new ExperimentException($"{path}: 'partial_rotary_factor' is {json["partial_rotary_factor"]}; this decoder rotates whole heads only.");
        }

        if (json["layer_types"] is { } layers && !(layers is JsonArray list && list.All(layer => layer?.ToJsonString() == "\"full_attention\"")))
        {
            throw new ExperimentException($"{path}: 'layer_types' is {layers.ToJsonString()}; this decoder implements \"full_attention\" in every layer only.");
        }

        return family.Value;
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
        var keys = new ConfigKeys(node as JsonObject ?? throw new ExperimentException($"{path}: 'rope_scaling' must be an object or null."), path + ": rope_scaling");
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
}
