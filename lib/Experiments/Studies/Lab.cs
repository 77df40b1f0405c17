using Experiments.Data;
using Experiments.Data.Benchmarks;
using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Reporting.Explorer;
using Experiments.Runs;

namespace Experiments.Studies;

/// <summary>
/// What the notebooks work with: the studies with one profile and one seed. Each step takes the equal run that exists in
/// <c>results/</c>, whichever notebook made it, or makes it; so every notebook also works alone.
/// </summary>
public sealed class Lab
{
    private const string Mmlu = "mmlu";
    private const double LoraRateFactor = 10; // an adapter's best rate is about ten times that of all weights (Schulman et al. 2025, "LoRA Without Regret")

    private readonly IProgress<StudyProgress> _progress;

    private Lab(Workspace workspace, Profile profile, int seed, string baseModel, IProgress<StudyProgress> progress) =>
        (Workspace, Profile, Seed, BaseModel, _progress) = (workspace, profile, seed, baseModel, progress);

    /// <summary>Where results live.</summary>
    public Workspace Workspace { get; }

    /// <summary>How much work is done.</summary>
    public Profile Profile { get; }

    /// <summary>Seed of datasets, training and bootstrap.</summary>
    public int Seed { get; }

    /// <summary>Folder of the model before fine-tuning.</summary>
    public string BaseModel { get; }

    /// <summary>Opens the lab in the repository around the current folder.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <param name="seed">Seed of everything random.</param>
    /// <param name="model">Model folder before fine-tuning; empty for the embedded one.</param>
    /// <param name="progress">Told about long steps; null for a display that changes in place, or printed lines where there is none.</param>
    /// <returns>The lab.</returns>
    /// <remarks><c>experiments run --output DIR</c> moves the results by the variable <c>EXPERIMENTS_RESULTS</c>.</remarks>
    public static Lab Open(string profile = "full", int seed = 1, string model = "", IProgress<StudyProgress>? progress = null) => new(
        Workspace.Open(output: Environment.GetEnvironmentVariable("EXPERIMENTS_RESULTS")),
        Profile.Find(profile),
        seed,
        model.Length == 0 ? EmbeddedModel.Folder : Path.GetFullPath(model),
        progress ?? new LiveProgress());

    /// <summary>A question of the test split, for looking at.</summary>
    /// <param name="category">Category name.</param>
    /// <returns>The first question of that category.</returns>
    public MultipleChoiceQuestion Question(string category) => ClosedWorldDataset.Generate(DatasetSplit.Test, 1, Seed).FirstOrDefault(question => question.Category == category)
        ?? throw new ExperimentException($"There is no category '{category}'. Known: {string.Join(", ", ClosedWorldDataset.Categories)}.");

    /// <summary>The fine-tuned model.</summary>
    /// <param name="lora">The low-rank adapter to train; null to train all weights.</param>
    /// <returns>It, with its loss curve.</returns>
    public FineTuned FineTuned(LoraConfig? lora = null)
    {
        var training = new FineTuneOptions().Training with { Steps = Profile.FineTuneSteps, EvaluateEvery = Math.Min(50, Profile.FineTuneSteps / 3) };
        return FineTuneStudy.Run(
            Workspace,
            BaseModel,
            new FineTuneOptions { Seed = Seed, Lora = lora, Training = lora is null ? training : training with { LearningRate = LoraRateFactor * training.LearningRate } },
            progress: _progress,
            notice: Console.WriteLine,
            cancellation: Interruption.Token);
    }

    /// <summary>The model before against after fine-tuning, on validation questions.</summary>
    /// <param name="lora">The low-rank adapter that was trained; null for all weights.</param>
    /// <returns>The paired comparison.</returns>
    public BenchmarkStudy FineTuningGain(LoraConfig? lora = null) => BenchmarkStudy.Make(
        Workspace,
        BaseModel,
        FineTuned(lora).Folder,
        new BenchmarkOptions
        {
            Split = DatasetSplit.Validation,
            QuestionsPerCategory = Profile.ValidationPerCategory,
            Seed = Seed,
            Before = new Condition("pre-trained", null),
            After = new Condition(lora is null ? "fine-tuned" : "LoRA", null),
        },
        _progress,
        Interruption.Token);

    /// <summary>Attention statistics before and after fine-tuning, with re-balancing off and on.</summary>
    /// <param name="rebalance">Settings; null for the released code's.</param>
    /// <returns>The report.</returns>
    public AttentionReport Attention(RebalanceOptions? rebalance = null) => AttentionReport.Make(
        Workspace,
        BaseModel,
        FineTuned().Folder,
        new AttentionReportOptions { Texts = Profile.AttentionTexts, Seed = Seed, Rebalance = rebalance ?? new RebalanceOptions() },
        _progress,
        Interruption.Token);

    /// <summary>What each head of the fine-tuned model does, over the texts of <see cref="Attention"/>, without re-balancing.</summary>
    /// <returns>Scores and category of each head; see <see cref="LaboratoryTables.Heads"/> and <see cref="HeadFigures.Scores"/>.</returns>
    public IReadOnlyList<HeadScores> HeadScores()
    {
        using var loaded = LoadedModel.Open(FineTuned().Folder);
        var options = new AttentionStudyOptions { Laboratory = new LaboratoryOptions { ValueWeighting = false, Rollout = false, HiddenStates = false } };
        var texts = AttentionReport.Texts(loaded, Profile.AttentionTexts, Seed);
        var statistics = AttentionStudy.Run(loaded.Model, texts, loaded.Tokenizer.Piece, options: options, cancellation: Interruption.Token);
        return statistics.Laboratory!.Heads!;
    }

    /// <summary>A model with re-balancing off against on, on test questions.</summary>
    /// <param name="rebalance">Settings; null for the released code's.</param>
    /// <param name="task">Name of the question set, see <see cref="QuestionSets"/>, or the YAML file of a task of one's own, see <see cref="TaskFile"/>; empty for MMLU if it was fetched and the model is not this suite's own, and for the generated questions otherwise.</param>
    /// <param name="data">Local files of a published set, asked with the paper's prompts; empty for the generated one.</param>
    /// <param name="model">A Hugging Face folder; empty for the fine-tuned model.</param>
    /// <returns>The paired comparison.</returns>
    /// <exception cref="ExperimentException">The task is unknown, or its files are missing or superfluous.</exception>
    public BenchmarkStudy Benchmark(RebalanceOptions? rebalance = null, string task = "", string data = "", string model = "")
    {
        task = task.Length > 0 ? task : model.Length > 0 && QuestionSets.IsFetched(Mmlu) ? Mmlu : QuestionSets.ClosedWorld;
        var generated = task == QuestionSets.ClosedWorld;
        if (generated && data.Length > 0)
        {
            throw new ExperimentException($"The generated questions come from no file. Say which task '{data}' belongs to: {string.Join(", ", QuestionSets.Names.Skip(1))}.");
        }

        var options = new BenchmarkOptions
        {
            Task = task,
            Data = data.Length == 0 ? null : data,
            QuestionsPerCategory = generated || Profile == Profile.Quick ? Profile.TestPerCategory : null,
            Seed = Seed,
            After = new Condition("re-balancing on", rebalance ?? new RebalanceOptions()),
        };
        options = generated ? options : options with { Templates = [PromptTemplates.PaperDirect.Name, PromptTemplates.PaperCot.Name] };
        if (TaskFile.Is(task))
        {
            var own = TaskFile.Load(task);
            options = options.With(own with { Data = options.Data ?? own.Data });
        }

        return BenchmarkStudy.Make(
            Workspace,
            model.Length == 0 ? FineTuned().Folder : Path.GetFullPath(model),
            options: options,
            progress: _progress,
            cancellation: Interruption.Token);
    }

    /// <summary>The fine-tuned model under many settings of re-balancing on validation questions, and under the best of them on test questions.</summary>
    /// <param name="grid">The settings; null for the default ones. How many questions are asked, and the seed, are the lab's.</param>
    /// <returns>The sweep.</returns>
    public AblationStudy Ablation(AblationOptions? grid = null) => AblationStudy.Make(
        Workspace,
        FineTuned().Folder,
        (grid ?? new AblationOptions()) with { QuestionsPerCategory = Profile.ValidationPerCategory, TestPerCategory = Profile.TestPerCategory, Seed = Seed },
        _progress,
        Interruption.Token);

    /// <summary>The fine-tuned model under re-balancing, its negative controls and other interventions, on validation questions.</summary>
    /// <param name="rebalance">The re-balancing that the controls are for; null for the released code's.</param>
    /// <returns>The comparison.</returns>
    public InterventionStudy Interventions(RebalanceOptions? rebalance = null) => InterventionStudy.Make(
        Workspace, FineTuned().Folder, new InterventionOptions { QuestionsPerCategory = Profile.ValidationPerCategory, Seed = Seed, Rebalance = rebalance ?? new RebalanceOptions() }, _progress, Interruption.Token);

    /// <summary>A model with the text that a prompt makes of a question, ready to be looked at.</summary>
    /// <param name="folder">Model folder.</param>
    /// <param name="question">The question.</param>
    /// <param name="rebalance">Settings; null for none.</param>
    /// <returns>Patterns of all layers and heads, and what each token receives.</returns>
    public static AttentionView View(string folder, MultipleChoiceQuestion question, RebalanceOptions? rebalance = null)
    {
        using var loaded = LoadedModel.Open(folder);
        return View(loaded, loaded.Tokenizer.Encode(PromptTemplates.CompactCot.Render(question)), rebalance);
    }

    /// <summary>A model's attention on a text.</summary>
    /// <param name="loaded">The model.</param>
    /// <param name="ids">Token ids.</param>
    /// <param name="rebalance">Settings; null for none.</param>
    /// <returns>Patterns of all layers and heads, and what each token receives.</returns>
    public static AttentionView View(LoadedModel loaded, IReadOnlyList<int> ids, RebalanceOptions? rebalance = null)
    {
        using var hook = rebalance is null ? null : new Rebalancing(rebalance);
        return new AttentionView(ActivationCapture.Run(loaded.Model, ids, hook: hook), AttentionStudy.Observe(loaded.Model, ids, id => loaded.HasTokenizer ? loaded.Tokenizer.Piece(id) : $"<{id}>", hook));
    }
}

/// <summary>One text's attention.</summary>
/// <param name="Patterns">Patterns of all layers and heads, as multiplied with the values.</param>
/// <param name="Statistics">What each token receives, and entropies.</param>
public sealed record AttentionView(ActivationCapture Patterns, SequenceAttention Statistics)
{
    /// <summary>Token × token heatmap of a head, or of a layer's mean over heads.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="head">0-based head; null for the mean.</param>
    /// <returns>The figure.</returns>
    public Reporting.HeatmapFigure Heatmap(int layer, int? head = null) =>
        Reporting.AttentionFigures.TokenByToken(new Reporting.Grid(Pattern(layer, head)).BelowDiagonal(), Statistics.Pieces, layer, head);

    /// <summary>Token × token heatmap of the change from this view to another of the same text.</summary>
    /// <param name="after">The other view.</param>
    /// <param name="what">What changed, in words.</param>
    /// <param name="layer">0-based layer.</param>
    /// <param name="head">0-based head; null for the mean.</param>
    /// <returns>The figure, on a diverging scale centred at zero.</returns>
    public Reporting.HeatmapFigure Change(AttentionView after, string what, int layer, int? head = null) =>
        Reporting.AttentionFigures.TokenByTokenChange(new Reporting.Grid(after.Pattern(layer, head)).Minus(new Reporting.Grid(Pattern(layer, head))).BelowDiagonal(), Statistics.Pieces, what, layer, head);

    /// <summary>The outlier tokens of each layer (Q3 + 1.5 IQR and 5/T, see <see cref="SequenceAttention.Outliers"/>), the strongest first.</summary>
    /// <param name="most">Rows at most.</param>
    /// <returns>Layer, position, token, its class, the mean weight that queries give it, and how many times that of the layer's mean token it is.</returns>
    public Reporting.Table Outliers(int most = 15)
    {
        var found = Statistics.Outliers.SelectMany((positions, layer) => positions.Select(position => (Layer: layer, Position: position, Received: Statistics.ReceivedByLayer[layer, position])));
        var mean = Enumerable.Range(0, Statistics.ReceivedByLayer.GetLength(0)).Select(layer => Enumerable.Range(0, Statistics.Pieces.Count).Average(position => Statistics.ReceivedByLayer[layer, position])).ToArray();
        return Reporting.Table.From(found.OrderByDescending(token => token.Received).Take(most), c => c
            .Integer("Layer", token => token.Layer)
            .Integer("Position", token => token.Position)
            .Text("Token", token => Reporting.TokenLabel.Of(Statistics.Pieces[token.Position]))
            .Text("Class", token => Statistics.Classes[token.Position].Name())
            .Number("Received", token => token.Received, "0.0%")
            .Number("Times the mean", token => token.Received / mean[token.Layer], "0.0"));
    }

    /// <summary>Layer × token strip of the attention that each token receives.</summary>
    /// <returns>The figure.</returns>
    public Reporting.HeatmapFigure Received() => Reporting.AttentionFigures.ReceivedByLayer(Statistics.ReceivedByLayer, Statistics.Pieces, logarithmic: true);

    /// <summary>A page, and a notebook's output, on which one looks through all layers and heads.</summary>
    /// <param name="after">The same text under another condition, with which each weight is compared; null for none.</param>
    /// <param name="name">Name of this view.</param>
    /// <param name="afterName">Name of the other.</param>
    /// <returns>The explorer; <c>Save</c> writes its page.</returns>
    public AttentionExplorer Explorer(AttentionView? after = null, string name = "off", string afterName = "on") =>
        ExplorerOf(Statistics.Pieces, Patterns, after?.Patterns) with { OffName = name, OnName = afterName };

    /// <summary>An explorer of captured patterns.</summary>
    /// <param name="tokens">Pieces of the text.</param>
    /// <param name="off">Its patterns.</param>
    /// <param name="on">Those of the same layers and heads under another condition; null for none.</param>
    /// <returns>The explorer.</returns>
    public static AttentionExplorer ExplorerOf(IReadOnlyList<string> tokens, ActivationCapture off, ActivationCapture? on = null) => new()
    {
        Tokens = tokens,
        Layers = off.Layers,
        Heads = off.Heads,
        Off = off.Pattern,
        On = on is null ? null : on.Pattern,
    };

    private double[,] Pattern(int layer, int? head) => head is { } one ? Patterns.Pattern(layer, one) : Patterns.MeanPattern(layer);
}
