using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Experiments.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>Loads and saves decoders as Hugging Face folders: <c>config.json</c> and one or several safetensors files.</summary>
public static class Checkpoint
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";
    private const long FiniteChunk = 1 << 20; // the check makes copies of what it looks at

    /// <summary>Loads a decoder.</summary>
    /// <param name="folder">A Hugging Face folder.</param>
    /// <param name="dtype">Dtype of the loaded weights; null for float32.</param>
    /// <param name="device">Device; null for CPU.</param>
    /// <returns>The decoder in evaluation mode.</returns>
    /// <exception cref="ExperimentException">A file is missing or broken, a tensor is missing, unknown, of the wrong shape, or not finite.</exception>
    public static LlamaForCausalLM Load(string folder, ScalarType? dtype = null, Device? device = null)
    {
        var (config, files) = Describe(folder); // before anything of the config's sizes is allocated
        var model = new LlamaForCausalLM(config, dtype, device);
        try
        {
            Fill(model, folder, files);
        }
        catch
        {
            model.Dispose();
            throw;
        }

        model.eval();
        return model;
    }

    /// <summary>Reads a folder's shape and the headers of its files, and checks them against each other.</summary>
    /// <returns>The shape, and the file of each weight.</returns>
    internal static (LlamaConfig Config, Dictionary<string, SafeTensorsFile> Files) Describe(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new ExperimentException($"Model folder {folder} does not exist. Give a Hugging Face folder with config.json and model.safetensors.");
        }

        var config = ConfigFile.Read(Path.Combine(folder, "config.json"));
        return (config, Sources(folder, config, Files(folder)));
    }

    /// <summary>Saves a decoder's <c>config.json</c>, <c>generation_config.json</c> and <c>model.safetensors</c>; loads in transformers.</summary>
    /// <param name="model">The decoder.</param>
    /// <param name="folder">Folder to write; made if missing.</param>
    /// <param name="dtype">Dtype in the file; null for the model's.</param>
    /// <exception cref="ExperimentException">The model has a LoRA adapter that is not merged.</exception>
    public static void Save(LlamaForCausalLM model, string folder, ScalarType? dtype = null)
    {
        if (model.Adapter is { IsMerged: false })
        {
            throw new ExperimentException("The model has a LoRA adapter, which a checkpoint cannot hold. Merge it first, or save it with LoraCheckpoint.Save.");
        }

        var type = dtype ?? model.Dtype;
        var name = type switch { ScalarType.Float32 => "float32", ScalarType.BFloat16 => "bfloat16", ScalarType.Float16 => "float16", _ => "float64" };
        Directory.CreateDirectory(folder);
        var files = new (string Name, Action<Stream> Write)[]
        {
            (SingleFile, stream => WriteWeights(stream, model, type)),
            ("config.json", stream => stream.Write(Encoding.UTF8.GetBytes(ConfigFile.Write(model.Config, name)))),
            ("generation_config.json", stream => stream.Write(Encoding.UTF8.GetBytes(GenerationConfig(model.Config)))),
        };
        string Partial(string file) => Path.Combine(folder, file + ".partial");
        try
        {
            foreach (var file in files)
            {
                using var stream = File.Create(Partial(file.Name));
                file.Write(stream);
            }

            // Everything is on disk: from here on only names change.
            Array.ForEach(files, file => File.Move(Partial(file.Name), Path.Combine(folder, file.Name), overwrite: true));
        }
        catch
        {
            Array.ForEach(files, file => File.Delete(Partial(file.Name)));
            throw;
        }
    }

    private static void WriteWeights(Stream stream, LlamaForCausalLM model, ScalarType type)
    {
        using var scope = NewDisposeScope();
        SafeTensors.Write(stream, model.named_parameters().Select(p => (p.name, p.parameter.detach().to(type))));
    }

    private static string GenerationConfig(LlamaConfig config)
    {
        var json = new JsonObject
        {
            ["bos_token_id"] = config.BosTokenId,
            ["eos_token_id"] = config.EosTokenIds.Count == 1 ? config.EosTokenIds[0] : new JsonArray([.. config.EosTokenIds.Select(id => (JsonNode)id)]),
            ["pad_token_id"] = config.PadTokenId,
        };
        return RunJson.Document(json);
    }

    private static List<SafeTensorsFile> Files(string folder)
    {
        var single = Path.Combine(folder, SingleFile);
        if (File.Exists(single))
        {
            return [SafeTensorsFile.Open(single)]; // as transformers: one file goes before shards
        }

        var index = Path.Combine(folder, IndexFile);
        if (!File.Exists(index))
        {
            throw new ExperimentException(File.Exists(Path.Combine(folder, "pytorch_model.bin"))
                ? $"{folder} holds pytorch_model.bin only. Pickle files run code when read, so they are refused; convert it to {SingleFile} with transformers' save_pretrained."
                : $"{folder} holds neither {SingleFile} nor {IndexFile}. Download the checkpoint again.");
        }

        try
        {
            var map = JsonNode.Parse(File.ReadAllText(index))?["weight_map"] as JsonObject ?? throw new JsonException("there is no 'weight_map'");
            var names = map.Select(pair => pair.Value?.GetValue<string>() ?? throw new JsonException($"'{pair.Key}' has no file")).Distinct().Order(StringComparer.Ordinal).ToList();
            return names.Find(name => name is "" or "." or ".." || name != Path.GetFileName(name)) is { } outside
                ? throw new ExperimentException($"{index} names the shard '{outside}', which lies outside the folder. Download the checkpoint again.")
                : [.. names.Select(name => SafeTensorsFile.Open(Path.Combine(folder, name)))];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new ExperimentException($"{index} is not valid: {e.Message}. Download it again.", e);
        }
    }

    /// <summary>The file of each weight, once names, shapes and dtypes are what the config implies.</summary>
    private static Dictionary<string, SafeTensorsFile> Sources(string folder, LlamaConfig config, List<SafeTensorsFile> files)
    {
        var sources = new Dictionary<string, SafeTensorsFile>(StringComparer.Ordinal);
        foreach (var (file, name) in files.SelectMany(file => file.Names.Select(name => (file, name))))
        {
            // Old checkpoints carry the rotary frequencies, which follow from the config; tied ones may repeat the embedding as lm_head.
            var derived = name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal) || (name == "lm_head.weight" && config.TieWordEmbeddings);
            if (!derived && !sources.TryAdd(name, file))
            {
                throw new ExperimentException($"{folder}: tensor '{name}' stands in two files. Shards of different checkpoints are mixed; download it again.");
            }
        }

        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, shape) in WeightShapes.Of(config))
        {
            var file = sources.GetValueOrDefault(name)
                ?? throw new ExperimentException($"{folder}: tensor '{name}' is missing. The checkpoint is incomplete or config.json does not belong to it.");
            if (!file.Shape(name).SequenceEqual(shape))
            {
                throw new ExperimentException($"{folder}: tensor '{name}' has shape [{string.Join(", ", file.Shape(name))}] where config.json implies [{string.Join(", ", shape)}].");
            }

            if (!SafeTensors.IsFloatingPoint(file.Dtype(name)))
            {
                throw new ExperimentException($"{folder}: tensor '{name}' has integer dtype {file.Dtype(name)}; quantised checkpoints are not supported. Use F32, F16, BF16 or F64.");
            }

            known.Add(name);
        }

        return sources.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown
            ? throw new ExperimentException($"{folder}: unknown tensor '{unknown}'. The config describes a model without it; check config.json.")
            : sources;
    }

    private static void Fill(LlamaForCausalLM model, string folder, Dictionary<string, SafeTensorsFile> files)
    {
        using var noGrad = no_grad();
        foreach (var (name, parameter) in model.named_parameters())
        {
            using var scope = NewDisposeScope();
            if (parameter.device.type == DeviceType.CPU && parameter.dtype == files[name].Dtype(name))
            {
                files[name].ReadInto(name, parameter); // so that a model in its files' dtype needs no memory beside its own
                CheckFinite(parameter, Damaged(name));
                continue;
            }

            var weight = files[name].Read(name);
            CheckFinite(weight, Damaged(name));
            parameter.copy_(weight);
            CheckFinite(parameter, $"{folder}: tensor '{name}' holds values too large for {model.Dtype}. Load it as bfloat16 or float32.");
        }

        void CheckFinite(Tensor weight, string otherwise)
        {
            var flat = weight.flatten();
            for (long start = 0; start < flat.shape[0]; start += FiniteChunk)
            {
                using var scope = NewDisposeScope();
                var chunk = flat.narrow(0, start, Math.Min(FiniteChunk, flat.shape[0] - start));
                // A sum shows what is not finite forty times faster than a look at each value, which follows where the sum itself may have overflowed.
                if (!chunk.sum(chunk.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32).isfinite().item<bool>() && !chunk.isfinite().all().item<bool>())
                {
                    throw new ExperimentException(otherwise);
                }
            }
        }

        string Damaged(string name) => $"{folder}: tensor '{name}' holds NaN or infinite values. The checkpoint is damaged or its training diverged.";
    }
}
