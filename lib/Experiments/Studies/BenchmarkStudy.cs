using System.Text.Json.Serialization;
using Experiments.Data;
using Experiments.Data.Benchmarks;
using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Interpretability;
using Experiments.Reporting;
using Experiments.Runs;

namespace Experiments.Studies;

/// <summary>What to benchmark.</summary>
public sealed record BenchmarkOptions
{
    /// <summary>Name of the question set; see <see cref="QuestionSets"/>.</summary>
    public string Task { get; init; } = QuestionSets.ClosedWorld;

    /// <summary>Local files of a published set; null for the generated one. Their content, not their place, tells runs apart.</summary>
    [JsonIgnore]
    public string? Data { get; init; }

    /// <summary>The user's own task, whose name is <see cref="Task"/>; null where that is one of <see cref="QuestionSets.Names"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TaskFile? Own { get; init; }

    /// <summary>Which split the questions come from; the test split is for the reported numbers.</summary>
    public DatasetSplit Split { get; init; } = DatasetSplit.Test;

    /// <summary>Questions per category; null for all of a published set.</summary>
    public int? QuestionsPerCategory { get; init; } = ClosedWorldDataset.ReportedPerCategory;

    /// <summary>Seed of the dataset and of the bootstrap.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How hard the generated questions are.</summary>
    public Difficulty Difficulty { get; init; } = new();

    /// <summary>Prompt templates, by name; each is one table row group.</summary>
    public IReadOnlyList<string> Templates { get; init; } = ["compact-direct", "compact-cot"];

    /// <summary>How answers are obtained.</summary>
    public EvaluationOptions Evaluation { get; init; } = new();

    /// <summary>The first condition.</summary>
    public Condition Before { get; init; } = new("re-balancing off", null);

    /// <summary>The second condition.</summary>
    public Condition After { get; init; } = new("re-balancing on", new RebalanceOptions());

    /// <summary>These settings with a task of the user's own: its questions and examples, and its prompt in the place of the one that asks in the same style.</summary>
    /// <param name="own">The task.</param>
    /// <returns>The settings.</returns>
    public BenchmarkOptions With(TaskFile own) => this with
    {
        Task = own.Name,
        Own = own,
        Templates = own.Template is { } prompt ? [.. Templates.Select(name => Template(name).Style == prompt.Style ? prompt.Name : name).Distinct()] : Templates,
        Evaluation = Evaluation with { Method = own.Method ?? Evaluation.Method, MaxNewTokens = own.MaxNewTokens ?? Evaluation.MaxNewTokens },
    };

    /// <summary>A prompt of <see cref="Templates"/>.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="ExperimentException">It is neither the user's own nor built in.</exception>
    internal PromptTemplate Template(string name) => Own?.Template is { } own && own.Name == name ? own : PromptTemplates.Find(name);
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
/// <param name="Chance">Expected accuracy of guessing.</param>
public sealed record BenchmarkPart(string Template, string PromptHash, EvaluationSummary Before, EvaluationSummary After, PairedComparison Comparison, double Chance)
{
    /// <summary>The same items asked directly and with this template, under the first condition; null for a direct template, where none was asked, and in files from before it was compared.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PairedComparison? AgainstDirect { get; init; }
}

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
    private readonly IReadOnlyList<MultipleChoiceQuestion> _questions;
    private readonly Lazy<ILookup<(string Template, string Condition), ItemResult>> _items;

    private BenchmarkStudy(CompletedRun run, BenchmarkOptions options, IReadOnlyList<MultipleChoiceQuestion> questions, IReadOnlyList<BenchmarkPart> parts) =>
        (Run, _options, _questions, Parts, _items) = (run, options, questions, parts, new(() => run.ReadSamples<BenchmarkSample>().ToLookup(sample => (sample.Template, sample.Condition), sample => sample.Item)));

    /// <summary>The run, with samples, tables and figures.</summary>
    public CompletedRun Run { get; }

    /// <summary>One part per template.</summary>
    public IReadOnlyList<BenchmarkPart> Parts { get; }

    /// <summary>The part that was asked in that style.</summary>
    /// <param name="style">Direct, or with Chain of Thought.</param>
    /// <returns>The part of the first such template.</returns>
    public BenchmarkPart this[AnswerStyle style] => Parts.First(part => _options.Template(part.Template).Style == style);

    /// <summary>The table of the paper: what Chain of Thought gains over direct answers, and what the second condition adds; no rows unless both were asked.</summary>
    public Table Reasoning => BenchmarkTables.Reasoning(Parts, _options);

    /// <summary>Groups × template, before and after.</summary>
    public Table BeforeAfter => BenchmarkTables.BeforeAfter(Parts, _options);

    /// <summary>Computed tokens per answer, and replies that could not be read.</summary>
    public Table Replies => BenchmarkTables.Replies(Parts, _options);

    /// <summary>Accuracy by the length of the reply.</summary>
    public Table Lengths => BenchmarkTables.Lengths(Parts, _options);

    /// <summary>Accuracy per group under both conditions.</summary>
    /// <param name="style">How it was asked.</param>
    /// <returns>The figure.</returns>
    public BarFigure Accuracy(AnswerStyle style) => BenchmarkTables.Accuracy(this[style], _options);

    /// <summary>Paired differences per group with their intervals.</summary>
    /// <param name="style">How it was asked.</param>
    /// <returns>A forest plot.</returns>
    public IntervalFigure Differences(AnswerStyle style) => BenchmarkTables.Differences(this[style], _options);

    /// <summary>How many tokens the replies took under both conditions.</summary>
    /// <param name="style">How it was asked.</param>
    /// <returns>The figure.</returns>
    public BarFigure TokensPerAnswer(AnswerStyle style)
    {
        var part = this[style];
        EvaluationSummary Counted(EvaluationSummary summary, Condition condition) => // files from before lengths were counted hold them in the samples
            summary.Tokens.Lengths.Count > 0 ? summary : summary with { Tokens = TokenCounts.Of([.. Items(style, condition)]) };
        return BenchmarkTables.TokensPerAnswer(part with { Before = Counted(part.Before, _options.Before), After = Counted(part.After, _options.After) }, _options);
    }

    /// <summary>Questions whose answer became right or wrong, with both replies.</summary>
    /// <param name="style">How they were asked.</param>
    /// <param name="each">Most rows of gains, and of losses.</param>
    /// <returns>The table; gains first.</returns>
    public Table Flipped(AnswerStyle style, int each = 3)
    {
        var after = Items(style, _options.After).ToDictionary(item => item.Id, StringComparer.Ordinal);
        var asked = _questions.ToDictionary(question => question.Id, StringComparer.Ordinal);
        var flipped = Items(style, _options.Before).Select(item => (Before: item, After: after[item.Id])).Where(pair => pair.Before.Correct != pair.After.Correct).ToList();
        return BenchmarkTables.Flipped([.. flipped.Where(pair => pair.After.Correct).Take(each), .. flipped.Where(pair => pair.Before.Correct).Take(each)], asked, _options);
    }

    private IEnumerable<ItemResult> Items(AnswerStyle style, Condition condition) => _items.Value[(this[style].Template, condition.Name)];

    /// <summary>What the numbers say: one sentence per template and group, losses as plainly as gains.</summary>
    public IReadOnlyList<string> Conclusions => ExhibitsOf(_options, Parts).Conclusions;

    /// <summary>What a benchmark shows.</summary>
    /// <param name="options">For the names of the conditions.</param>
    /// <param name="parts">The numbers, one part per template.</param>
    /// <returns>Tables, accuracies and differences of each template, and the conclusions.</returns>
    public static Exhibits ExhibitsOf(BenchmarkOptions options, IReadOnlyList<BenchmarkPart> parts) => new()
    {
        Tables =
        [
            .. parts.Any(part => part.AgainstDirect is not null) ? new[] { ("reasoning", BenchmarkTables.Reasoning(parts, options)) } : [],
            ("before-after", BenchmarkTables.BeforeAfter(parts, options)),
            ("replies", BenchmarkTables.Replies(parts, options)),
            ("lengths", BenchmarkTables.Lengths(parts, options)),
        ],
        Figures =
        [
            .. parts.SelectMany(part => new (string, Figure)[]
            {
                ($"accuracy-{part.Template}", BenchmarkTables.Accuracy(part, options)),
                ($"differences-{part.Template}", BenchmarkTables.Differences(part, options)),
            }),
            .. parts.Where(part => options.Template(part.Template).Style == AnswerStyle.ChainOfThought && part.Before.Tokens.Lengths.Count > 0)
                .Select(part => ($"tokens-{part.Template}", (Figure)BenchmarkTables.TokensPerAnswer(part, options))),
        ],
        Conclusions = [.. parts.SelectMany(part => part.Comparison.Rows.Where(row => row.Name is "STEM" or "non-STEM" or "overall" || row.AdjustedP < 0.05).Select(row => $"{part.Template}, {row.Verdict}"))],
    };

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
        var (questions, templates, examples) = (Questions(options), options.Templates.Select(options.Template).ToList(), options.Own?.FewShot());
        var prompts = templates.ConvertAll(template => new QuestionPrompt(template) { Examples = examples });
        var firsts = questions.DistinctBy(question => question.Category).ToList();
        foreach (var first in firsts)
        {
            prompts.ForEach(prompt => prompt.Render(first)); // finds what is wrong with prompts and examples before a model is loaded
        }

        var origins = LoadedModel.OriginsOf(beforeFolder, afterFolder);
        var plan = new RunPlan(Experiment)
        {
            Model = EmbeddedModel.NameOf(afterFolder),
            Variant = options.After.Name,
            Config = options,
            Seed = options.Seed,
            DType = "float32",
            Device = "cpu",
            Threads = TorchSharp.torch.get_num_threads(),
            CheckpointHash = ContentHash.Of(origins.Select(origin => origin.Hash)),
            Checkpoints = origins,
            DatasetHash = ContentHash.Of(questions),
            PromptsHash = ContentHash.Of(templates.Select(template => template.ContentHash).Concat(examples is null ? [] : firsts.Select(question => ContentHash.Of(examples.For(question))))),
            NativeVersions = Backend.Versions,
        };
        if (workspace.Find(plan) is { } existing)
        {
            return new BenchmarkStudy(existing, options, questions, existing.ReadMetrics<List<BenchmarkPart>>());
        }

        using var run = workspace.Start(plan);
        var before = Evaluate(beforeFolder, options.Before, questions, prompts, options, progress, cancellation);
        var after = Evaluate(afterFolder, options.After, questions, prompts, options, progress, cancellation);
        var direct = templates.Find(template => template.Style == AnswerStyle.Direct);
        var parts = templates.ConvertAll(template => new BenchmarkPart(
            template.Name,
            template.ContentHash,
            EvaluationSummary.Of(before[template.Name]),
            EvaluationSummary.Of(after[template.Name]),
            PairedComparison.Of(before[template.Name], after[template.Name], options.Seed),
            questions.Average(question => 1.0 / question.Options.Count))
        {
            AgainstDirect = direct is null || template.Style == AnswerStyle.Direct ? null : PairedComparison.Of(before[direct.Name], before[template.Name], options.Seed),
        });
        run.WriteMetrics(parts);
        run.WriteSamples(Samples(before, options.Before).Concat(Samples(after, options.After)));
        run.Write(ExhibitsOf(options, parts));

        return new BenchmarkStudy(run.Complete(), options, questions, parts);
    }

    private static IReadOnlyList<MultipleChoiceQuestion> Questions(BenchmarkOptions options) => options.Task == QuestionSets.ClosedWorld
        ? ClosedWorldDataset.Generate(options.Split, options.QuestionsPerCategory ?? ClosedWorldDataset.ReportedPerCategory, options.Seed, options.Difficulty)
        : options.Own is { } own ? own.Questions(options.QuestionsPerCategory).Questions
        : QuestionSets.Load(options.Task, options.Data, options.Split, options.QuestionsPerCategory).Questions;

    private static Dictionary<string, IReadOnlyList<ItemResult>> Evaluate(string folder, Condition condition, IReadOnlyList<MultipleChoiceQuestion> questions, List<QuestionPrompt> prompts, BenchmarkOptions options, IProgress<StudyProgress>? progress, CancellationToken cancellation)
    {
        using var loaded = LoadedModel.Open(folder);
        using var hook = condition.Rebalance is { } rebalance ? new Rebalancing(rebalance) : null;
        return prompts.ToDictionary(prompt => prompt.Template.Name, prompt =>
        {
            var what = $"{prompt.Template.Name}, {condition.Name}";
            progress?.Report(new StudyProgress(what, 0, questions.Count));
            return MultipleChoiceEvaluator.Evaluate(loaded.Model, loaded.Tokenizer, questions, prompt, options.Evaluation, hook, done => progress?.Report(StudyProgress.Of(what, done, questions.Count)), cancellation);
        });
    }

    private static IEnumerable<BenchmarkSample> Samples(Dictionary<string, IReadOnlyList<ItemResult>> results, Condition condition) =>
        results.SelectMany(pair => pair.Value.Select(item => new BenchmarkSample(pair.Key, condition.Name, item)));
}
