using System.Globalization;
using Experiments.Models;
using Experiments.Models.Tokenizers;
using Experiments.Reporting;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Studies;

/// <summary>What a model folder holds, found without reading its weights.</summary>
public sealed record ModelFolder
{
    private ModelFolder(string folder) => Folder = folder;

    /// <summary>The folder; of a LoRA adapter, the adapter's.</summary>
    public string Folder { get; }

    /// <summary>The model's shape.</summary>
    public required LlamaConfig Config { get; init; }

    /// <summary>Dtypes of the weights in the files, most frequent first.</summary>
    public required IReadOnlyList<ScalarType> Dtypes { get; init; }

    /// <summary>Bytes of the safetensors files.</summary>
    public required long FileBytes { get; init; }

    /// <summary>The tokenizer; null where the folder has none.</summary>
    public required TextTokenizer? Tokenizer { get; init; }

    /// <summary>The LoRA adapter that lies on the model; null for none.</summary>
    public required LoraConfig? Adapter { get; init; }

    /// <summary>Looks into a folder, and checks that its files fit together.</summary>
    /// <param name="folder">A Hugging Face folder, or one of a PEFT adapter.</param>
    /// <returns>What it holds.</returns>
    /// <exception cref="ExperimentException">A file is missing or broken, or does not belong to the others.</exception>
    public static ModelFolder Inspect(string folder)
    {
        var adapter = LoraCheckpoint.IsIn(folder) ? LoraCheckpoint.ReadConfig(folder) : null;
        var model = adapter is null ? folder : LoraCheckpoint.BaseOf(folder);
        var (config, files) = Checkpoint.Describe(model);
        return new ModelFolder(folder)
        {
            Config = config,
            Dtypes = [.. files.GroupBy(weight => weight.Value.Dtype(weight.Key)).OrderByDescending(group => group.Count()).Select(group => group.Key)],
            FileBytes = files.Values.Distinct().Sum(file => file.Length),
            Tokenizer = TokenizerFiles.ExistIn(model) ? LoadedModel.TokenizerOf(model, config) : null,
            Adapter = adapter,
        };
    }

    /// <summary>Bytes that the weights and the cache of one full context need, without what a pass computes.</summary>
    /// <param name="dtype">Dtype on loading.</param>
    /// <returns>Bytes.</returns>
    public long MemoryIn(ScalarType dtype)
    {
        // keys and values of every layer, head and position
        var cache = 2L * Config.NumHiddenLayers * Config.NumKeyValueHeads * Config.HeadWidth * Config.ContextLength;
        return (Config.ParameterCount + cache) * SafeTensors.SizeOf(dtype);
    }

    /// <summary>What was found, a line each.</summary>
    /// <returns>A table of two columns.</returns>
    public Table Summary()
    {
        static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
        static string Size(long bytes) => bytes >= 1e9 ? FormattableString.Invariant($"{bytes / 1e9:0.0} GB") : FormattableString.Invariant($"{bytes / 1e6:0.0} MB");
        var heads = Config.NumKeyValueHeads == Config.NumAttentionHeads ? $"{Config.NumAttentionHeads}" : $"{Config.NumAttentionHeads} for queries, {Config.NumKeyValueHeads} for keys and values";
        (string What, string Value)[] rows =
        [
            ("family", Config.Family.ToString()),
            ("weights", Number(Config.ParameterCount)),
            ("layers", Number(Config.NumHiddenLayers)),
            ("heads", heads),
            ("width", Number(Config.HiddenSize)),
            ("context", $"{Number(Config.ContextLength)} tokens{(Config.SlidingWindow is { } window ? $", {Number(window)} of them seen" : "")}"),
            ("files", $"{string.Join(" and ", Dtypes.Select(dtype => dtype.ToString().ToLowerInvariant()))}, {Size(FileBytes)}"),
            ("tokenizer", Tokenizer is null ? "none: token ids only" : $"{Path.GetFileName(Tokenizer.Origin)}, {Number(Tokenizer.VocabSize)} ids"),
            .. Adapter is null ? [] : new[] { ("adapter", FormattableString.Invariant($"LoRA, r = {Adapter.R}, on {string.Join(", ", Adapter.TargetModules)}")) },
            ("memory as float32", $"{Size(MemoryIn(ScalarType.Float32))} with the cache of a full context"),
            ("memory as bfloat16", $"{Size(MemoryIn(ScalarType.BFloat16))} with the cache of a full context"),
        ];
        return Table.From(rows, c => c.Text("What", row => row.What).Text("Found", row => row.Value));
    }
}
