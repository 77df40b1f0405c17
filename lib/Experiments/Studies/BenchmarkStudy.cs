using Experiments.Data;
using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Interpretability;
using Experiments.Reporting;
using Experiments.Runs;

namespace Experiments.Studies;

/// <summary>What to benchmark.</summary>
public sealed record BenchmarkOptions
{
    /// <summary>Which split the questions come from; the test split is for the reported numbers.</summary>
    public DatasetSplit Split { get; init; } = DatasetSplit.Test;

    /// <summary>Questions per category.</summary>
    public int QuestionsPerCategory { get; init; } = ClosedWorldDataset.ReportedPerCategory;

    /// <summary>Seed of the dataset and of the bootstrap.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How hard the questions are.</summary>
    public Difficulty Difficulty { get; init; } = new();

    /// <summary>Prompt templates, by name; each is one table row group.</summary>
    public IReadOnlyList<string> Templates { get; init; } = ["compact-direct", "compact-cot"];

    /// <summary>How answers are obtained.</summary>
    public EvaluationOptions Evaluation { get; init; } = new();

    /// <summary>The first condition.</summary>
    public Condition Before { get; init; } = new("re-balancing off", null);

    /// <summary>The second condition.</summary>
    public Condition After { get; init; } = new("re-balancing on", new RebalanceOptions());
}

/// <summary>How a model is run.</summary>
/// <param name="Name">Name in tables and figures.</param>
/// <param name="Rebalance">Re-balancing; null for none.</param>
public sealed record Condition(string Name, RebalanceOptions? Rebalance);

/// <summary>One template's evaluation under two conditions.</summary>
/// <param name="Template">Prompt template.</param>
/// <param name="PromptHash">Hash of the template's text.</param>
/// <param name="Before">Under the first condition.</param>
/// <param name="After">Under the second.</param>
/// <param name="Comparison">The same items, paired.</param>
public sealed record BenchmarkPart(string Template, string PromptHash, EvaluationSummary Before, EvaluationSummary After, PairedComparison Comparison);

/// <summary>One item's result under one condition, as saved.</summary>
/// <param name="Template">Prompt template.</param>
/// <param name="Condition">Name of the condition.</param>
/// <param name="Item">The result.</param>
public sealed record BenchmarkSample(string Template, string Condition, ItemResult Item);

/// <summary>Reasoning before and after a change, of the attention or of the weights: the same items twice, direct and with Chain of Thought.</summary>
public sealed class BenchmarkStudy
{
    /// <summary>Name of the experiment in <c>results/</c>.</summary>
    public const string Experiment = "benchmark";

    private readonly BenchmarkOptions _options;

    private BenchmarkStudy(CompletedRun run, BenchmarkOptions options, IReadOnlyList<BenchmarkPart> parts) => (Run, _options, Parts) = (run, options, parts);

    /// <summary>The run, with samples, tables and figures.</summary>
    public CompletedRun Run { get; }

    /// <summary>One part per template.</summary>
    public IReadOnlyList<BenchmarkPart> Parts { get; }

    /// <summary>The part of that template.</summary>
    /// <param name="template">Template name.</param>
    /// <returns>The part.</returns>
    public BenchmarkPart this[string template] => Parts.First(part => part.Template == template);

    /// <summary>The table of the paper: groups × template, before and after.</summary>
    public Table BeforeAfter => BenchmarkTables.BeforeAfter(Parts, _options);

    /// <summary>Computed tokens per answer, and replies that could not be read.</summary>
    public Table Replies => BenchmarkTables.Replies(Parts, _options);

    /// <summary>Accuracy per group under both conditions.</summary>
    /// <param name="template">Template name.</param>
    /// <returns>The figure.</returns>
    public BarFigure Accuracy(string template) => BenchmarkTables.Accuracy(this[template], _options);

    /// <summary>What the numbers say: one sentence per template and group, losses as plainly as gains.</summary>
    public IReadOnlyList<string> Conclusions =>
        [.. Parts.SelectMany(part => part.Comparison.Rows.Where(row => row.Name is "STEM" or "non-STEM" or "overall" || row.AdjustedP < 0.05).Select(row => $"{part.Template}, {row.Verdict}"))];

    /// <summary>Evaluates, or takes the equal run that exists.</summary>
    /// <param name="workspace">Where results live.</param>
    /// <param name="beforeFolder">The model of the first condition.</param>
    /// <param name="afterFolder">The model of the second; null for the same.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="progress">Told as items are answered.</param>
    /// <param name="cancellation">Stops between two tokens.</param>
    /// <returns>The study.</returns>
    public static BenchmarkStudy Make(Workspace workspace, string beforeFolder, string? afterFolder = null, BenchmarkOptions? options = null, IProgress<StudyProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new BenchmarkOptions();
        afterFolder ??= beforeFolder;
        var questions = ClosedWorldDataset.Generate(options.Split, options.QuestionsPerCategory, options.Seed, options.Difficulty);
        var plan = new RunPlan(Experiment)
        {
            Model = EmbeddedModel.NameOf(afterFolder),
            Variant = options.After.Name,
            Config = options,
            Seed = options.Seed,
            DType = "float32",
            Device = "cpu",
            Threads = TorchSharp.torch.get_num_threads(),
            CheckpointHash = ContentHash.Of(new[] { LoadedModel.HashOf(beforeFolder), LoadedModel.HashOf(afterFolder) }),
            DatasetHash = ContentHash.Of(questions),
            PromptsHash = ContentHash.Of(options.Templates.Select(name => PromptTemplates.Find(name).ContentHash)),
            NativeVersions = Backend.Versions,
        };
        if (workspace.Find(plan) is { } existing)
        {
            return new BenchmarkStudy(existing, options, existing.ReadMetrics<List<BenchmarkPart>>());
        }

        using var run = workspace.Start(plan);
        var templates = options.Templates.Select(PromptTemplates.Find).ToList();
        var before = Evaluate(beforeFolder, options.Before, questions, templates, options, progress, cancellation);
        var after = Evaluate(afterFolder, options.After, questions, templates, options, progress, cancellation);
        var parts = templates.ConvertAll(template => new BenchmarkPart(
            template.Name,
            template.ContentHash,
            EvaluationSummary.Of(before[template.Name]),
            EvaluationSummary.Of(after[template.Name]),
            PairedComparison.Of(before[template.Name], after[template.Name], options.Seed)));
        run.WriteMetrics(parts);
        run.WriteSamples(Samples(before, options.Before).Concat(Samples(after, options.After)));
        run.WriteTable("before-after", BenchmarkTables.BeforeAfter(parts, options));
        run.WriteTable("replies", BenchmarkTables.Replies(parts, options));
        foreach (var part in parts)
        {
            run.WriteFigure($"accuracy-{part.Template}", BenchmarkTables.Accuracy(part, options));
        }

        return new BenchmarkStudy(run.Complete(), options, parts);
    }

    private static Dictionary<string, IReadOnlyList<ItemResult>> Evaluate(string folder, Condition condition, IReadOnlyList<MultipleChoiceQuestion> questions, List<PromptTemplate> templates, BenchmarkOptions options, IProgress<StudyProgress>? progress, CancellationToken cancellation)
    {
        using var loaded = LoadedModel.Open(folder);
        using var hook = condition.Rebalance is { } rebalance ? new Rebalancing(rebalance) : null;
        return templates.ToDictionary(template => template.Name, template =>
        {
            var what = $"{template.Name}, {condition.Name}";
            progress?.Report(new StudyProgress(what, 0, questions.Count));
            return MultipleChoiceEvaluator.Evaluate(loaded.Model, loaded.Tokenizer, questions, template, options.Evaluation, hook, done => progress?.Report(StudyProgress.Of(what, done, questions.Count)), cancellation);
        });
    }

    private static IEnumerable<BenchmarkSample> Samples(Dictionary<string, IReadOnlyList<ItemResult>> results, Condition condition) =>
        results.SelectMany(pair => pair.Value.Select(item => new BenchmarkSample(pair.Key, condition.Name, item)));
}
