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
    public int QuestionsPerCategory { get; init; } = 400;

    /// <summary>Seed of the dataset and of the bootstrap.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How hard the questions are.</summary>
    public Difficulty Difficulty { get; init; } = new();

    /// <summary>Prompt templates, by name; each is one table row group.</summary>
    public IReadOnlyList<string> Templates { get; init; } = ["compact-direct", "compact-cot"];

    /// <summary>How answers are obtained.</summary>
    public EvaluationOptions Evaluation { get; init; } = new();

    /// <summary>The re-balancing that is compared with none.</summary>
    public RebalanceOptions Rebalance { get; init; } = new();
}

/// <summary>One template's evaluation, before and after re-balancing.</summary>
/// <param name="Template">Prompt template.</param>
/// <param name="PromptHash">Hash of the template's text.</param>
/// <param name="Before">Re-balancing off.</param>
/// <param name="After">Re-balancing on.</param>
/// <param name="Comparison">The same items, paired.</param>
public sealed record BenchmarkPart(string Template, string PromptHash, EvaluationSummary Before, EvaluationSummary After, PairedComparison Comparison);

/// <summary>One item's result under one condition, as saved.</summary>
/// <param name="Template">Prompt template.</param>
/// <param name="Rebalanced">Whether re-balancing was on.</param>
/// <param name="Item">The result.</param>
public sealed record BenchmarkSample(string Template, bool Rebalanced, ItemResult Item);

/// <summary>Reasoning before and after re-balancing: the same items twice, direct and with Chain of Thought.</summary>
public sealed class BenchmarkStudy
{
    /// <summary>Name of the experiment in <c>results/</c>.</summary>
    public const string Experiment = "benchmark";

    private BenchmarkStudy(CompletedRun run, IReadOnlyList<BenchmarkPart> parts) => (Run, Parts) = (run, parts);

    /// <summary>The run, with samples, tables and figures.</summary>
    public CompletedRun Run { get; }

    /// <summary>One part per template.</summary>
    public IReadOnlyList<BenchmarkPart> Parts { get; }

    /// <summary>The part of that template.</summary>
    /// <param name="template">Template name.</param>
    /// <returns>The part.</returns>
    public BenchmarkPart this[string template] => Parts.First(part => part.Template == template);

    /// <summary>What the numbers say: one sentence per template and group, losses as plainly as gains.</summary>
    public IReadOnlyList<string> Conclusions =>
        [.. Parts.SelectMany(part => part.Comparison.Rows.Where(row => row.Name is "STEM" or "non-STEM" or "overall" || row.AdjustedP < 0.05).Select(row => $"{part.Template}, {row.Verdict}"))];

    /// <summary>Evaluates, or takes the equal run that exists.</summary>
    /// <param name="workspace">Where results live.</param>
    /// <param name="modelFolder">The model.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="progress">Told as items are answered.</param>
    /// <param name="cancellation">Stops between two tokens.</param>
    /// <returns>The study.</returns>
    public static BenchmarkStudy Make(Workspace workspace, string modelFolder, BenchmarkOptions? options = null, IProgress<StudyProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new BenchmarkOptions();
        var questions = ClosedWorldDataset.Generate(options.Split, options.QuestionsPerCategory, options.Seed, options.Difficulty);
        using var loaded = LoadedModel.Open(modelFolder);
        var plan = new RunPlan(Experiment)
        {
            Model = EmbeddedModel.NameOf(modelFolder),
            Variant = "before-after",
            Config = options,
            Seed = options.Seed,
            DType = "float32",
            Device = "cpu",
            Threads = TorchSharp.torch.get_num_threads(),
            CheckpointHash = loaded.Hash,
            DatasetHash = ContentHash.Of(questions),
            PromptsHash = ContentHash.Of(options.Templates.Select(name => PromptTemplates.Find(name).ContentHash)),
            NativeVersions = Backend.Versions,
        };
        if (workspace.Find(plan) is { } existing)
        {
            return new BenchmarkStudy(existing, existing.ReadMetrics<List<BenchmarkPart>>());
        }

        using var run = workspace.Start(plan);
        var (parts, samples) = (new List<BenchmarkPart>(), new List<BenchmarkSample>());
        foreach (var template in options.Templates.Select(PromptTemplates.Find))
        {
            IReadOnlyList<ItemResult> Evaluate(Rebalancing? hook) => MultipleChoiceEvaluator.Evaluate(
                loaded.Model, loaded.Tokenizer, questions, template, options.Evaluation, hook, done => progress?.Report(new StudyProgress($"{template.Name}, re-balancing {(hook is null ? "off" : "on")}", done, questions.Count)), cancellation);
            var before = Evaluate(null);
            using var hook = new Rebalancing(options.Rebalance);
            var after = Evaluate(hook);
            parts.Add(new BenchmarkPart(template.Name, template.ContentHash, EvaluationSummary.Of(before), EvaluationSummary.Of(after), PairedComparison.Of(before, after, options.Seed)));
            samples.AddRange(before.Select(item => new BenchmarkSample(template.Name, false, item)));
            samples.AddRange(after.Select(item => new BenchmarkSample(template.Name, true, item)));
        }

        run.WriteMetrics(parts);
        run.WriteSamples(samples);
        run.WriteTable("before-after", BenchmarkTables.BeforeAfter(parts));
        run.WriteTable("replies", BenchmarkTables.Replies(parts));
        foreach (var part in parts)
        {
            run.WriteFigure($"accuracy-{part.Template}", BenchmarkTables.Accuracy(part));
        }

        return new BenchmarkStudy(run.Complete(), parts);
    }
}
