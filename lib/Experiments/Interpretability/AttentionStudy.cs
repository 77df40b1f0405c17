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

    /// <summary>Statistics over several texts. Each is reduced to sums as soon as it was read, so that memory does not grow with the length of the texts.</summary>
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
        options ??= new AttentionStudyOptions();
        var texts = new List<TextAttention>();
        foreach (var ids in sequences)
        {
            cancellation.ThrowIfCancellationRequested();
            texts.Add(TextAttention.Of(Observe(model, ids, piece, hook, options, classifier))); // what is known of single tokens goes with the text
            finished?.Invoke(texts.Count);
        }

        return Statistics(texts, options);
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
        return Statistics([.. texts.Select(TextAttention.Of)], options);
    }

    private static AttentionStatistics Statistics(IReadOnlyList<TextAttention> texts, AttentionStudyOptions options) => texts.Count == 0
        ? throw new ExperimentException("There is no text to measure attention on. Give at least one.")
        : new AttentionSummary(texts, options).Statistics();

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
}

/// <summary>A reply, and who attended to what while it arose.</summary>
/// <param name="Reply">The reply.</param>
/// <param name="Text">Statistics of the prompt and the reply without its last token, as plain arrays.</param>
public sealed record ObservedReply(Generation Reply, SequenceAttention Text);
