using Experiments.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Observes passes and reduces each layer's pattern at once, a few queries at a time, so that neither <c>[L, H, T, T]</c> nor <c>[H, T, T]</c> is ever held.</summary>
/// <remarks>Whole texts and decoding alike: each pass adds the rows of its queries to the sums of their text. A pass without past tokens begins the texts of its batch anew.</remarks>
internal sealed class AttentionReducer(AttentionStudyOptions options) : IAttentionHook
{
    private static readonly Scalar Smallest = 1e-37; // a weight of 0 has no entropy, and no logarithm

    private readonly Dictionary<(int Text, int Layer), AttentionSums> _sums = [];

    public bool RowByRow => true;

    public bool HeadByHead => true;

    /// <summary>What the layers of a text gave, in order; empty where no pass had it.</summary>
    /// <param name="text">Index of the prompt in generation, else of the row in the batch.</param>
    internal IReadOnlyList<LayerAttention> Layers(int text)
    {
        var layers = new List<LayerAttention>();
        while (_sums.TryGetValue((text, layers.Count), out var sums))
        {
            layers.Add(sums.Layer());
        }

        return layers;
    }

    public Tensor? OnPattern(AttentionSite site, Tensor pattern)
    {
        using var scope = NewDisposeScope();
        var weights = pattern.detach().to(ScalarType.Float32); // [batch, head, query, key]
        var piece = new AttentionPiece
        {
            FirstHead = site.FirstHead,
            Heads = (int)weights.shape[1],
            Queries = (int)weights.shape[2],
            Keys = (int)weights.shape[3],
            Real = site.KeyMask?.cpu().contiguous().data<bool>().ToArray(),
            Total = Plain.Floats(OfRealQueries(site, weights).sum(2)),
            Entropy = Plain.Floats(Entropy(weights, site.Scores)),
            FirstKey = Plain.Floats(FirstKeys(site, weights)),
        };
        var texts = site.Prompts ?? [.. Enumerable.Range(0, (int)weights.shape[0])];
        foreach (var (row, text) in texts.Index())
        {
            if (site is { PastLength: 0, FirstHead: 0 } || !_sums.TryGetValue((text, site.Layer), out var sums))
            {
                _sums[(text, site.Layer)] = sums = new AttentionSums(options.SinkLength);
            }

            sums.Add(piece, weights.shape[0] == 1 ? 0 : row); // one row is what all texts begin with
        }

        return null;
    }

    /// <summary>Entropy of each row's shares, <c>[batch, head, query]</c>.</summary>
    /// <remarks>
    /// Of a softmax <c>A</c> of scores <c>s</c> it is <c>ln sum exp s - sum A s</c>, where <c>max s - ln max A</c> is the first term: no logarithm of each weight. Where there are no scores in
    /// full precision, or an intervention made the row sum to <c>R</c>, <c>ln R - sum A ln A / R</c>; faster than xlogy.
    /// </remarks>
    private static Tensor Entropy(Tensor weights, Tensor? scores)
    {
        using var scope = NewDisposeScope(); // its memory, still in the cache, is what the next sums take
        if (scores is { dtype: ScalarType.Float32 })
        {
            scores = scores.detach();
            var weighted = (scores * weights).nan_to_num_(0); // 0 times minus infinity is nothing
            return (scores.amax([-1]) - weights.amax([-1]).log_() - weighted.sum(-1)).MoveToOuterDisposeScope();
        }

        var rows = weights.sum(-1);
        return (rows.log() - (weights.clamp_min(Smallest).log_().mul_(weights).sum(-1) / rows)).MoveToOuterDisposeScope();
    }

    /// <summary>The weights, 0 in the rows of padding.</summary>
    private static Tensor OfRealQueries(AttentionSite site, Tensor weights) => site.KeyMask is { } real
        ? weights * real.narrow(1, site.PastLength, weights.shape[2]).unsqueeze(1).unsqueeze(-1)
        : weights;

    /// <summary>Weight on the first key that is no padding, <c>[batch, head, query]</c>.</summary>
    private static Tensor FirstKeys(AttentionSite site, Tensor weights)
    {
        if (site.KeyMask is not { } real)
        {
            return weights.select(3, 0);
        }

        var first = real.to(ScalarType.Int64).argmax(1).view(-1, 1, 1, 1);
        return weights.gather(3, first.expand(weights.shape[0], weights.shape[1], weights.shape[2], 1)).squeeze(3);
    }
}
