using Experiments.Data;
using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Interpretability;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Studies;

/// <summary>
/// A model and the validation questions on which interventions are tried one after the other; the test split is left for the chosen one.
/// Answers are on disk at once, by the hash of all that decides them, so that whoever asks the same again takes them from there.
/// </summary>
internal sealed class ValidationTrial : IDisposable
{
    private readonly string _answers;
    private readonly EvaluationOptions _evaluation;
    private readonly IReadOnlyList<MultipleChoiceQuestion> _questions;
    private readonly IReadOnlyList<MultipleChoiceQuestion> _test;
    private readonly int _seed;
    private readonly CheckpointOrigin _origin;
    private readonly string? _dtype; // null for float32
    private readonly string? _device; // null for CPU

    /// <param name="workspace">Where results live.</param>
    /// <param name="modelFolder">The model.</param>
    /// <param name="template">Name of the prompt template.</param>
    /// <param name="perCategory">Questions per category.</param>
    /// <param name="seed">Seed of the dataset.</param>
    /// <param name="evaluation">How answers are obtained.</param>
    /// <param name="testPerCategory">Test questions per category; null for none.</param>
    /// <param name="dtype">Dtype of the weights; null for float32.</param>
    /// <param name="device">Device; null for CPU.</param>
    public ValidationTrial(Workspace workspace, string modelFolder, string template, int perCategory, int seed, EvaluationOptions evaluation, int? testPerCategory = null, ScalarType? dtype = null, Device? device = null)
    {
        (_answers, _evaluation, _seed) = (workspace.Answers, evaluation, seed);
        _questions = ClosedWorldDataset.Generate(DatasetSplit.Validation, perCategory, seed);
        _test = testPerCategory is { } count ? ClosedWorldDataset.Generate(DatasetSplit.Test, count, seed) : [];
        Template = PromptTemplates.Find(template);
        Loaded = LoadedModel.Open(modelFolder, dtype, device);
        (_dtype, _device) = (dtype is null or ScalarType.Float32 ? null : dtype.ToString()!.ToLowerInvariant(), device is null || device.type == TorchSharp.DeviceType.CPU ? null : device.ToString());
        _origin = LoadedModel.OriginOf(Loaded.Folder);
    }

    public PromptTemplate Template { get; }

    public LoadedModel Loaded { get; }

    /// <summary>What a run of these questions is going to do.</summary>
    /// <param name="experiment">Name of the experiment.</param>
    /// <param name="config">Its options.</param>
    /// <param name="promptsHash">Hash of what the prompts are, and of what else is derived from them.</param>
    public RunPlan Plan(string experiment, object config, string promptsHash) => new(experiment)
    {
        Model = Loaded.Name,
        Variant = Template.Name,
        Config = config,
        Seed = _seed,
        DType = _dtype,
        Device = _device,
        CheckpointHash = _origin.Hash,
        Checkpoints = [_origin],
        DatasetHash = ContentHash.Of(_questions.Concat(_test)),
        PromptsHash = promptsHash,
        NativeVersions = Backend.Versions,
    };

    /// <summary>Answers all validation questions under some interventions, none for the plain model.</summary>
    public IReadOnlyList<ItemResult> Evaluate(IReadOnlyList<Intervention> interventions, CancellationToken cancellation) => Evaluate(_questions, interventions, cancellation);

    /// <summary>Answers all test questions under some interventions.</summary>
    public IReadOnlyList<ItemResult> EvaluateOnTest(IReadOnlyList<Intervention> interventions, CancellationToken cancellation) => Evaluate(_test, interventions, cancellation);

    public void Dispose() => Loaded.Dispose();

    private IReadOnlyList<ItemResult> Evaluate(IReadOnlyList<MultipleChoiceQuestion> questions, IReadOnlyList<Intervention> interventions, CancellationToken cancellation)
    {
        var content = ContentHash.Of(new { Model = _origin.Hash, DType = _dtype, Questions = questions, Prompt = Template.ContentHash, Evaluation = _evaluation, Interventions = interventions, Backend.Versions });
        using var journal = EvaluationJournal.Open(Path.Combine(_answers, content + ".jsonl"));
        using var hook = InterventionChain.Of(interventions, Loaded.Model);
        return MultipleChoiceEvaluator.Evaluate(Loaded.Model, Loaded.Tokenizer, questions, Template, _evaluation, hook, cancellation: cancellation, journal: journal);
    }
}
