using Experiments.Evaluation;
using Experiments.Reporting;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Studies;

/// <summary>
/// A sweep over settings of re-balancing: all are tried on the same validation questions against none, the best of them is asked once on
/// test questions. Every answer is on disk at once, so a stopped sweep goes on where it was, and another grid takes the settings it shares.
/// </summary>
public sealed class AblationStudy
{
    /// <summary>Name of the experiment in <c>results/</c>.</summary>
    public const string Experiment = "ablation";

    private readonly AblationOptions _options;

    private AblationStudy(AblationOptions options, AblationResult result) => (_options, Result) = (options, result);

    /// <summary>The run, with tables and figures.</summary>
    public required CompletedRun Run { get; init; }

    /// <summary>The numbers.</summary>
    public AblationResult Result { get; }

    /// <summary>Every setting tried, on validation questions.</summary>
    public Table Table => AblationExhibits.Settings(Result);

    /// <summary>The chosen setting on test questions; no rows where none were asked.</summary>
    public Table Test => AblationExhibits.Test(Result);

    /// <summary>Differences to no re-balancing, alpha × threshold: a panel for each source layer, range of layers and sharing of heads, and one for layers edited alone.</summary>
    public IReadOnlyList<PanelFigure> Grids => AblationExhibits.Grids(_options, Result);

    /// <summary>What the numbers say.</summary>
    public IReadOnlyList<string> Conclusions => AblationExhibits.Conclusions(Result);

    /// <summary>What an ablation shows.</summary>
    /// <param name="options">The settings tried.</param>
    /// <param name="result">The numbers.</param>
    /// <returns>All settings as a table and as heatmaps, the chosen one on test questions, and the conclusions.</returns>
    public static Exhibits ExhibitsOf(AblationOptions options, AblationResult result) => AblationExhibits.Of(options, result);

    /// <summary>Tries every setting, or takes the equal run that exists.</summary>
    /// <param name="workspace">Where results live.</param>
    /// <param name="modelFolder">The model.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="progress">Told after every setting.</param>
    /// <param name="cancellation">Stops between two tokens.</param>
    /// <param name="dtype">Dtype of the weights; null for float32.</param>
    /// <param name="device">Where it computes; null for the CPU.</param>
    /// <returns>The study.</returns>
    /// <exception cref="ExperimentException">The grid is empty, a setting does not fit the model, or another process asks the same questions at this moment.</exception>
    public static AblationStudy Make(
        Workspace workspace,
        string modelFolder,
        AblationOptions? options = null,
        IProgress<StudyProgress>? progress = null,
        CancellationToken cancellation = default,
        ScalarType? dtype = null,
        Device? device = null)
    {
        options ??= new AblationOptions();
        using var trial = new ValidationTrial(workspace, modelFolder, options.Template, options.QuestionsPerCategory, options.Seed, options.Evaluation, options.TestPerCategory, dtype, device);
        var settings = AblationGrid.Settings(options, trial.Loaded.Model.Config.NumHiddenLayers);
        var plan = trial.Plan(Experiment, options, trial.Template.ContentHash);
        if (UnfinishedWork.Completed(workspace, plan) is { } existing)
        {
            return new AblationStudy(options, existing.ReadMetrics<AblationResult>()) { Run = existing };
        }

        using var unfinished = UnfinishedWork.Take(workspace, plan);
        using var run = workspace.Start(plan);
        var result = Try(trial, options, settings, progress, cancellation);
        run.WriteMetrics(result);
        run.Write(ExhibitsOf(options, result));
        var completed = run.Complete();
        unfinished?.Delete(); // holds nothing but its lock: answers are kept elsewhere
        return new AblationStudy(options, result) { Run = completed };
    }

    private static AblationResult Try(ValidationTrial trial, AblationOptions options, IReadOnlyList<AblationSetting> settings, IProgress<StudyProgress>? progress, CancellationToken cancellation)
    {
        progress?.Report(new StudyProgress(Experiment, 0, settings.Count));
        var baseline = trial.Evaluate([], cancellation);
        var cells = new List<AblationCell>();
        foreach (var (layers, rebalance) in settings)
        {
            var results = trial.Evaluate([rebalance], cancellation);
            cells.Add(new AblationCell(rebalance, layers, EvaluationSummary.Of(results).Overall, PairedComparison.Of(baseline, results, options.Seed).Overall));
            progress?.Report(new StudyProgress(Experiment, cells.Count, settings.Count, FormattableString.Invariant($"accuracy {100 * cells[^1].Summary.Accuracy:0.0} %")));
        }

        var adjusted = McNemar.Holm([.. cells.Select(cell => cell.Change.P)]);
        return new AblationResult(EvaluationSummary.Of(baseline).Overall, [.. cells.Select((cell, i) => cell with { Change = cell.Change with { AdjustedP = adjusted[i] } })])
        {
            Test = options.TestPerCategory is null ? null : Test(AblationGrid.Best(cells, trial.Loaded.Model.Config.NumHiddenLayers)),
        };

        AblationTest Test(int best)
        {
            var (off, on) = (trial.EvaluateOnTest([], cancellation), trial.EvaluateOnTest([settings[best].Rebalance], cancellation));
            return new AblationTest(best, EvaluationSummary.Of(off).Overall, EvaluationSummary.Of(on).Overall, PairedComparison.Of(off, on, options.Seed).Overall);
        }
    }
}
