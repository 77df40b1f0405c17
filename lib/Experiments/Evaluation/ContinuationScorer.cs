using Experiments.Models;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Evaluation;

/// <summary>A context with several continuations.</summary>
/// <param name="ContextLength">Tokens that all have in common.</param>
/// <param name="Continuations">Token ids of context and continuation, encoded together, per continuation.</param>
internal sealed record ContinuationGroup(int ContextLength, IReadOnlyList<int[]> Continuations);

/// <summary>Log-likelihoods of continuations, as lm-evaluation-harness computes them. A context is computed once for all its continuations, and equal rows once, so that option letters need one row a question.</summary>
internal static class ContinuationScorer
{
    /// <summary>Scores every continuation of every group.</summary>
    /// <param name="model">The decoder.</param>
    /// <param name="groups">What to score.</param>
    /// <param name="options">Batch size and memory.</param>
    /// <param name="hook">Intervention on attention; null for none.</param>
    /// <param name="scored">Told of each group, as soon as it is complete: its index, the sums of its continuations' log-probabilities in nats, and whether its context was cut.</param>
    /// <param name="cancellation">Stops between two passes.</param>
    /// <param name="skip">Whether a batch is left out, by the indices of its groups.</param>
    /// <exception cref="ExperimentException">A continuation is longer than the context, an id outside the vocabulary, an option is out of range, or a row does not fit into memory.</exception>
    internal static void Score(LlamaForCausalLM model, IReadOnlyList<ContinuationGroup> groups, GenerationOptions options, IAttentionHook? hook, Action<int, double[], bool> scored, CancellationToken cancellation, Func<IEnumerable<int>, bool> skip)
    {
        options.Validate();
        using var inference = inference_mode();
        var contexts = groups.SelectMany((group, index) => Contexts(model, group, index)).ToList();
        var scores = groups.Select(group => new double[group.Continuations.Count]).ToArray();
        var open = contexts.CountBy(context => context.Group).ToDictionary();
        var memory = new BatchMemory(model, options.MaxMemory, hook is not null);
        var (rows, added) = (contexts.Select(context => context.Rows.Count).DefaultIfEmpty().Max(), contexts.SelectMany(context => context.Rows).Select(row => row.Ids.Length).DefaultIfEmpty().Max());
        var batches = PromptBatches.Of([.. contexts.Select(context => context.Ids)], longest => Math.Max(1, memory.Rows(options.BatchSize, Math.Max(longest, added), added, options.PrefillChunk, added) / rows));
        BatchMemory.Halving(batches.Where(indices => !skip(indices.Select(index => contexts[index].Group))), indices =>
        {
            var batch = Array.ConvertAll(indices, index => contexts[index]);
            foreach (var (context, option, value) in Score(model, batch, options.PrefillChunk, hook, cancellation))
            {
                scores[context.Group][option] += value;
            }

            foreach (var context in batch.Where(context => --open[context.Group] == 0))
            {
                scored(context.Group, scores[context.Group], context.Cut);
            }
        });
    }

    /// <summary>What a group needs computed: one context for all continuations, unless one is too long for the model and loses its beginning.</summary>
    private static IEnumerable<Context> Contexts(LlamaForCausalLM model, ContinuationGroup group, int index)
    {
        var limit = model.Config.ContextLength;
        foreach (var continuation in group.Continuations)
        {
            TextGenerator.CheckPrompt(model.Config, continuation);
        }

        // A row is all but the last token of context and continuation.
        var rows = group.Continuations.Index()
            .GroupBy(entry => string.Join(',', entry.Item[..^1]), (_, entries) => entries.ToList())
            .Select(entries => new Row(entries[0].Item[..^1], group.ContextLength - 1, [.. entries.Select(entry => (entry.Index, entry.Item[group.ContextLength..]))]))
            .ToList();
        var longest = rows.Max(row => row.Ids.Length);
        if (longest > limit)
        {
            return rows.Select(row => Cut(row, limit, index));
        }

        // The last common token is fed with each row: its logits tell the first token of the continuation.
        var stretched = model.Config.RopeScaling is { Type: RopeScalingType.Dynamic } && longest > model.Config.MaxPositionEmbeddings;
        var common = stretched ? 0 : PromptBatches.CommonLength([.. rows.Select(row => row.Ids)], group.ContextLength) - 1;
        return [new Context(index, rows[0].Ids[..common], Cut: false, rows.ConvertAll(row => row.From(common)))];
    }

    private static Context Cut(Row row, int limit, int group)
    {
        var cut = Math.Max(0, row.Ids.Length - limit);
        return cut <= row.Start
            ? new Context(group, [], Cut: true, [row.From(cut)])
            : throw new ExperimentException($"An option has {row.Ids.Length - row.Start} tokens; the model's context is {limit}. Use a model with a longer context.");
    }

    private static List<(Context Context, int Option, float Value)> Score(LlamaForCausalLM model, Context[] batch, int chunk, IAttentionHook? hook, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var cache = new KeyValueCache(model.Config, batch.Max(context => context.Ids.Length + context.Rows.Max(row => row.Ids.Length)));
        if (batch.Any(context => context.Ids.Length > 0))
        {
            Prefill.Run(model, cache, [.. batch.Select(context => context.Ids)], chunk, hook, cancellation);
            cache.Select([.. batch.SelectMany((context, i) => Enumerable.Repeat((long)i, context.Rows.Count))]);
        }

        var rows = batch.SelectMany(context => context.Rows.Select(row => (Context: context, Row: row))).ToList();
        var length = rows.Max(row => row.Row.Ids.Length);
        var kept = rows.Max(row => row.Row.Continuations.Max(continuation => continuation.Ids.Length));
        var ids = rows.SelectMany(row => row.Row.Ids.Concat(Enumerable.Repeat(0, length - row.Row.Ids.Length))).Select(id => (long)id).ToArray();
        // The logits that tell a continuation's tokens begin at the last token of the context.
        var at = rows.SelectMany(row => Enumerable.Range(row.Row.Start, kept).Select(position => (long)Math.Min(position, length - 1))).ToArray();
        var logits = model.Forward(
            tensor(ids, [rows.Count, length], device: model.Device),
            cache,
            KeyMask(cache, rows.ConvertAll(row => row.Row.Ids.Length), length, model.Device),
            hook,
            positions: tensor(at, [rows.Count, kept], device: model.Device));
        var logProbabilities = logits.to(ScalarType.Float32).log_softmax(-1); // [row, kept, vocab]
        var wanted = rows.Index().SelectMany(entry => entry.Item.Row.Continuations.SelectMany(continuation => continuation.Ids.Index()
            .Select(token => (entry.Item.Context, continuation.Option, Flat: (((long)entry.Index * kept) + token.Index) * model.Config.VocabSize + token.Item)))).ToList();
        var values = logProbabilities.flatten().index_select(0, tensor(wanted.ConvertAll(token => token.Flat), device: model.Device)).cpu().data<float>().ToArray();
        return [.. wanted.Zip(values, (token, value) => (token.Context, token.Option, value))];
    }

    /// <summary>What the cache knows of padding on the left, then the rows with padding on the right; null where all is real.</summary>
    private static Tensor? KeyMask(KeyValueCache cache, List<int> lengths, int longest, Device device)
    {
        if (cache.KeyMask is null && lengths.TrueForAll(length => length == longest))
        {
            return null;
        }

        var added = tensor(lengths.SelectMany(length => Enumerable.Range(0, longest).Select(i => i < length)).ToArray(), [lengths.Count, longest], device: device);
        var past = cache.KeyMask ?? ones([lengths.Count, cache.Length], ScalarType.Bool, device);
        return cat([past, added], 1);
    }

    /// <param name="Group">Index of the group.</param>
    /// <param name="Ids">What all rows begin with; may be empty.</param>
    /// <param name="Cut">Whether the beginning was lost.</param>
    /// <param name="Rows">What follows.</param>
    private sealed record Context(int Group, int[] Ids, bool Cut, IReadOnlyList<Row> Rows);

    /// <param name="Ids">What the model reads.</param>
    /// <param name="Start">The position whose logits tell the first token of the continuations.</param>
    /// <param name="Continuations">Options whose tokens this row predicts.</param>
    private sealed record Row(int[] Ids, int Start, (int Option, int[] Ids)[] Continuations)
    {
        internal Row From(int token) => this with { Ids = Ids[token..], Start = Start - token };
    }
}
