using Experiments.Data;
using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Models;
using Experiments.Models.Tokenizers;
using Experiments.Reporting;
using Experiments.Runs;
using Experiments.Training;
using static TorchSharp.torch;

namespace Experiments.Studies;

/// <summary>What to fine-tune on, and how.</summary>
public sealed record FineTuneOptions
{
    /// <summary>Optimizer settings.</summary>
    public TrainingOptions Training { get; init; } = new() { Steps = 350, BatchSize = 32, MicroBatches = 2, LearningRate = 5e-4, WarmupSteps = 20, EvaluateEvery = 50 };

    /// <summary>Training questions per category.</summary>
    public int QuestionsPerCategory { get; init; } = 3000;

    /// <summary>Validation questions per category, for the validation loss.</summary>
    public int ValidationPerCategory { get; init; } = 25;

    /// <summary>Share of the questions whose target is the worked analysis; the others get the letter alone.</summary>
    public double WorkedShare { get; init; } = 0.8;

    /// <summary>Whether the prompt's tokens count in the loss too.</summary>
    public bool LossOnPrompt { get; init; }

    /// <summary>Seed of the dataset and of its order.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How hard the questions are.</summary>
    public Difficulty Difficulty { get; init; } = new();
}

/// <summary>A fine-tuned model and how it came about.</summary>
/// <param name="Run">The run, with <c>checkpoint/</c>, tables and figures.</param>
/// <param name="Reused">Whether an equal earlier run was taken instead of training again.</param>
public sealed record FineTuned(CompletedRun Run, bool Reused)
{
    /// <summary>The Hugging Face folder of the result.</summary>
    public string Folder => Run.PathOf("checkpoint");

    /// <summary>The measured steps.</summary>
    public TrainingResult Training { get; } = Run.ReadMetrics<TrainingResult>();

    /// <summary>Training and validation loss over steps.</summary>
    public LineFigure LossCurve => FineTuneStudy.LossFigure(Training);
}

/// <summary>Fine-tunes a model on the structured dataset, loss on the answers only.</summary>
public static class FineTuneStudy
{
    /// <summary>Name of the experiment in <c>results/</c>.</summary>
    public const string Experiment = "fine-tune";

    /// <summary>Fine-tunes, or takes the equal run that exists.</summary>
    /// <param name="workspace">Where results live.</param>
    /// <param name="modelFolder">The model to start from; null for the embedded one.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="device">Where to train; null for CPU. Passes run in the options' dtype, weights stay float32.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellation">Stops between two steps; nothing is saved then.</param>
    /// <returns>The fine-tuned model.</returns>
    public static FineTuned Run(Workspace workspace, string? modelFolder = null, FineTuneOptions? options = null, Device? device = null, IProgress<StudyProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new FineTuneOptions();
        modelFolder ??= EmbeddedModel.Folder;
        using var loaded = LoadedModel.Open(modelFolder, device: device);
        var origin = LoadedModel.OriginOf(modelFolder);
        var plan = new RunPlan(Experiment)
        {
            Model = loaded.Name,
            Variant = "structured",
            Config = options,
            Seed = options.Seed,
            DType = "float32",
            Device = loaded.Model.Device.ToString(),
            Threads = get_num_threads(),
            CheckpointHash = origin.Hash,
            Checkpoints = [origin],
            NativeVersions = Backend.Versions,
        };
        if (workspace.Find(plan) is { } existing)
        {
            return new FineTuned(existing, Reused: true);
        }

        var questions = ClosedWorldDataset.Generate(DatasetSplit.Train, options.QuestionsPerCategory, options.Seed, options.Difficulty);
        var validation = ClosedWorldDataset.Generate(DatasetSplit.Validation, options.ValidationPerCategory, options.Seed, options.Difficulty);
        using var run = workspace.Start(plan);
        var result = new Trainer(loaded.Model, options.Training).Train(
            Examples(loaded, questions, options, repeat: true),
            [.. Examples(loaded, validation, options with { WorkedShare = 1 }, repeat: false)],
            StudyProgress.OfTraining(progress, Experiment, options.Training),
            cancellation);
        cancellation.ThrowIfCancellationRequested();
        SaveModel(loaded, run.PathOf("checkpoint"));
        run.WriteMetrics(result);
        run.Write(ExhibitsOf(result));
        return new FineTuned(run.Complete(), Reused: false);
    }

    /// <summary>What a training shows.</summary>
    /// <param name="result">The measured steps.</param>
    /// <returns>The loss as a table and as a figure.</returns>
    public static Exhibits ExhibitsOf(TrainingResult result) => new()
    {
        Tables =
        [
            ("loss", Table.From(result.History, c => c.Integer("Step", s => s.Step).Number("Loss", s => s.Loss, "0.0000").Number("Validation loss", s => s.ValidationLoss, "0.0000")
                .Number("Learning rate", s => s.LearningRate, "0.000000").Number("Gradient norm", s => s.GradientNorm, "0.000").Integer("Tokens", s => s.Tokens)) with
            { Caption = "Every step of the training." }),
        ],
        Figures = [("loss", LossFigure(result))],
        Conclusions = ConclusionsOf(result),
    };

    internal static System.Collections.Immutable.ImmutableArray<string> ConclusionsOf(TrainingResult result) => result.History.Count == 0 ? [] :
    [
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{result.History.Count:N0} steps on {result.History[^1].Tokens:N0} tokens take the loss from {result.History[0].Loss:0.000} to {result.History[^1].Loss:0.000} nats per token{(result.BestStep is { } step ? $"; validation is best, {result.BestValidationLoss:0.000}, at step {step:N0}" : "")}."),
    ];

    /// <summary>Saves weights, config and tokenizer as a Hugging Face folder.</summary>
    private static void SaveModel(LoadedModel loaded, string folder)
    {
        Checkpoint.Save(loaded.Model, folder);
        foreach (var file in Directory.EnumerateFiles(loaded.Folder).Where(TokenizerFiles.Contain))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        }
    }

    internal static LineFigure LossFigure(TrainingResult result)
    {
        var measured = result.History.Where(step => step.ValidationLoss is not null).ToList();
        LineSeries[] curves =
        [
            new("training", [.. result.History.Select(step => (double)step.Step)], [.. result.History.Select(step => step.Loss)]),
            new("validation", [.. measured.Select(step => (double)step.Step)], [.. measured.Select(step => step.ValidationLoss!.Value)]),
        ];
        return ResultFigures.Loss(curves.Where(curve => curve.X.Length > 0));
    }

    private static IEnumerable<TrainingExample> Examples(LoadedModel loaded, IReadOnlyList<MultipleChoiceQuestion> questions, FineTuneOptions options, bool repeat)
    {
        var end = loaded.Tokenizer.EosId;
        if (end < 0)
        {
            throw new ExperimentException($"{loaded.Folder} names no EOS token, with which answers end. Add 'eos_token' to tokenizer_config.json.");
        }

        var random = new Random(options.Seed);
        do
        {
            foreach (var question in questions)
            {
                var template = random.NextDouble() < options.WorkedShare ? PromptTemplates.CompactCot : PromptTemplates.CompactDirect;
                var text = template.Render(question);
                var prompt = loaded.Tokenizer.Encode(text);
                var full = loaded.Tokenizer.Encode(text + template.Target(question));
                yield return TrainingExample.Of(prompt, [.. full[prompt.Length..], end], options.LossOnPrompt);
            }
        }
        while (repeat);
    }
}
