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

        var text = Read(model, reducer.Layers(0), ids, piece, options, classifier);
        return text with { Laboratory = laboratory?.Read(text) };
    }

    /// <summary>Continues prompts and measures, step by step while they are decoded, the attention of each with its reply.</summary>
    /// <remarks>
    /// Equal to <see cref="Observe"/> of the whole text, without a second pass over it. The text ends before the reply's last token, which is chosen but never read.
    /// </remarks>
    /// <param name="model">The decoder.</param>
    /// <param name="prompts">Token ids per prompt, none empty.</param>
    /// <param name="decoding">How to decode; at least one new token.</param>
    /// <param name="piece">The piece behind an id, such as <see cref="TextTokenizer.Piece"/>.</param>
    /// <param name="hook">Intervention to measure under; null for the plain model.</param>
    /// <param name="options">Settings; null for the published definitions. <see cref="AttentionStudyOptions.Laboratory"/> needs whole texts, and must be null.</param>
    /// <param name="classifier">Sorts tokens into classes; null for English.</param>
    /// <param name="cancellation">Stops between two tokens.</param>
    /// <returns>Reply and statistics per prompt, in the prompts' order. <see cref="Summarize"/> joins the statistics.</returns>
    /// <exception cref="ExperimentException">A prompt is empty, holds an id outside the vocabulary or does not fit into memory, or an option is out of range.</exception>
    public static IReadOnlyList<ObservedReply> Generate(
        LlamaForCausalLM model,
        IReadOnlyList<int[]> prompts,
        GenerationOptions decoding,
        Func<int, string> piece,
        IAttentionHook? hook = null,
        AttentionStudyOptions? options = null,
        TokenClassifier? classifier = null,
        CancellationToken cancellation = default)
    {
        options ??= new AttentionStudyOptions();
        options.Validate();
        if (options.Laboratory is not null || decoding.MaxNewTokens < 1)
        {
            throw new ExperimentException(options.Laboratory is null
                ? "Attention while decoding needs at least one new token."
                : "The laboratory's statistics need whole texts, not single steps. Leave them out, or observe prompt and reply when they are there.");
        }

        var reducer = new AttentionReducer(options);
        var replies = TextGenerator.Generate(model, prompts, decoding, HookChain.Of(hook, reducer), cancellation: cancellation);
        return [.. replies.Select((reply, i) => new ObservedReply(reply, Read(model, reducer.Layers(i), [.. prompts[i], .. reply.Ids.SkipLast(1)], piece, options, classifier)))];
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

    private static SequenceAttention Read(LlamaForCausalLM model, IReadOnlyList<LayerAttention> layers, IReadOnlyList<int> ids, Func<int, string> piece, AttentionStudyOptions options, TokenClassifier? classifier)
    {
        string[] pieces = [.. ids.Select(piece)];
        var classes = (classifier ?? new TokenClassifier()).Classify(pieces);
        foreach (var (position, _) in ids.Index().Where(token => token.Item == model.Config.BosTokenId))
        {
            classes[position] = TokenClass.Bos;
        }

        return SequenceAttention.From(layers, pieces, classes, options);
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

/// <summary>A reply, and who attended to what while it arose.</summary>
/// <param name="Reply">The reply.</param>
/// <param name="Text">Statistics of the prompt and the reply without its last token, as plain arrays.</param>
public sealed record ObservedReply(Generation Reply, SequenceAttention Text);
