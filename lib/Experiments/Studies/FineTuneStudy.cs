using System.Text.Json.Serialization;
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

    /// <summary>Files of instruction data to train on; none for the generated questions.</summary>
    public IReadOnlyList<DataShare> Data { get; init; } = [];

    /// <summary>File of instruction data for the validation loss; null to keep 5 % of each file for it.</summary>
    public string? ValidationData { get; init; }

    /// <summary>Longest example of instruction data in tokens; longer ones lose their end. 0 for the model's context.</summary>
    public int MaxLength { get; init; }

    /// <summary>Training questions per category.</summary>
    public int QuestionsPerCategory { get; init; } = 3000;

    /// <summary>Validation questions per category, for the validation loss.</summary>
    public int ValidationPerCategory { get; init; } = 25;

    /// <summary>Share of the questions whose target is the worked analysis; the others get the letter alone.</summary>
    public double WorkedShare { get; init; } = 0.8;

    /// <summary>Whether the prompt's tokens count in the loss too.</summary>
    public bool LossOnPrompt { get; init; }

    /// <summary>Whether the weights of the last step are saved too, as <c>last/</c>; <c>checkpoint/</c> has those of the lowest validation loss.</summary>
    public bool SaveLast { get; init; }

    /// <summary>Seed of the dataset and of its order.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The low-rank adapter that is trained; null to train all weights.</summary>
    public LoraConfig? Lora { get; init; }

    /// <summary>Steps between two measurements of attention on 16 validation texts, from before the first step on; 0 for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int AttentionEvery { get; init; }

    /// <summary>How hard the questions are.</summary>
    public Difficulty Difficulty { get; init; } = new();
}

/// <summary>A fine-tuned model and how it came about.</summary>
/// <param name="Run">The run, with <c>checkpoint/</c>, tables and figures, and <c>adapter/</c> where one was trained, in PEFT's format.</param>
/// <param name="Reused">Whether an equal earlier run was taken instead of training again.</param>
public sealed record FineTuned(CompletedRun Run, bool Reused)
{
    /// <summary>The Hugging Face folder of the result.</summary>
    public string Folder => Run.PathOf("checkpoint");

    /// <summary>How many weights were trained: those of the adapter, or all.</summary>
    public long TrainedWeights => SafeTensorsFile.Open(Run.Has("adapter/" + LoraCheckpoint.ConfigName) ? Run.PathOf("adapter/" + LoraCheckpoint.WeightsName) : Run.PathOf("checkpoint/model.safetensors")).WeightCount;

    /// <summary>The measured steps.</summary>
    public TrainingResult Training { get; } = Run.ReadMetrics<TrainingResult>();

    /// <summary>Training and validation loss over steps.</summary>
    public LineFigure LossCurve => FineTuneStudy.LossFigure(Training);
}

/// <summary>Fine-tunes a model on the structured dataset or on instruction data, loss on the answers only.</summary>
public static class FineTuneStudy
{
    /// <summary>Name of the experiment in <c>results/</c>.</summary>
    public const string Experiment = "fine-tune";

    /// <summary>Fine-tunes, or takes the equal run that exists.</summary>
    /// <param name="workspace">Where results live.</param>
    /// <param name="modelFolder">The model to start from; null for the embedded one.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="device">Where to train; null for CPU. Passes run in the options' dtype; trained weights are float32, those below an adapter have the passes' dtype.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="saveEvery">Steps between two checkpoints, from which the same call goes on after a stop; 0 for none.</param>
    /// <param name="notice">Told in one sentence that an earlier training is continued; null for nobody.</param>
    /// <param name="cancellation">Stops within a step; the last whole one is saved, to go on from.</param>
    /// <returns>The fine-tuned model.</returns>
    public static FineTuned Run(
        Workspace workspace,
        string? modelFolder = null,
        FineTuneOptions? options = null,
        Device? device = null,
        IProgress<StudyProgress>? progress = null,
        int saveEvery = 50,
        Action<string>? notice = null,
        CancellationToken cancellation = default)
    {
        options ??= new FineTuneOptions();
        if (options.AttentionEvery < 0)
        {
            throw new ExperimentException($"Fine-tuning: attention is to be measured every {options.AttentionEvery} steps; give 0 (never) or a number of steps.");
        }

        options = options with { Training = options.Training with { Seed = options.Seed } };
        modelFolder ??= EmbeddedModel.Folder;
        if (LoraCheckpoint.IsIn(modelFolder))
        {
            throw new ExperimentException($"{modelFolder} is a LoRA adapter. Train the merged model further: the folder checkpoint/ beside it.");
        }

        using var loaded = LoadedModel.Open(modelFolder, options.Lora is null ? null : options.Training.ComputeDtype, device);
        var origin = LoadedModel.OriginOf(modelFolder);
        var plan = new RunPlan(Experiment)
        {
            Model = loaded.Name,
            Variant = (options.Data.Count == 0 ? "structured" : "instructions") + (options.Lora is null ? "" : "-lora"),
            DatasetHash = options.Data.Count == 0 ? null : ContentHash.Of(options.Data.Select(share => share.Path).Append(options.ValidationData).OfType<string>().Select(ContentHash.OfFile)),
            Config = options,
            Seed = options.Seed,
            DType = loaded.Model.Dtype.ToString().ToLowerInvariant(),
            Device = loaded.Model.Device.ToString(),
            Threads = get_num_threads(),
            CheckpointHash = origin.Hash,
            Checkpoints = [origin],
            NativeVersions = Backend.Versions,
        };
        if (UnfinishedWork.Completed(workspace, plan) is { } existing)
        {
            return new FineTuned(existing, Reused: true);
        }

        using var instructions = options.Data.Count == 0 ? null : new InstructionExamples(loaded, options, notice);
        if (options.Lora is { } lora)
        {
            LoraAdapter.Attach(loaded.Model, lora, options.Seed);
        }

        using var unfinished = UnfinishedWork.Take(workspace, plan);
        using var run = workspace.Start(plan);
        var validation = instructions?.Validation ?? [.. Examples(loaded, DatasetSplit.Validation, options with { WorkedShare = 1 })];
        var attention = options.AttentionEvery == 0 ? null : new AttentionWatch(loaded, validation, options, saveEvery == 0 ? null : unfinished?.Folder);
        var result = new Trainer(loaded.Model, options.Training).Train(
            instructions?.Training() ?? Examples(loaded, DatasetSplit.Train, options),
            validation,
            StudyProgress.OfTraining(progress, Experiment, options.Training) + (attention is null ? null : attention.After),
            unfinished is null || saveEvery == 0 ? null : new TrainingCheckpoints(unfinished.Folder) { Every = saveEvery, Notice = notice },
            options.SaveLast ? () => SaveTrained(loaded, run, "last", modelFolder) : null,
            cancellation);
        cancellation.ThrowIfCancellationRequested();
        SaveTrained(loaded, run, "checkpoint", modelFolder);
        run.WriteMetrics(result);
        if (attention is not null)
        {
            run.WriteSamples(attention.Rows, AttentionWatch.FileName);
        }

        run.Write(ExhibitsOf(result, attention?.Rows));
        var completed = run.Complete();
        unfinished?.Delete();
        return new FineTuned(completed, Reused: false);
    }

    /// <summary>The first example that a training would see, as the model reads it.</summary>
    /// <param name="modelFolder">The model; null for the embedded one.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="notice">Told in one sentence about examples that are too long; null for nobody.</param>
    /// <returns>Its tokens, those marked that are learned.</returns>
    public static TokenPreview Preview(string? modelFolder = null, FineTuneOptions? options = null, Action<string>? notice = null)
    {
        options ??= new FineTuneOptions();
        using var loaded = LoadedModel.Open(modelFolder ?? EmbeddedModel.Folder);
        using var instructions = options.Data.Count == 0 ? null : new InstructionExamples(loaded, options, notice);
        var example = (instructions?.Training() ?? Examples(loaded, DatasetSplit.Train, options)).First();
        return new TokenPreview(
            [.. example.Ids.Select((id, i) => (loaded.Tokenizer.DecodeContinuation(example.Ids[..i], [id]) is { Length: > 0 } text ? text : loaded.Tokenizer.Piece(id), i > 0 && example.IsTarget[i]))],
            FormattableString.Invariant($"Example {example.Id}: {example.Ids.Length} tokens, {example.IsTarget.Skip(1).Count(target => target)} of them learned."));
    }

    /// <summary>What a finished run shows, from its saved numbers.</summary>
    /// <param name="run">The run.</param>
    /// <returns>Loss and, where it was measured, attention by step.</returns>
    public static Exhibits ExhibitsOf(CompletedRun run) =>
        ExhibitsOf(run.ReadMetrics<TrainingResult>(), run.Has(AttentionWatch.FileName) ? [.. run.ReadSamples<AttentionAtStep>(AttentionWatch.FileName)] : null);

    /// <summary>What a training shows.</summary>
    /// <param name="result">The measured steps.</param>
    /// <param name="attention">Attention by step; null where it was not measured.</param>
    /// <returns>Tables and figures.</returns>
    public static Exhibits ExhibitsOf(TrainingResult result, IReadOnlyList<AttentionAtStep>? attention = null) => new()
    {
        Tables =
        [
            ("loss", Table.From(result.History, c => c.Integer("Step", s => s.Step).Number("Loss", s => s.Loss, "0.0000").Number("Validation loss", s => s.ValidationLoss, "0.0000")
                .Number("Learning rate", s => s.LearningRate, "0.000000").Number("Gradient norm", s => s.GradientNorm, "0.000").Integer("Tokens", s => s.Tokens)) with
            { Caption = "Every step of the training." }),
            .. attention is null ? [] : new[] { ("attention-by-step", AttentionAtStep.Table(attention)) },
        ],
        Figures = [("loss", LossFigure(result)), .. attention is null ? [] : new[] { ("attention-by-step", AttentionAtStep.Figure(attention)) }],
        Conclusions = ConclusionsOf(result),
    };

    internal static System.Collections.Immutable.ImmutableArray<string> ConclusionsOf(TrainingResult result) => result.History.Count == 0 ? [] :
    [
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{result.History.Count:N0} steps on {result.History[^1].Tokens:N0} tokens take the loss from {result.History[0].Loss:0.000} to {result.History[^1].Loss:0.000} nats per token{(result.BestStep is { } step ? $"; validation is best, {result.BestValidationLoss:0.000}, at step {step:N0}" : "")}."),
    ];

    /// <summary>Saves the model, and before it the adapter that was trained: as <c>adapter/</c> beside <c>checkpoint/</c>, as <c>last-adapter/</c> beside <c>last/</c>.</summary>
    private static void SaveTrained(LoadedModel loaded, Run run, string name, string modelFolder)
    {
        if (loaded.Model.Adapter is not { } adapter)
        {
            SaveModel(loaded, run.PathOf(name));
            return;
        }

        LoraCheckpoint.Save(loaded.Model, run.PathOf(name == "checkpoint" ? "adapter" : $"{name}-adapter"), Path.GetFullPath(modelFolder));
        adapter.Merge();
        SaveModel(loaded, run.PathOf(name));
        adapter.Unmerge();
    }

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

    /// <summary>Examples of generated questions: of the training split again and again, of the others once.</summary>
    private static IEnumerable<TrainingExample> Examples(LoadedModel loaded, DatasetSplit split, FineTuneOptions options)
    {
        var end = loaded.Tokenizer.EosId;
        if (end < 0)
        {
            throw new ExperimentException($"{loaded.Folder} names no EOS token, with which answers end. Add 'eos_token' to tokenizer_config.json.");
        }

        var training = split == DatasetSplit.Train;
        var questions = ClosedWorldDataset.Generate(split, training ? options.QuestionsPerCategory : options.ValidationPerCategory, options.Seed, options.Difficulty);
        var random = new Random(options.Seed);
        do
        {
            foreach (var question in questions)
            {
                var template = random.NextDouble() < options.WorkedShare ? PromptTemplates.CompactCot : PromptTemplates.CompactDirect;
                var text = template.Render(question);
                var prompt = loaded.Tokenizer.Encode(text);
                var full = loaded.Tokenizer.Encode(text + template.Target(question));
                yield return TrainingExample.Of(prompt, [.. full[prompt.Length..], end], options.LossOnPrompt) with { Id = question.Id };
            }
        }
        while (training);
    }
}
