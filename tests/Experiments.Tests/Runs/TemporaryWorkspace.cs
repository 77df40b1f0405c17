using Experiments.Runs;

namespace Experiments.Tests.Runs;

/// <summary>A workspace in a folder of its own, with a clock that stands still until it is moved.</summary>
public sealed class TemporaryWorkspace : IDisposable
{
    public TemporaryWorkspace() => Workspace = Workspace.Open(Folder, Path.Combine(Folder, "results"), Clock);

    public string Folder { get; } = Directory.CreateTempSubdirectory("experiments-").FullName;

    public StandingClock Clock { get; } = new();

    public Workspace Workspace { get; }

    public static RunPlan Plan(object? config = null) => new("benchmark")
    {
        Model = "tiny",
        Variant = "base",
        Config = config ?? new { Alpha = 0.2 },
        Seed = 1,
    };

    public string[] Entries(string experiment = "benchmark")
    {
        var folder = Path.Combine(Workspace.Results, experiment);
        return Directory.Exists(folder) ? [.. Directory.EnumerateFileSystemEntries(folder).Select(e => Path.GetFileName(e)).Order()] : [];
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}

public sealed class StandingClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => Now.UtcTicks;
}
