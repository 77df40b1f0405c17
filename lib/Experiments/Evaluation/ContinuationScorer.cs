using Experiments.Models;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Evaluation;

/// <summary>A context with several continuations.</summary>
/// <param name="ContextLength">Tokens that all have in common.</param>
/// <param name="Continuations">Token ids of context and continuation, encoded together, per continuation.</param>
internal sealed record ContinuationGroup(int ContextLength, IReadOnlyList<int[]> Continuations);

/// <summary>Log-likelihoods of continuations, as lm-evaluation-harness computes them: rows of equal tokens are computed once, so that option letters need one row a question.</summary>
internal static class ContinuationScorer
{
    /// <summary>Scores every continuation of every group.</summary>
    /// <param name="model">The decoder.</param>
    /// <param name="groups">What to score.</param>
    /// <param name="batchSize">Rows computed together.</param>
    /// <param name="hook">Intervention on attention; null for none.</param>
    /// <param name="scored">Told of each group, as soon as it is complete: its index, the sums of its continuations' log-probabilities in nats, and whether its context was cut.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <param name="skip">Whether a batch is left out, by the indices of its groups.</param>
    /// <exception cref="ExperimentException">A continuation is longer than the context, or an id outside the vocabulary.</exception>
    internal static void Score(LlamaForCausalLM model, IReadOnlyList<ContinuationGroup> groups, int batchSize, IAttentionHook? hook, Action<int, double[], bool> scored, CancellationToken cancellation, Func<IEnumerable<int>, bool> skip)
    {
        using var inference = inference_mode();
        var rows = groups.SelectMany((group, index) => Rows(model, group, index)).OrderByDescending(row => row.Ids.Length).ToList(); // the longest first: what does not fit into memory shows at once
        var scores = groups.Select(group => new double[group.Continuations.Count]).ToArray();
        var open = rows.CountBy(row => row.Group).ToDictionary();
        var cut = rows.Where(row => row.Cut).Select(row => row.Group).ToHashSet();
        foreach (var batch in rows.Chunk(batchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            if (skip(batch.Select(row => row.Group)))
            {
                continue;
            }

            Score(model, batch, scores, hook);
            foreach (var group in batch.Select(row => row.Group).Where(group => --open[group] == 0))
            {
                scored(group, scores[group], cut.Contains(group));
            }
        }
    }

    /// <summary>The rows to compute for a group: all but the last token of context and continuation, cut from the left to the model's context.</summary>
    private static IEnumerable<Row> Rows(LlamaForCausalLM model, ContinuationGroup group, int index)
    {
        var limit = model.Config.ContextLength;
        return group.Continuations.Index()
            .GroupBy(entry => string.Join(',', entry.Item[..^1]), (_, entries) => entries.ToList())
            .Select(entries =>
            {
                var whole = entries[0].Item[..^1];
                var cut = Math.Max(0, whole.Length - limit);
                if (cut > 0 && cut >= group.ContextLength)
                {
                    throw new ExperimentException($"An option has {whole.Length + 1 - group.ContextLength} tokens; the model's context is {limit}. Use a model with a longer context.");
                }

                entries.ForEach(entry => TextGenerator.CheckPrompt(model.Config, entry.Item));
                return new Row(index, whole[cut..], group.ContextLength - cut, cut > 0, [.. entries.Select(entry => (entry.Index, entry.Item[group.ContextLength..]))]);
            });
    }

    private static void Score(LlamaForCausalLM model, Row[] batch, double[][] scores, IAttentionHook? hook)
    {
        using var scope = NewDisposeScope();
        // Padded on the right, which causal attention never sees.
        var length = batch.Max(row => row.Ids.Length);
        var ids = batch.SelectMany(row => row.Ids.Concat(Enumerable.Repeat(0, length - row.Ids.Length))).Select(id => (long)id).ToArray();
        var kept = batch.Max(row => row.Continuations.Max(continuation => continuation.Ids.Length));
        // The logits that tell a continuation's tokens begin at the last token of the context.
        var at = batch.SelectMany(row => Enumerable.Range(row.ContextLength - 1, kept).Select(position => (long)Math.Min(position, length - 1))).ToArray();
        var logits = model.Forward(tensor(ids, [batch.Length, length], device: model.Device), hook: hook, positions: tensor(at, [batch.Length, kept], device: model.Device));
        var logProbabilities = logits.to(ScalarType.Float32).log_softmax(-1); // [batch, kept, vocab]
        var wanted = batch.Index().SelectMany(entry => entry.Item.Continuations.SelectMany(continuation => continuation.Ids.Index()
            .Select(token => (Row: entry.Item, continuation.Option, Flat: (((long)entry.Index * kept) + token.Index) * model.Config.VocabSize + token.Item)))).ToList();
        var values = logProbabilities.flatten().index_select(0, tensor(wanted.ConvertAll(token => token.Flat), device: model.Device)).cpu().data<float>().ToArray();
        foreach (var (token, value) in wanted.Zip(values))
        {
            scores[token.Row.Group][token.Option] += value;
        }
    }

    /// <param name="Group">Index of the group.</param>
    /// <param name="Ids">What the model reads.</param>
    /// <param name="ContextLength">Tokens of the context that are left.</param>
    /// <param name="Cut">Whether the context lost its beginning.</param>
    /// <param name="Continuations">Options whose tokens this row predicts.</param>
    private sealed record Row(int Group, int[] Ids, int ContextLength, bool Cut, (int Option, int[] Ids)[] Continuations);
}
