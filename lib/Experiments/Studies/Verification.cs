using System.Text.Json.Nodes;
using Experiments.Data.Benchmarks;
using Experiments.Evaluation;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Studies;

/// <summary>How to verify.</summary>
public sealed record VerificationOptions
{
    /// <summary>How far numbers may be from the saved ones.</summary>
    public Tolerance Tolerance { get; init; } = new();

    /// <summary>Folders of models that the runs were made from and that lie in no run; they are told by their content.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Local files of a published or own question set; null for what <c>experiments fetch</c> brought. The generated one needs none.</summary>
    public string? Data { get; init; }

    /// <summary>Where trainings and sweeps are made again; null for the device that each was made on.</summary>
    public string? Device { get; init; }
}

/// <summary>A run that was made again.</summary>
/// <param name="Run">The saved run.</param>
/// <param name="Comparison">Its numbers, saved and now.</param>
/// <param name="Notes">What else explains a difference: models that were made again, other questions.</param>
public sealed record VerifiedRun(CompletedRun Run, MetricComparison Comparison, IReadOnlyList<string> Notes);

/// <summary>
/// Makes finished runs again, with their own settings, and compares the numbers. Everything goes to a temporary folder that
/// <see cref="Dispose"/> removes; a model that several runs need is made once.
/// </summary>
public sealed class Verification : IDisposable
{
    private const string Metrics = "metrics.json";

    private readonly VerificationOptions _options;
    private readonly SavedModels _models;
    private readonly string _folder = Directory.CreateTempSubdirectory("experiments-verify-").FullName;
    private readonly Dictionary<string, (CompletedRun Run, IReadOnlyList<string> Notes)> _made = [];

    /// <summary>Prepares a verification.</summary>
    /// <param name="options">Settings; null for the defaults.</param>
    public Verification(VerificationOptions? options = null)
    {
        _options = options ?? new VerificationOptions();
        _models = new SavedModels(_options.Models);
    }

    /// <summary>The runs in a folder: itself, or those of a results folder, models first and then by age.</summary>
    /// <param name="folder">A run, a folder of runs, or a results folder.</param>
    /// <exception cref="ExperimentException">There is none.</exception>
    public static IReadOnlyList<CompletedRun> RunsIn(string folder)
    {
        var subfolders = DiskErrors.Explain("Cannot read", folder, () => Directory.GetDirectories(folder));
        if (CompletedRun.TryOpen(folder) is { } itself)
        {
            return [itself];
        }

        var runs = subfolders.Concat(subfolders.SelectMany(Directory.GetDirectories)).Select(CompletedRun.TryOpen).OfType<CompletedRun>()
            .Where(run => run.Manifest.Status == RunStatus.Complete)
            .OrderBy(run => Array.IndexOf(SavedResults.Experiments, run.Manifest.Experiment) is >= 0 and var place ? place : int.MaxValue).ThenBy(run => run.Manifest.Started).ToList();
        return runs.Count > 0
            ? runs
            : throw new ExperimentException($"'{folder}' is no run and holds none: there is no readable run.json in it, nor in the folders below. Name a folder such as results/benchmark/<run>, or results; what 'evaluate --output-path' wrote is for 'experiments compare'.");
    }

    /// <summary>Whether runs of an experiment can be made again.</summary>
    public static bool Knows(string experiment) => SavedResults.Experiments.Contains(experiment);

    /// <summary>Makes a run again and compares.</summary>
    /// <param name="run">A complete run.</param>
    /// <param name="progress">Told as the studies go on.</param>
    /// <param name="cancellation">Stops as the study itself does.</param>
    /// <exception cref="ExperimentException">The run is not complete or has no numbers, a model or the questions cannot be found, or the study fails.</exception>
    public VerifiedRun Verify(CompletedRun run, IProgress<StudyProgress>? progress = null, CancellationToken cancellation = default)
    {
        var wrong = run switch
        {
            { Manifest.Status: not RunStatus.Complete } => "is not complete, so its numbers are none to rely on. Verify one that is",
            _ when !Knows(run.Manifest.Experiment) => $"is of '{run.Manifest.Experiment}', which cannot be made again here. Known: {string.Join(", ", SavedResults.Experiments)}",
            _ when !run.Has(Metrics) => $"has no {Metrics}, so there is nothing to compare with. Take the whole folder that the run wrote, or make the run again",
            _ => null,
        };
        if (wrong is not null)
        {
            throw new ExperimentException($"The run '{run.Folder}' {wrong}.");
        }

        var saved = run.ReadMetrics<JsonNode>();
        var (again, notes) = MakeAgain(run, progress, cancellation);
        var comparison = MetricComparison.Of(saved, again.ReadMetrics<JsonNode>(), _options.Tolerance);
        return new VerifiedRun(run, comparison, run.Manifest.DatasetHash == again.Manifest.DatasetHash ? notes : [.. notes, "The questions are not the saved ones: their hash is another."]);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private (CompletedRun Run, IReadOnlyList<string> Notes) MakeAgain(CompletedRun run, IProgress<StudyProgress>? progress, CancellationToken cancellation)
    {
        if (_made.TryGetValue(run.Folder, out var made))
        {
            return made;
        }

        var models = run.Manifest.Experiment switch
        {
            PretrainStudy.Experiment => [],
            FineTuneStudy.Experiment or AblationStudy.Experiment or InterventionStudy.Experiment => Models(1),
            _ => Models(2),
        };
        var threads = get_num_threads();
        set_num_threads(run.Manifest.Threads ?? threads); // the order of sums, and so the last digits, may depend on it
        try
        {
            var again = Make(run, [.. models.Select(model => model.Folder)], progress, cancellation);
            return _made[run.Folder] = (again, [.. models.Select(model => model.Note).OfType<string>()]);
        }
        finally
        {
            set_num_threads(threads);
        }

        IReadOnlyList<SavedModel> Models(int count) => _models.Of(run, count, training => MakeAgain(training, progress, cancellation).Run);
    }

    private CompletedRun Make(CompletedRun run, string[] models, IProgress<StudyProgress>? progress, CancellationToken cancellation)
    {
        var workspace = Workspace.Open(output: _folder);
        switch (run.Manifest.Experiment)
        {
            case PretrainStudy.Experiment:
                return PretrainStudy.Run(workspace, run.ReadConfig<PretrainOptions>(), progress, cancellation);
            case FineTuneStudy.Experiment:
                return FineTuneStudy.Run(workspace, models[0], run.ReadConfig<FineTuneOptions>(), Device(), progress, cancellation: cancellation).Run;
            case AttentionReport.Experiment:
                return AttentionReport.Make(workspace, models[0], models[1], run.ReadConfig<AttentionReportOptions>(), progress, cancellation).Run;
            case AblationStudy.Experiment:
                return AblationStudy.Make(workspace, models[0], run.ReadConfig<AblationOptions>(), progress, cancellation, Backend.DtypeOf(run.Manifest.DType ?? "float32"), Device()).Run;
            case InterventionStudy.Experiment:
                return InterventionStudy.Make(workspace, models[0], run.ReadConfig<InterventionOptions>(), progress, cancellation).Run;
            default:
                var options = run.ReadConfig<BenchmarkOptions>();
                return BenchmarkStudy.Make(workspace, models[0], models[1], Located(options), progress, cancellation).Run;
        }

        Device Device() => Backend.DeviceOf(_options.Device ?? run.Manifest.Device ?? "cpu");
    }

    /// <summary>The settings with the place of their questions, which a run does not keep.</summary>
    private BenchmarkOptions Located(BenchmarkOptions options) => options.Task == QuestionSets.ClosedWorld ? options
        : options.Own is not { } own ? options with { Data = _options.Data }
        : _options.Data is { } file && TaskFile.Is(file) && TaskFile.Load(file) is var now ? options with { Own = own with { Data = now.Data, ExampleData = now.ExampleData } }
        : throw new ExperimentException($"The run asked '{options.Task}', a task of one's own. Say where its YAML file is with --data.");
}
