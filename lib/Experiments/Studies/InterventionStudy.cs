using Experiments.Evaluation;
using Experiments.Reporting;
using Experiments.Runs;

namespace Experiments.Studies;

/// <summary>Re-balancing against none, against other interventions and against its negative controls, on validation questions.</summary>
public sealed class InterventionStudy
{
    /// <summary>Name of the experiment in <c>results/</c>.</summary>
    public const string Experiment = "interventions";

    private readonly InterventionOptions _options;

    private InterventionStudy(InterventionOptions options, InterventionResult result) => (_options, Result) = (options, result);

    /// <summary>The run, with tables and figures.</summary>
    public required CompletedRun Run { get; init; }

    /// <summary>The numbers.</summary>
    public InterventionResult Result { get; }

    /// <summary>Every intervention against none.</summary>
    public Table Table => InterventionExhibits.Against(Result);

    /// <summary>Re-balancing against each control.</summary>
    public Table Controls => InterventionExhibits.Controls(Result);

    /// <summary>Differences to none with their intervals.</summary>
    public IntervalFigure Differences => InterventionExhibits.Differences(Result);

    /// <summary>What the numbers say: a sentence each.</summary>
    public IReadOnlyList<string> Conclusions => ExhibitsOf(_options, Result).Conclusions;

    /// <summary>What a comparison shows.</summary>
    /// <param name="options">The interventions.</param>
    /// <param name="result">The numbers.</param>
    /// <returns>Both tables, the forest plots, and the conclusions.</returns>
    public static Exhibits ExhibitsOf(InterventionOptions options, InterventionResult result) => InterventionExhibits.Of(options, result);

    /// <summary>Tries every intervention, or takes the equal run that exists.</summary>
    /// <param name="workspace">Where results live.</param>
    /// <param name="modelFolder">The model.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="progress">Told after every intervention.</param>
    /// <param name="cancellation">Stops between two tokens.</param>
    /// <returns>The study.</returns>
    /// <exception cref="ExperimentException">An intervention is out of range or does not fit the model.</exception>
    public static InterventionStudy Make(Workspace workspace, string modelFolder, InterventionOptions? options = null, IProgress<StudyProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new InterventionOptions();
        using var trial = new ValidationTrial(workspace, modelFolder, options.Template, options.QuestionsPerCategory, options.Seed, options.Evaluation);
        var arms = InterventionArm.Of(options, trial.Loaded.Tokenizer, trial.Template);
        foreach (var arm in arms.OrderBy(arm => arm.Real is null)) // a control says most plainly what is wrong with its layer
        {
            arm.Intervention.Validate(trial.Loaded.Model.Config.NumHiddenLayers);
        }

        var plan = trial.Plan(Experiment, options, ContentHash.Of(new { Template = trial.Template.ContentHash, Arms = arms }));
        if (workspace.Find(plan) is { } existing)
        {
            return new InterventionStudy(options, existing.ReadMetrics<InterventionResult>()) { Run = existing };
        }

        using var run = workspace.Start(plan);
        progress?.Report(new StudyProgress(Experiment, 0, arms.Count));
        var baseline = trial.Evaluate([], cancellation);
        var answers = new Dictionary<string, IReadOnlyList<ItemResult>>();
        var rows = new List<InterventionRow>();
        foreach (var arm in arms)
        {
            var results = answers[arm.Name] = trial.Evaluate([arm.Intervention], cancellation);
            var effect = arm.Real is null ? null : PairedComparison.Of(results, answers[arm.Real], options.Seed).Overall;
            rows.Add(new InterventionRow(arm.Name, arm.Role, arm.Intervention, EvaluationSummary.Of(results).Overall, PairedComparison.Of(baseline, results, options.Seed).Overall, arm.Real, effect));
            progress?.Report(new StudyProgress(Experiment, rows.Count, arms.Count, FormattableString.Invariant($"accuracy {100 * rows[^1].Summary.Accuracy:0.0} %")));
        }

        var result = Corrected(new InterventionResult(EvaluationSummary.Of(baseline).Overall, rows));
        run.WriteMetrics(result);
        run.Write(ExhibitsOf(options, result));
        return new InterventionStudy(options, result) { Run = run.Complete() };
    }

    private static InterventionResult Corrected(InterventionResult result)
    {
        var changes = McNemar.Holm([.. result.Rows.Select(row => row.Change.P)]);
        var effects = new Queue<double>(McNemar.Holm([.. result.Rows.Select(row => row.Effect?.P).OfType<double>()]));
        return result with
        {
            Rows = [.. result.Rows.Select((row, i) => row with
            {
                Change = row.Change with { AdjustedP = changes[i] },
                Effect = row.Effect is { } effect ? effect with { AdjustedP = effects.Dequeue() } : null,
            })],
        };
    }
}
