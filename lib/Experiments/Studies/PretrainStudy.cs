using Experiments.Data.ClosedWorld;
using Experiments.Models;
using Experiments.Reporting;
using Experiments.Runs;
using Experiments.Training;
using static TorchSharp.torch;

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

    /// <summary>Weight of a direct answer's letter beside the tokens of a worked one.</summary>
    public double DirectWeight { get; init; } = 2;

    /// <summary>Seed of weights and texts.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Optimizer settings.</summary>
    public TrainingOptions Training { get; init; } = new()
    {
        Steps = 8_000,
        BatchSize = 24,
        MicroBatches = 2,
        Workers = 2,
        ComputeDtype = ScalarType.BFloat16,
        LearningRate = 1.8e-3,
        FinalLearningRateShare = 0.05,
        WarmupSteps = 200,
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
    /// <param name="cancellation">Stops between two steps; nothing is saved then.</param>
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
            DType = "bfloat16",
            Device = "cpu",
            Threads = options.Training.Workers,
            DatasetHash = ContentHash.Of(ClosedWorldDataset.Generate(DatasetSplit.Test, 20, options.Seed)),
            NativeVersions = Backend.Versions,
        };
        using var run = workspace.Start(plan);
        using var model = new LlamaForCausalLM(new LlamaConfig
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
        var examples = new Pretraining(vocabulary, options.Seed, options.DirectWeight).Examples((long)options.Training.Steps * options.Training.BatchSize);
        var result = new Trainer(model, options.Training).Train(
            examples,
            progress: step => progress?.Report(StudyProgress.Of(Experiment, step, options.Training)),
            cancellation: cancellation);
        cancellation.ThrowIfCancellationRequested();
        Checkpoint.Save(model, run.PathOf("checkpoint"));
        vocabulary.Save(run.PathOf("checkpoint"));
        var every = Math.Max(1, result.History.Count / 200);
        var shown = result with { History = [.. result.History.Where(step => step.Step % every == 0)] };
        run.WriteMetrics(shown);
        run.WriteFigure("loss", FineTuneStudy.LossFigure(shown));
        return run.Complete();
    }
}
