using Experiments.Data;
using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Models;
using Experiments.Reporting;
using Experiments.Runs;
using Experiments.Training;

namespace Experiments.Studies;

/// <summary>Shape and training of the embedded model.</summary>
public sealed record PretrainOptions
{
    /// <summary>Width of the residual stream.</summary>
    public int HiddenSize { get; init; } = 128;

    /// <summary>Width of the feed-forward layer.</summary>
    public int IntermediateSize { get; init; } = 384;

    /// <summary>Layers.</summary>
    public int Layers { get; init; } = 5;

    /// <summary>Query heads.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Key/value heads.</summary>
    public int KeyValueHeads { get; init; } = 2;

    /// <summary>Longest context in tokens.</summary>
    public int ContextLength { get; init; } = 512;

    /// <summary>Standard deviation of fresh weights.</summary>
    public double InitializerRange { get; init; } = 0.05;

    /// <summary>Weight of a lone letter beside the tokens of a worked answer. At 1 or 2 it is drowned, and direct answers stay guesses.</summary>
    public double LetterWeight { get; init; } = 8;

    /// <summary>Steps between two measurements of the drill that a stage of the curriculum has to master.</summary>
    public int AdvanceEvery { get; init; } = 50;

    /// <summary>Steps between two measurements of the accuracy on validation questions, when the checkpoint is saved too; 0 for no measurement, and a checkpoint at the end only.</summary>
    public int EvaluateEvery { get; init; } = 1000;

    /// <summary>Seed of weights and texts.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Optimizer settings.</summary>
    public TrainingOptions Training { get; init; } = new()
    {
        Steps = 17_000,
        BatchSize = 24,
        MicroBatches = 4,
        Workers = 2,
        LearningRate = 1.8e-3,
        FinalLearningRateShare = 0.05,
        WarmupSteps = 100,
    };
}

/// <summary>Pre-trains the embedded model from scratch.</summary>
public static class PretrainStudy
{
    /// <summary>Name of the experiment in <c>results/</c>.</summary>
    public const string Experiment = "pretrain";

    /// <summary>Trains and saves a Hugging Face folder, <c>checkpoint/</c> of the run.</summary>
    /// <param name="workspace">Where results live.</param>
    /// <param name="options">Settings; null for those of the shipped model.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellation">Stops between two steps; the last measured checkpoint stays in the unfinished run.</param>
    /// <returns>The finished run.</returns>
    public static CompletedRun Run(Workspace workspace, PretrainOptions? options = null, IProgress<StudyProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new PretrainOptions();
        var vocabulary = new ClosedWorldVocabulary();
        var plan = new RunPlan(Experiment)
        {
            Model = EmbeddedModel.Name,
            Variant = "curriculum",
            Config = options,
            Seed = options.Seed,
            DType = "float32",
            Device = "cpu",
            Threads = TorchSharp.torch.get_num_threads(),
            DatasetHash = ContentHash.Of(ClosedWorldDataset.Generate(DatasetSplit.Test, 20, options.Seed)),
            NativeVersions = Backend.Versions,
        };
        using var run = workspace.Start(plan, keepFailed: true);
        using var model = Fresh(options, vocabulary);
        vocabulary.Save(run.PathOf("checkpoint"));
        var tokenizer = TextTokenizer.Load(run.PathOf("checkpoint"));
        var questions = ClosedWorldDataset.Generate(DatasetSplit.Validation, 25, options.Seed);
        var measured = new List<PretrainAccuracy>();
        var curriculum = new Curriculum(vocabulary, options.Seed, options.LetterWeight);
        var stages = new List<StageAccuracy>();
        var report = StudyProgress.OfTraining(progress, Experiment, options.Training);
        var result = new Trainer(model, options.Training).Train(
            curriculum.Examples(),
            progress: step =>
            {
                report(step);
                if (step.Step % options.AdvanceEvery == 0 && curriculum.Advance(model, step.Step) is { } stage)
                {
                    stages.Add(stage);
                    run.WriteTable("stages", StageTable(stages));
                }

                if (step.Step == options.Training.Steps || (options.EvaluateEvery > 0 && step.Step % options.EvaluateEvery == 0))
                {
                    if (options.EvaluateEvery > 0)
                    {
                        measured.Add(Measure(model, tokenizer, questions, step));
                        run.WriteTable("accuracy", AccuracyTable(measured));
                    }

                    Checkpoint.Save(model, run.PathOf("checkpoint"));
                }
            },
            cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
        var every = Math.Max(1, result.History.Count / 200);
        var shown = result with { History = [.. result.History.Where(step => step.Step % every == 0)] };
        var metrics = new PretrainResult(shown, measured, stages);
        run.WriteMetrics(metrics);
        run.Write(ExhibitsOf(metrics));
        return run.Complete();
    }

    /// <summary>What a pre-training shows.</summary>
    /// <param name="result">The numbers.</param>
    /// <returns>The stages and accuracies on the way, as far as they were measured, and the loss.</returns>
    public static Exhibits ExhibitsOf(PretrainResult result) => new()
    {
        Tables =
        [
            .. result.Stages.Count > 0 ? new[] { ("stages", StageTable(result.Stages)) } : [],
            .. result.Accuracy.Count > 0 ? new[] { ("accuracy", AccuracyTable(result.Accuracy)) } : [],
        ],
        Figures = [("loss", FineTuneStudy.LossFigure(result.Training))],
        Conclusions =
        [
            .. FineTuneStudy.ConclusionsOf(result.Training),
            .. result.Accuracy.Count == 0 ? [] : new[] { Conclusion(result.Accuracy[^1]) },
        ],
    };

    private static string Conclusion(PretrainAccuracy last) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"After {last.Step:N0} steps {100 * last.Worked.Overall.Accuracy:0.0} % of {last.Worked.Overall.N:N0} validation questions are right with Chain of Thought, {100 * last.Direct.Overall.Accuracy:0.0} % directly.");

    private static LlamaForCausalLM Fresh(PretrainOptions options, ClosedWorldVocabulary vocabulary)
    {
        var model = new LlamaForCausalLM(new LlamaConfig
        {
            VocabSize = vocabulary.Size,
            HiddenSize = options.HiddenSize,
            IntermediateSize = options.IntermediateSize,
            NumHiddenLayers = options.Layers,
            NumAttentionHeads = options.Heads,
            NumKeyValueHeads = options.KeyValueHeads,
            MaxPositionEmbeddings = options.ContextLength,
            RmsNormEps = 1e-5,
            TieWordEmbeddings = true,
            InitializerRange = options.InitializerRange,
        });
        RecallInitialization.Apply(model, options.Seed);
        return model;
    }

    private static PretrainAccuracy Measure(LlamaForCausalLM model, TextTokenizer tokenizer, IReadOnlyList<MultipleChoiceQuestion> questions, TrainingStep step)
    {
        EvaluationSummary Of(PromptTemplate template) => EvaluationSummary.Of(MultipleChoiceEvaluator.Evaluate(model, tokenizer, questions, template));
        return new PretrainAccuracy(step.Step, step.Tokens, Of(PromptTemplates.CompactCot), Of(PromptTemplates.CompactDirect));
    }

    private static Table StageTable(IEnumerable<StageAccuracy> stages) => Table.From(
        stages,
        c => c.Integer("Step", s => s.Step).Text("Stage", s => s.Stage).Number("Accuracy", s => s.Accuracy, "0.0%").Number("Goal", s => s.Goal, "0.0%"))
        with
    { Caption = "Accuracy on the drill that each stage of the curriculum has to master before the next begins." };

    private static Table AccuracyTable(IEnumerable<PretrainAccuracy> measured) => Table.From(
        measured.SelectMany(m => m.Worked.Rows.Zip(m.Direct.Rows, (worked, direct) => (m.Step, m.Tokens, worked, direct))),
        c => c.Integer("Step", m => m.Step).Integer("Tokens", m => m.Tokens).Text("Questions", m => m.worked.Name).Integer("n", m => m.worked.N)
            .Number("Chain of Thought", m => m.worked.Accuracy, "0.0%").Number("Direct", m => m.direct.Accuracy, "0.0%"))
        with
    { Caption = "Accuracy on validation questions while the embedded model is pre-trained." };
}

/// <summary>The numbers of a pre-training, as saved.</summary>
/// <param name="Training">About 200 of its steps.</param>
/// <param name="Accuracy">What was measured on the way.</param>
/// <param name="Stages">The stages of the curriculum that were mastered.</param>
public sealed record PretrainResult(TrainingResult Training, IReadOnlyList<PretrainAccuracy> Accuracy, IReadOnlyList<StageAccuracy> Stages);

/// <summary>How well the model reasons in the middle of its training.</summary>
/// <param name="Step">1-based step.</param>
/// <param name="Tokens">Tokens seen.</param>
/// <param name="Worked">With Chain of Thought, on validation questions.</param>
/// <param name="Direct">The letter at once, on the same questions.</param>
public sealed record PretrainAccuracy(int Step, long Tokens, EvaluationSummary Worked, EvaluationSummary Direct);
