using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Experiments.Runs;

/// <summary>
/// A run that is being written. Its files go to a hidden sibling of the final folder, which is renamed by <see cref="Complete"/>;
/// disposed before that, it leaves nothing. An existing run is never overwritten.
/// </summary>
public sealed class Run : IDisposable
{
    internal const string FailedSuffix = ".failed";
    private const string PartialSuffix = ".partial";

    private readonly TimeProvider _clock;
    private readonly long _startTicks;
    private readonly string _finalFolder;
    private readonly bool _keepFailed;
    private bool _ended;

    private Run(TimeProvider clock, RunManifest manifest, string folder, string finalFolder, bool keepFailed)
    {
        _clock = clock;
        _startTicks = clock.GetTimestamp();
        _finalFolder = finalFolder;
        _keepFailed = keepFailed;
        (Manifest, Folder) = (manifest, folder);
    }

    /// <summary>What is known so far; <see cref="Complete"/> adds the status, the duration and the memory.</summary>
    public RunManifest Manifest { get; }

    /// <summary>Folder name under the experiment.</summary>
    public string Id => Manifest.Id;

    /// <summary>The temporary folder that the files go to until the run is complete.</summary>
    public string Folder { get; }

    /// <summary>Absolute path of a file or folder of this run; folders above it are created.</summary>
    /// <param name="name">A relative path such as <c>checkpoint</c> or <c>figures/loss.svg</c>.</param>
    /// <exception cref="ExperimentException">The name leads out of the run's folder.</exception>
    public string PathOf(string name)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        var path = CompletedRun.Inside(Folder, name);
        DiskErrors.Explain("Cannot write", path, () => Directory.CreateDirectory(Path.GetDirectoryName(path)!));
        return path;
    }

    /// <summary>Writes <c>metrics.json</c>: the numbers this run is about, any JSON-serialisable value.</summary>
    public void WriteMetrics<T>(T metrics) => WriteText("metrics.json", RunJson.Document(metrics));

    /// <summary>Writes one JSON line for each sample, as they come.</summary>
    /// <param name="samples">The samples; the sequence is read once.</param>
    /// <param name="name">The file's name.</param>
    public void WriteSamples<T>(IEnumerable<T> samples, string name = "samples.jsonl") => AtomicFile.Write(PathOf(name), stream =>
    {
        foreach (var sample in samples)
        {
            JsonSerializer.Serialize(stream, sample, RunJson.Compact);
            stream.WriteByte((byte)'\n');
        }
    });

    /// <summary>Writes a text file of the given relative name.</summary>
    public void WriteText(string name, string text) => AtomicFile.WriteAllText(PathOf(name), text);

    /// <summary>Ends the run: writes <c>run.json</c> and gives the folder its final name.</summary>
    /// <param name="status">How it ended. Only runs that are <see cref="RunStatus.Complete"/> are found again for reuse.</param>
    /// <exception cref="ExperimentException">The folder cannot be written or renamed; nothing appears under the final name.</exception>
    public CompletedRun Complete(RunStatus status = RunStatus.Complete)
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        if (status == RunStatus.Running)
        {
            throw new ArgumentException("A run cannot end as running.", nameof(status));
        }

        using var process = Process.GetCurrentProcess();
        var done = Manifest with
        {
            Status = status,
            WallSeconds = Math.Round(_clock.GetElapsedTime(_startTicks).TotalSeconds, 3),
            PeakMemoryBytes = process.PeakWorkingSet64,
        };
        WriteText(CompletedRun.ManifestName, RunJson.Document(done));
        DiskErrors.Explain("Cannot complete the run", _finalFolder, () => Directory.Move(Folder, _finalFolder));
        _ended = true;
        return new CompletedRun(_finalFolder, done);
    }

    /// <summary>Removes what was written, unless the run was completed; or keeps it as <c>.failed</c> where that was asked for.</summary>
    public void Dispose()
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        try
        {
            if (_keepFailed)
            {
                Directory.Move(Folder, _finalFolder + FailedSuffix);
            }
            else
            {
                Directory.Delete(Folder, recursive: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The error that ended the run matters more; a hidden partial folder is never taken for a result.
        }
    }

    /// <summary>Name of the temporary folder of a run, or pattern of such names.</summary>
    internal static string PartialName(string id) => $".{id}{PartialSuffix}";

    internal static Run Create(Workspace workspace, RunPlan plan, bool keepFailed)
    {
        var started = workspace.Clock.GetUtcNow();
        var hash = plan.ConfigHash;
        var stamp = started.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var name = $"{stamp}-{Workspace.FolderName(plan.Model)}-{Workspace.FolderName(plan.Variant)}-{hash[..8]}";
        var experiment = Path.Combine(workspace.Results, Workspace.FolderName(plan.Experiment));
        return DiskErrors.Explain("Cannot start a run in", experiment, () =>
        {
            for (var attempt = 1; ; attempt++)
            {
                var id = attempt == 1 ? name : $"{name}-{attempt}"; // two equal runs within one second
                var (final, partial) = (Path.Combine(experiment, id), Path.Combine(experiment, PartialName(id)));
                if (Claim(partial, final))
                {
                    var run = new Run(workspace.Clock, Describe(workspace, plan, id, hash, started), partial, final, keepFailed);
                    run.WriteText(CompletedRun.ManifestName, RunJson.Document(run.Manifest));
                    return run;
                }
            }
        });
    }

    /// <summary>Takes the temporary folder for this process alone; false if another run has that name or is writing it.</summary>
    private static bool Claim(string partial, string final)
    {
        Directory.CreateDirectory(partial);
        var claim = Path.Combine(partial, CompletedRun.ManifestName);
        try
        {
            using var exclusive = new FileStream(claim, FileMode.CreateNew);
        }
        catch (IOException) when (File.Exists(claim))
        {
            return false;
        }

        if (!Directory.Exists(final) && !Directory.Exists(final + FailedSuffix))
        {
            return true;
        }

        Directory.Delete(partial, recursive: true);
        return false;
    }

    private static RunManifest Describe(Workspace workspace, RunPlan plan, string id, string hash, DateTimeOffset started) => new()
    {
        Id = id,
        Experiment = plan.Experiment,
        Model = plan.Model,
        Variant = plan.Variant,
        Status = RunStatus.Running,
        Config = JsonSerializer.SerializeToElement(plan.Config, RunJson.Indented),
        ConfigHash = hash,
        Seed = plan.Seed,
        DType = plan.DType,
        Device = plan.Device,
        Threads = plan.Threads,
        CheckpointHash = plan.CheckpointHash,
        DatasetHash = plan.DatasetHash,
        PromptsHash = plan.PromptsHash,
        Checkpoints = plan.Checkpoints,
        Git = workspace.Root is { } root ? GitHistory.CommitOf(root) : null,
        Environment = RunEnvironment.Capture(plan.NativeVersions),
        Started = started,
    };
}
