using Experiments.Data;
using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Interpretability;
using Experiments.Runs;

namespace Experiments.Studies;

/// <summary>A model and the validation questions on which interventions are tried one after the other; the test split is left for the chosen one.</summary>
internal sealed class ValidationTrial : IDisposable
{
    private readonly EvaluationOptions _evaluation;
    private readonly IReadOnlyList<MultipleChoiceQuestion> _questions;
    private readonly int _seed;

    /// <param name="modelFolder">The model.</param>
    /// <param name="template">Name of the prompt template.</param>
    /// <param name="perCategory">Questions per category.</param>
    /// <param name="seed">Seed of the dataset.</param>
    /// <param name="evaluation">How answers are obtained.</param>
    public ValidationTrial(string modelFolder, string template, int perCategory, int seed, EvaluationOptions evaluation)
    {
        (_evaluation, _seed) = (evaluation, seed);
        _questions = ClosedWorldDataset.Generate(DatasetSplit.Validation, perCategory, seed);
        Template = PromptTemplates.Find(template);
        Loaded = LoadedModel.Open(modelFolder);
    }

    public PromptTemplate Template { get; }

    public LoadedModel Loaded { get; }

    /// <summary>What a run of these questions is going to do.</summary>
    /// <param name="experiment">Name of the experiment.</param>
    /// <param name="config">Its options.</param>
    /// <param name="promptsHash">Hash of what the prompts are, and of what else is derived from them.</param>
    public RunPlan Plan(string experiment, object config, string promptsHash)
    {
        var origin = LoadedModel.OriginOf(Loaded.Folder);
        return new RunPlan(experiment)
        {
            Model = Loaded.Name,
            Variant = Template.Name,
            Config = config,
            Seed = _seed,
            CheckpointHash = origin.Hash,
            Checkpoints = [origin],
            DatasetHash = ContentHash.Of(_questions),
            PromptsHash = promptsHash,
            NativeVersions = Backend.Versions,
        };
    }

    /// <summary>Answers all questions under some interventions, none for the plain model.</summary>
    public IReadOnlyList<ItemResult> Evaluate(IReadOnlyList<Intervention> interventions, CancellationToken cancellation)
    {
        using var hook = InterventionChain.Of(interventions, Loaded.Model);
        return MultipleChoiceEvaluator.Evaluate(Loaded.Model, Loaded.Tokenizer, _questions, Template, _evaluation, hook, cancellation: cancellation);
    }

    public void Dispose() => Loaded.Dispose();
}
