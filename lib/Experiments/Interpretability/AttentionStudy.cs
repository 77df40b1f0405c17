using Experiments.Models;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Runs texts through a decoder and gathers who attends to what. With an intervention, what is measured is what is multiplied with the values.</summary>
public static class AttentionStudy
{
    /// <summary>Statistics of one text, with attention received per token.</summary>
    /// <param name="model">The decoder.</param>
    /// <param name="ids">Token ids.</param>
    /// <param name="piece">The piece behind an id, such as <see cref="TextTokenizer.Piece"/>.</param>
    /// <param name="hook">Intervention to measure under; null for the plain model.</param>
    /// <param name="options">Settings; null for the published definitions.</param>
    /// <param name="classifier">Sorts tokens into classes; null for English.</param>
    /// <returns>The statistics, as plain arrays.</returns>
    /// <exception cref="ExperimentException">The text is empty, holds an id outside the vocabulary, or an option is out of range.</exception>
    public static SequenceAttention Observe(
        LlamaForCausalLM model,
        IReadOnlyList<int> ids,
        Func<int, string> piece,
        IAttentionHook? hook = null,
        AttentionStudyOptions? options = null,
        TokenClassifier? classifier = null)
    {
        options ??= new AttentionStudyOptions();
        options.Validate();
        TextGenerator.CheckPrompt(model.Config, ids);
        var reducer = new AttentionReducer(options);
        using var laboratory = options.Laboratory is { } wanted ? new LaboratoryPass(wanted, ids) : null;
        using (inference_mode())
        using (NewDisposeScope())
        {
            var input = tensor(ids.Select(id => (long)id).ToArray(), device: model.Device).unsqueeze(0);
            model.Forward(input, hook: HookChain.Of(hook, reducer, laboratory?.Hook), lastOnly: true, observer: laboratory?.Observer);
        }

        string[] pieces = [.. ids.Select(piece)];
        var classes = (classifier ?? new TokenClassifier()).Classify(pieces);
        foreach (var (position, id) in ids.Index().Where(token => token.Item == model.Config.BosTokenId))
        {
            classes[position] = TokenClass.Bos;
        }

        var text = SequenceAttention.From(reducer.Layers, pieces, classes, options);
        return text with { Laboratory = laboratory?.Read(text) };
    }

    /// <summary>Statistics over several texts.</summary>
    /// <param name="model">The decoder.</param>
    /// <param name="sequences">Token ids per text; run one at a time, so that nothing is padded.</param>
    /// <param name="piece">The piece behind an id, such as <see cref="TextTokenizer.Piece"/>.</param>
    /// <param name="hook">Intervention to measure under; null for the plain model.</param>
    /// <param name="options">Settings; null for the published definitions.</param>
    /// <param name="classifier">Sorts tokens into classes; null for English.</param>
    /// <param name="finished">Called with the number of texts done.</param>
    /// <param name="cancellation">Stops between two texts.</param>
    /// <returns>The statistics, as plain arrays.</returns>
    /// <exception cref="ExperimentException">There is no text, one is empty or holds an id outside the vocabulary, or an option is out of range.</exception>
    public static AttentionStatistics Run(
        LlamaForCausalLM model,
        IReadOnlyList<int[]> sequences,
        Func<int, string> piece,
        IAttentionHook? hook = null,
        AttentionStudyOptions? options = null,
        TokenClassifier? classifier = null,
        Action<int>? finished = null,
        CancellationToken cancellation = default)
    {
        var texts = new List<SequenceAttention>();
        foreach (var ids in sequences)
        {
            cancellation.ThrowIfCancellationRequested();
            var text = Observe(model, ids, piece, hook, options, classifier);
            texts.Add(text with { Laboratory = text.Laboratory is { } reading ? reading with { Rollout = null } : null }); // [T, T] is not held for every text
            finished?.Invoke(texts.Count);
        }

        return Summarize(texts, options);
    }

    /// <summary>Joins statistics of single texts.</summary>
    /// <param name="texts">Texts observed with the same model and settings.</param>
    /// <param name="options">Settings; null for the published definitions.</param>
    /// <returns>The statistics over all of them.</returns>
    /// <exception cref="ExperimentException">There is no text, or an option is out of range.</exception>
    public static AttentionStatistics Summarize(IReadOnlyList<SequenceAttention> texts, AttentionStudyOptions? options = null)
    {
        options ??= new AttentionStudyOptions();
        options.Validate();
        if (texts.Count == 0)
        {
            throw new ExperimentException("There is no text to measure attention on. Give at least one.");
        }

        var layers = texts[0].Entropy.GetLength(0);
        TokenClass[] classes = [.. texts.SelectMany(text => text.Classes).Distinct().Order()];
        var estimate = new ClassMassEstimate(texts, options);
        var sinks = Mean(texts, text => text.FirstKey, value => value > options.SinkEpsilon ? 100 : 0);
        return new AttentionStatistics
        {
            Sequences = texts.Count,
            Tokens = texts.Sum(text => text.Pieces.Count),
            SinkRate = sinks,
            ModelSinkRate = sinks.Cast<double>().Average(),
            Entropy = Mean(texts, text => text.Entropy),
            NormalizedEntropy = Mean([.. texts.Where(text => text.Pieces.Count > 1)], text => text.NormalizedEntropy),
            BosMass = Mean(texts, text => text.BosMass),
            ClassMasses = estimate.Masses(Enumerable.Range(0, layers), classes, (text, layer, key) => text.Mass[layer, key]),
            Outliers = estimate.Outliers(layers, classes),
            Laboratory = LaboratoryStatistics.Of(texts, estimate, layers, classes, options.Laboratory),
        };
    }

    private static double[,] Mean(IReadOnlyList<SequenceAttention> texts, Func<SequenceAttention, double[,]> read, Func<double, double>? map = null)
    {
        if (texts.Count == 0)
        {
            return new double[0, 0];
        }

        var result = new double[read(texts[0]).GetLength(0), read(texts[0]).GetLength(1)];
        foreach (var values in texts.Select(read))
        {
            for (var layer = 0; layer < result.GetLength(0); layer++)
            {
                for (var head = 0; head < result.GetLength(1); head++)
                {
                    result[layer, head] += (map is null ? values[layer, head] : map(values[layer, head])) / texts.Count;
                }
            }
        }

        return result;
    }
}
