using System.Text;

namespace Experiments.Runs;

/// <summary>
/// Where results live: <c>results/&lt;experiment&gt;/&lt;run-id&gt;/</c> below the repository or a folder the user gave. It starts
/// runs and finds finished ones, so that calling code holds no paths.
/// </summary>
public sealed class Workspace
{
    private const string RootMarker = "Experiments.sln";

    private Workspace(string? root, string results, TimeProvider clock) => (Root, Results, Clock) = (root, results, clock);

    /// <summary>The repository's root folder, or null outside the repository.</summary>
    public string? Root { get; }

    /// <summary>The folder that holds one folder for each experiment.</summary>
    public string Results { get; }

    /// <summary>
    /// Hidden folder of answers to questions, one file for each set of conditions, named by the hash of all that decides them. All
    /// runs share it, and it can be deleted at any time: what is missing is computed again.
    /// </summary>
    public string Answers => Path.Combine(Results, ".answers");

    internal TimeProvider Clock { get; }

    /// <summary>Finds the repository by walking up from <paramref name="start"/> to the folder with <c>Experiments.sln</c>.</summary>
    /// <param name="start">Where to start; the current folder if null.</param>
    /// <param name="output">Takes the place of the repository's <c>results/</c>; needed outside the repository.</param>
    /// <param name="clock">Time for run ids and durations; the system's if null.</param>
    /// <exception cref="ExperimentException">There is no repository above and no <paramref name="output"/>.</exception>
    public static Workspace Open(string? start = null, string? output = null, TimeProvider? clock = null)
    {
        var from = Path.GetFullPath(start ?? Directory.GetCurrentDirectory());
        var root = FindRoot(from);
        var results = output is not null ? Path.GetFullPath(output) : root is not null ? Path.Combine(root, "results") : null;
        return results is null
            ? throw new ExperimentException($"No {RootMarker} in '{from}' or above. Start inside the repository, or name a folder with --output.")
            : new Workspace(root, results, clock ?? TimeProvider.System);
    }

    /// <summary>Starts a run. Its folder appears under its final name only when <see cref="Run.Complete"/> is called.</summary>
    /// <param name="plan">What it is going to do.</param>
    /// <param name="keepFailed">Keep what was written when the run is disposed unfinished, as <c>&lt;run-id&gt;.failed</c>.</param>
    /// <exception cref="ExperimentException">The results folder cannot be written, or a name holds characters that a path cannot.</exception>
    public Run Start(RunPlan plan, bool keepFailed = false) => Run.Create(this, plan, keepFailed);

    /// <summary>The newest complete run with this plan's config hash, or null: reuse by content, never because a file exists.</summary>
    public CompletedRun? Find(RunPlan plan) => Find(plan.Experiment, plan.ConfigHash);

    /// <summary>The newest complete run of an experiment with an equal config hash, or null.</summary>
    /// <param name="experiment">Name of the experiment.</param>
    /// <param name="configHash">All 64 hex digits, as <see cref="RunPlan.ConfigHash"/> gives them.</param>
    public CompletedRun? Find(string experiment, string configHash) =>
        RunsOf(experiment).FirstOrDefault(run => run.Manifest.ConfigHash == configHash);

    /// <summary>The newest complete run of an experiment, or null.</summary>
    /// <param name="experiment">Name of the experiment.</param>
    /// <param name="fits">What else must hold, for instance a model's name; everything fits if null.</param>
    public CompletedRun? Newest(string experiment, Func<RunManifest, bool>? fits = null) =>
        RunsOf(experiment).FirstOrDefault(run => fits?.Invoke(run.Manifest) ?? true);

    /// <summary>All complete runs of an experiment, newest first. Folders without a readable <c>run.json</c> are passed over.</summary>
    public IEnumerable<CompletedRun> RunsOf(string experiment)
    {
        var folder = Path.Combine(Results, FolderName(experiment));
        return !Directory.Exists(folder)
            ? []
            : Directory.EnumerateDirectories(folder)
                .Where(run => !Path.GetFileName(run).StartsWith('.') && !run.EndsWith(Run.FailedSuffix, StringComparison.Ordinal))
                .Select(CompletedRun.TryOpen)
                .OfType<CompletedRun>()
                .Where(run => run.Manifest.Status == RunStatus.Complete)
                .OrderByDescending(run => run.Manifest.Started)
                .ThenByDescending(run => run.Manifest.Id, StringComparer.Ordinal);
    }

    /// <summary>The name with every character that is not a letter, digit, dot, dash or underscore turned into a dash.</summary>
    internal static string FolderName(string name)
    {
        var safe = new StringBuilder(name.Trim());
        for (var i = 0; i < safe.Length; i++)
        {
            safe[i] = char.IsAsciiLetterOrDigit(safe[i]) || safe[i] is '.' or '-' or '_' ? safe[i] : '-';
        }

        var result = safe.ToString().Trim('.', '-');
        return result.Length > 0 ? result : throw new ExperimentException($"'{name}' cannot name a run: use letters, digits and dashes.");
    }

    private static string? FindRoot(string from)
    {
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, RootMarker)))
            {
                return folder.FullName;
            }
        }

        return null;
    }
}
