using System.Text.Json.Nodes;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>Saves and loads LoRA adapters as PEFT does: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</summary>
public static class LoraCheckpoint
{
    /// <summary>The file that makes a folder an adapter's.</summary>
    public const string ConfigName = "adapter_config.json";

    /// <summary>The file of the adapter's weights.</summary>
    public const string WeightsName = "adapter_model.safetensors";

    private const string Prefix = "base_model.model.";
    private const string BaseKey = "base_model_name_or_path";

    /// <summary>Keys that say nothing about the maths of inference.</summary>
    private static readonly HashSet<string> Ignored =
    [
        "auto_mapping", "base_model_name_or_path", "inference_mode", "init_lora_weights", "revision", "task_type", "peft_version", "eva_config", "corda_config", "loftq_config",
        "megatron_config", "megatron_core", "qalora_group_size", "ensure_weight_tying", "runtime_config", "arrow_config", "lora_ga_config",
    ];

    /// <summary>Keys that would change the maths, with the values under which they do not.</summary>
    private static readonly Dictionary<string, string[]> Fixed = new()
    {
        ["peft_type"] = ["\"LORA\""],
        ["bias"] = ["\"none\""],
        ["fan_in_fan_out"] = ["false"],
        ["use_dora"] = ["false"],
        ["use_qalora"] = ["false"],
        ["use_bdlora"] = ["null"],
        ["lora_bias"] = ["false"],
        ["modules_to_save"] = ["null", "[]"],
        ["exclude_modules"] = ["null", "[]"],
        ["layers_to_transform"] = ["null", "[]"],
        ["layers_pattern"] = ["null", "[]"],
        ["layer_replication"] = ["null"],
        ["rank_pattern"] = ["null", "{}"],
        ["alpha_pattern"] = ["null", "{}"],
        ["trainable_token_indices"] = ["null", "[]"],
        ["target_parameters"] = ["null", "[]"],
        ["alora_invocation_tokens"] = ["null"],
    };

    private static readonly string[] Known = ["r", "lora_alpha", "lora_dropout", "use_rslora", "target_modules"];

    /// <summary>Whether a folder holds an adapter.</summary>
    /// <param name="folder">A folder.</param>
    /// <returns>True if so.</returns>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, ConfigName));

    /// <summary>Saves a model's adapter; PEFT loads it onto the same base model.</summary>
    /// <param name="model">A model with an adapter.</param>
    /// <param name="folder">Folder to write; made if missing.</param>
    /// <param name="baseModel">Folder or hub name of the model below the adapter.</param>
    /// <exception cref="ExperimentException">The model has no adapter, or the folder cannot be written.</exception>
    public static void Save(LlamaForCausalLM model, string folder, string baseModel)
    {
        var adapter = model.Adapter ?? throw new ExperimentException("The model has no LoRA adapter to save.");
        AtomicFile.Write(Path.Combine(folder, WeightsName), stream => SafeTensors.Write(stream, adapter.NamedParameters.Select(p => (Prefix + p.Name, (Tensor)p.Parameter))));
        AtomicFile.WriteAllText(Path.Combine(folder, ConfigName), Describe(adapter, baseModel));
    }

    /// <summary>Loads an adapter onto its base model.</summary>
    /// <param name="model">The base model.</param>
    /// <param name="folder">A folder that PEFT or <see cref="Save"/> wrote.</param>
    /// <returns>The adapter, which is the model's now.</returns>
    /// <exception cref="ExperimentException">A file is missing or broken, asks for what is not implemented, or belongs to another model.</exception>
    public static LoraAdapter Load(LlamaForCausalLM model, string folder)
    {
        var weights = Path.Combine(folder, WeightsName);
        if (!File.Exists(weights) && File.Exists(Path.Combine(folder, "adapter_model.bin")))
        {
            throw new ExperimentException($"{folder} holds adapter_model.bin only. Pickle files run code when read, so they are refused; save the adapter as safetensors with PEFT's save_pretrained.");
        }

        var file = SafeTensorsFile.Open(weights);
        var adapter = LoraAdapter.Attach(model, ReadConfig(folder));
        try
        {
            Fill(adapter, file, weights);
            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    /// <summary>The settings of an adapter.</summary>
    /// <param name="folder">Its folder.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="ExperimentException">The file is broken, or has a key or value that is not implemented.</exception>
    public static LoraConfig ReadConfig(string folder)
    {
        var path = Path.Combine(folder, ConfigName);
        var json = Read(path);
        foreach (var (key, value) in json)
        {
            var text = value?.ToJsonString() ?? "null";
            if (Fixed.TryGetValue(key, out var allowed) && !allowed.Contains(text))
            {
                throw new ExperimentException($"{path}: '{key}' is {text}, which is not implemented; it must be {allowed[0]}. Merge the adapter with PEFT's merge_and_unload and load the merged model.");
            }

            if (allowed is null && !Ignored.Contains(key) && !Known.Contains(key))
            {
                throw new ExperimentException($"{path}: unknown key '{key}'. Known keys: {string.Join(", ", Known.Concat(Fixed.Keys))}.");
            }
        }

        var keys = new ConfigKeys(json, path);
        var config = new LoraConfig
        {
            R = keys.Int("r"),
            LoraAlpha = keys.Number("lora_alpha"),
            LoraDropout = keys.Number("lora_dropout", 0),
            UseRslora = keys.Flag("use_rslora"),
            TargetModules = Targets(json["target_modules"], path),
        };
        config.Validate();
        return config;
    }

    /// <summary>The folder of the model below an adapter.</summary>
    /// <param name="folder">The adapter's folder.</param>
    /// <returns>The base model's folder, which exists.</returns>
    /// <exception cref="ExperimentException">It is not there.</exception>
    public static string BaseOf(string folder)
    {
        var path = Path.Combine(folder, ConfigName);
        var name = new ConfigKeys(Read(path), path).Text(BaseKey) ?? string.Empty;
        var found = Path.GetFullPath(name, Path.GetFullPath(folder));
        return name.Length > 0 && Directory.Exists(found) && !IsIn(found)
            ? found
            : throw new ExperimentException($"{path}: the adapter's base model '{name}' is no model folder here. Write that model's folder into '{BaseKey}'.");
    }

    private static string Describe(LoraAdapter adapter, string baseModel) => RunJson.Document(new JsonObject
    {
        ["peft_type"] = "LORA",
        ["task_type"] = "CAUSAL_LM",
        [BaseKey] = baseModel,
        ["r"] = adapter.Config.R,
        ["lora_alpha"] = adapter.Config.LoraAlpha,
        ["lora_dropout"] = adapter.Config.LoraDropout,
        ["use_rslora"] = adapter.Config.UseRslora,
        ["target_modules"] = new JsonArray([.. adapter.NamedParameters.Select(p => p.Name.Split('.')[^3]).Distinct().Select(name => (JsonNode)name)]), // "all-linear" is resolved, as PEFT does
        ["bias"] = "none",
        ["fan_in_fan_out"] = false,
        ["inference_mode"] = true,
        ["init_lora_weights"] = true,
        ["modules_to_save"] = null,
    });

    private static void Fill(LoraAdapter adapter, SafeTensorsFile file, string path)
    {
        using var noGrad = no_grad();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, parameter) in adapter.NamedParameters)
        {
            if (!file.Contains(Prefix + name))
            {
                throw new ExperimentException($"{path}: tensor '{Prefix + name}' is missing. The adapter belongs to another model, or is incomplete.");
            }

            if (!file.Shape(Prefix + name).SequenceEqual(parameter.shape))
            {
                throw new ExperimentException($"{path}: tensor '{Prefix + name}' has shape [{string.Join(", ", file.Shape(Prefix + name))}] where the model needs [{string.Join(", ", parameter.shape)}].");
            }

            using var weight = file.Read(Prefix + name);
            parameter.copy_(weight);
            known.Add(Prefix + name);
        }

        if (file.Names.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
        {
            throw new ExperimentException($"{path}: unknown tensor '{unknown}'. target_modules names no such projection.");
        }
    }

    private static IReadOnlyList<string> Targets(JsonNode? node, string path) => node switch
    {
        JsonArray list => [.. list.Select(item => item!.GetValue<string>())],
        JsonValue value when value.TryGetValue<string>(out var name) && name == LoraConfig.AllLinear => [name],
        _ => throw new ExperimentException($"{path}: 'target_modules' is {node?.ToJsonString() ?? "missing"}; it must be a list of names or \"{LoraConfig.AllLinear}\". Patterns are not implemented."),
    };

    private static JsonObject Read(string path) => RunJson.ReadObject(path, "JSON", "Save the adapter again.");
}
