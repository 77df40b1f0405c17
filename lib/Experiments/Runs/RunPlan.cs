namespace Experiments.Runs;

/// <summary>
/// What a run is going to do, known before it starts. Everything that decides its numbers goes into <see cref="ConfigHash"/>, so
/// an earlier run with an equal hash can stand in for it.
/// </summary>
/// <param name="Experiment">Folder name under <c>results/</c>: letters, digits, dot, dash and underscore.</param>
public sealed record RunPlan(string Experiment)
{
    /// <summary>Short name of the model, as it appears in the run id.</summary>
    public required string Model { get; init; }

    /// <summary>Short name of what was done to the model, as it appears in the run id: <c>base</c>, <c>fine-tuned</c>, a preset.</summary>
    public required string Variant { get; init; }

    /// <summary>The options of the run: any JSON-serialisable record.</summary>
    public required object Config { get; init; }

    /// <summary>The seed that all random choices of the run derive from.</summary>
    public required long Seed { get; init; }

    /// <summary>Number type of the computation, for instance <c>float32</c>.</summary>
    public string? DType { get; init; }

    /// <summary>Where it computes: <c>cpu</c> or <c>cuda:0</c>. Not part of the hash.</summary>
    public string? Device { get; init; }

    /// <summary>Threads of the tensor library. Not part of the hash.</summary>
    public int? Threads { get; init; }

    /// <summary>SHA-256 of the checkpoint that the run starts from, or over the hashes of several.</summary>
    public string? CheckpointHash { get; init; }

    /// <summary>SHA-256 of the dataset.</summary>
    public string? DatasetHash { get; init; }

    /// <summary>SHA-256 of the prompts.</summary>
    public string? PromptsHash { get; init; }

    /// <summary>The models that the run is made from, in its order. Not part of the hash: <see cref="CheckpointHash"/> is.</summary>
    public IReadOnlyList<CheckpointOrigin> Checkpoints { get; init; } = [];

    /// <summary>Versions of the native libraries, for instance <c>libtorch</c> → <c>2.7.1</c>. Not part of the hash.</summary>
    public IReadOnlyDictionary<string, string> NativeVersions { get; init; } = new Dictionary<string, string>();

    /// <summary>SHA-256 over model, variant, config, seed, number type and the hashes of checkpoint, dataset and prompts.</summary>
    public string ConfigHash =>
        ContentHash.Of(new { Model, Variant, Config, Seed, DType, CheckpointHash, DatasetHash, PromptsHash });
}
