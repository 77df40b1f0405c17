using System.Text.Json;
using System.Text.Json.Serialization;

namespace Experiments.Runs;

/// <summary>How a run ended, or that it has not.</summary>
public enum RunStatus
{
    /// <summary>Still writing; seen only in a temporary folder.</summary>
    Running,

    /// <summary>All it set out to do is there.</summary>
    Complete,

    /// <summary>It ended early by an error, and what it had was kept on purpose.</summary>
    Failed,

    /// <summary>The user stopped it, and what it had was kept on purpose.</summary>
    Interrupted,
}

/// <summary>The commit the code was built from.</summary>
/// <param name="Id">Full hash of the commit.</param>
/// <param name="Dirty">True when tracked or new files outside <c>results/</c> differ from that commit.</param>
public sealed record GitCommit(string Id, bool Dirty);

/// <summary>What <c>run.json</c> holds: enough to know where each number of a run comes from, and to make it again.</summary>
public sealed record RunManifest
{
    /// <summary>Folder name of the run: UTC time, model, variant, 8 hex digits of <see cref="ConfigHash"/>.</summary>
    public required string Id { get; init; }

    /// <inheritdoc cref="RunPlan.Experiment"/>
    public required string Experiment { get; init; }

    /// <inheritdoc cref="RunPlan.Model"/>
    public required string Model { get; init; }

    /// <inheritdoc cref="RunPlan.Variant"/>
    public required string Variant { get; init; }

    /// <inheritdoc cref="RunStatus"/>
    public required RunStatus Status { get; init; }

    /// <summary>The options as JSON; read them back with <see cref="CompletedRun.ReadConfig{T}"/>.</summary>
    public required JsonElement Config { get; init; }

    /// <inheritdoc cref="RunPlan.ConfigHash"/>
    public required string ConfigHash { get; init; }

    /// <inheritdoc cref="RunPlan.Seed"/>
    public required long Seed { get; init; }

    /// <inheritdoc cref="RunPlan.DType"/>
    [JsonPropertyName("dtype")]
    public string? DType { get; init; }

    /// <inheritdoc cref="RunPlan.Device"/>
    public string? Device { get; init; }

    /// <inheritdoc cref="RunPlan.Threads"/>
    public int? Threads { get; init; }

    /// <inheritdoc cref="RunPlan.CheckpointHash"/>
    public string? CheckpointHash { get; init; }

    /// <inheritdoc cref="RunPlan.DatasetHash"/>
    public string? DatasetHash { get; init; }

    /// <inheritdoc cref="RunPlan.PromptsHash"/>
    public string? PromptsHash { get; init; }

    /// <inheritdoc cref="RunPlan.Checkpoints"/>
    /// <remarks>Empty for runs that were made before it was kept.</remarks>
    public IReadOnlyList<CheckpointOrigin> Checkpoints { get; init; } = [];

    /// <summary>The commit, or null outside a git repository.</summary>
    public GitCommit? Git { get; init; }

    /// <summary>Machine, runtime and package versions.</summary>
    public required RunEnvironment Environment { get; init; }

    /// <summary>When it started, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Seconds from start to completion; null while it runs.</summary>
    public double? WallSeconds { get; init; }

    /// <summary>Largest resident memory of the process so far, in bytes; null while it runs.</summary>
    public long? PeakMemoryBytes { get; init; }
}
