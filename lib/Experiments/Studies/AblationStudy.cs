using Experiments.Evaluation;
using Experiments.Interpretability;
using Experiments.Reporting;
using Experiments.Runs;

namespace Experiments.Studies;

/// <summary>Which settings of re-balancing to try, on which questions.</summary>
public sealed record AblationOptions
{
    /// <summary>Validation questions per category; the test split is left for the chosen setting.</summary>
    public int QuestionsPerCategory { get; init; } = 50;

    /// <summary>Seed of the dataset.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Prompt template.</summary>
    public string Template { get; init; } = "compact-cot";

    /// <summary>Strengths.</summary>
    public IReadOnlyList<double> Alphas { get; init; } = [0.1, 0.2, 0.5, 1];

    /// <summary>Thresholds of the mask.</summary>
    public IReadOnlyList<double> Thresholds { get; init; } = [0.01, 0.05, 0.2];

    /// <summary>Layers that are edited; one at a time, each with every strength at the first threshold.</summary>
    public IReadOnlyList<int> SingleLayers { get; init; } = [1, 2, 3];

    /// <summary>How answers are obtained.</summary>
    public EvaluationOptions Evaluation { get; init; } = new();
}

/// <summary>One setting's result.</summary>
/// <param name="Rebalance">The setting.</param>
/// <param name="Layers">Edited layers, in words.</param>
/// <param name="Summary">Accuracy under it.</param>
/// <param name="Change">Compared with no re-balancing, on the same questions.</param>
public sealed record AblationCell(RebalanceOptions Rebalance, string Layers, AccuracyRow Summary, PairedRow Change);

/// <summary>Accuracy over alpha × threshold × layers on the validation split.</summary>
public sealed class AblationStudy
{
    /// <summary>Name of the experiment in <c>results/</c>.</summary>
    public const string Experiment = "ablation";

    private readonly AblationOptions _options;

    private AblationStudy(AblationOptions options, AblationResult result) => (_options, Baseline, Cells) = (options, result.Baseline, result.Cells);

    /// <summary>The run, with tables and figures.</summary>
    public required CompletedRun Run { get; init; }

    /// <summary>Accuracy without re-balancing.</summary>
    public AccuracyRow Baseline { get; }

    /// <summary>Every setting tried; p values are Holm-corrected over all of them.</summary>
    public IReadOnlyList<AblationCell> Cells { get; }

    /// <summary>Difference to no re-balancing, alpha × threshold, all layers edited.</summary>
    public HeatmapFigure Grid => GridOf(_options, Cells);

    /// <summary>Difference to no re-balancing, alpha × edited layer, first threshold.</summary>
    public HeatmapFigure LayerGrid => LayerGridOf(_options, Cells);

    /// <summary>What the grid says, with the number of settings tried.</summary>
    public string Conclusion => ConclusionOf(Baseline, Cells);

    private static string ConclusionOf(AccuracyRow baseline, IReadOnlyList<AblationCell> cells)
    {
        var best = cells.MaxBy(cell => cell.Change.Difference)!;
        var found = cells.Count(cell => cell.Change.AdjustedP < 0.05);
        return FormattableString.Invariant($"{cells.Count} settings on {baseline.N:N0} validation questions, {100 * baseline.Accuracy:0.0} % without re-balancing. {(found == 0 ? "None differs detectably from none" : $"{found} differ detectably from none")} after Holm's correction. Best: alpha {best.Rebalance.Alpha}, threshold {best.Rebalance.Threshold}, layers {best.Layers}: {PercentagePoints.Text(best.Change.Difference, best.Change.Low, best.Change.High)}, p = {best.Change.AdjustedP:0.000}. Being the best of many, its difference is optimistic.");
    }

    /// <summary>What an ablation shows.</summary>
    /// <param name="options">The settings tried.</param>
    /// <param name="result">The numbers.</param>
    /// <returns>All settings as a table, both grids as one figure, and the conclusion.</returns>
    public static Exhibits ExhibitsOf(AblationOptions options, AblationResult result) => new()
    {
        Tables = [("ablation", TableOf(result.Cells))],
        Figures =
        [
            ("ablation", new PanelFigure
            {
                Title = "Change of accuracy by setting of re-balancing",
                Caption = FormattableString.Invariant($"Change of accuracy by setting of re-balancing, {options.Template}, on {result.Baseline.N:N0} validation questions. (a) All layers edited. (b) One layer edited, threshold {options.Thresholds[0]}."),
                Panels = [GridOf(options, result.Cells), LayerGridOf(options, result.Cells)],
                SharedColors = true,
            }),
        ],
        Conclusions = [ConclusionOf(result.Baseline, result.Cells)],
    };

    /// <summary>Tries every setting, or takes the equal run that exists.</summary>
    /// <param name="workspace">Where results live.</param>
    /// <param name="modelFolder">The model.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="progress">Told after every setting.</param>
    /// <param name="cancellation">Stops between two tokens.</param>
    /// <returns>The study.</returns>
    public static AblationStudy Make(Workspace workspace, string modelFolder, AblationOptions? options = null, IProgress<StudyProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new AblationOptions();
        using var trial = new ValidationTrial(modelFolder, options.Template, options.QuestionsPerCategory, options.Seed, options.Evaluation);
        var plan = trial.Plan(Experiment, options, trial.Template.ContentHash);
        if (workspace.Find(plan) is { } existing)
        {
            return new AblationStudy(options, existing.ReadMetrics<AblationResult>()) { Run = existing };
        }

        using var run = workspace.Start(plan);
        var settings = Settings(options).ToList();
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
        var result = new AblationResult(EvaluationSummary.Of(baseline).Overall, [.. cells.Select((cell, i) => cell with { Change = cell.Change with { AdjustedP = adjusted[i] } })]);
        run.WriteMetrics(result);
        run.Write(ExhibitsOf(options, result));
        return new AblationStudy(options, result) { Run = run.Complete() };
    }

    /// <summary>All settings with their results.</summary>
    /// <param name="cells">The settings.</param>
    /// <returns>One row each.</returns>
    public static Table TableOf(IEnumerable<AblationCell> cells) => Table.From(cells, c => c
        .Number("Alpha", r => r.Rebalance.Alpha, "0.0#")
        .Number("Threshold", r => r.Rebalance.Threshold, "0.0##")
        .Text("Layers", r => r.Layers)
        .Estimate("Accuracy", r => r.Summary.Accuracy, r => r.Summary.Low, r => r.Summary.High, "0.0%")
        .Difference("Difference", r => r.Change.Difference, r => r.Change.Low, r => r.Change.High)
        .Integer("Gained", r => r.Change.Gained)
        .Integer("Lost", r => r.Change.Lost)
        .PValue("p", r => r.Change.P)
        .PValue("p (Holm)", r => r.Change.AdjustedP)) with
    {
        Caption = "Accuracy on the validation split under settings of re-balancing, with Wilson intervals; the difference to none, with its paired bootstrap interval; McNemar's exact test, Holm-corrected over settings.",
        Label = "ablation",
    };

    private static IEnumerable<(string Layers, RebalanceOptions Rebalance)> Settings(AblationOptions options)
    {
        foreach (var alpha in options.Alphas)
        {
            foreach (var threshold in options.Thresholds)
            {
                yield return ("all", new RebalanceOptions { Alpha = alpha, Threshold = threshold });
            }

            foreach (var layer in options.SingleLayers)
            {
                yield return ($"only {layer}", new RebalanceOptions { Alpha = alpha, Threshold = options.Thresholds[0], FirstLayer = layer, LastLayer = layer });
            }
        }
    }

    private static string Text(double value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static HeatmapFigure GridOf(AblationOptions options, IReadOnlyList<AblationCell> cells) => Changes(
        options, cells, "threshold", options.Thresholds, (cell, threshold) => cell.Layers == "all" && cell.Rebalance.Threshold == threshold, "Change of accuracy by alpha and threshold, all layers edited");

    private static HeatmapFigure LayerGridOf(AblationOptions options, IReadOnlyList<AblationCell> cells) => Changes(
        options, cells, "edited layer", [.. options.SingleLayers.Select(layer => (double)layer)], (cell, layer) => cell.Layers == $"only {layer}", "Change of accuracy by alpha and edited layer");

    private static HeatmapFigure Changes(AblationOptions options, IReadOnlyList<AblationCell> cells, string axis, IReadOnlyList<double> columns, Func<AblationCell, double, bool> fits, string title) => ResultFigures.Ablation(
        Reporting.Grid.Of(options.Alphas.Count, columns.Count, (row, column) => cells.First(cell => cell.Rebalance.Alpha == options.Alphas[row] && fits(cell, columns[column])).Change.Difference),
        new CategoryAxis("alpha", [.. options.Alphas.Select(Text)]),
        new CategoryAxis(axis, [.. columns.Select(Text)]),
        title,
        "difference",
        "+0.0%;-0.0%;0.0%",
        difference: true);
}

/// <summary>The numbers of an ablation, as saved.</summary>
/// <param name="Baseline">Accuracy without re-balancing.</param>
/// <param name="Cells">Every setting tried.</param>
public sealed record AblationResult(AccuracyRow Baseline, IReadOnlyList<AblationCell> Cells);
