using Experiments.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Observes one sequence's pass and reduces each layer's pattern at once, a few queries at a time, so that neither <c>[L, H, T, T]</c> nor <c>[H, T, T]</c> is ever held.</summary>
internal sealed class AttentionReducer(AttentionStudyOptions options) : IAttentionHook
{
    private static readonly Scalar Smallest = 1e-37; // a weight of 0 has no entropy, and no logarithm

    private readonly List<List<LayerAttention>> _layers = [];

    internal IReadOnlyList<LayerAttention> Layers => _layers.ConvertAll(Joined);

    public bool RowByRow => true;

    public Tensor? OnPattern(AttentionSite site, Tensor pattern)
    {
        if (site.Layer == _layers.Count)
        {
            _layers.Add([]);
        }

        if (pattern.shape[0] != 1 || site.KeyMask is not null || site.PastLength != _layers[^1].Sum(piece => piece.Entropy.GetLength(1)))
        {
            throw new InvalidOperationException("Statistics take one whole sequence per pass, without padding or cache.");
        }

        using var scope = NewDisposeScope();
        var weights = pattern.detach()[0].to(ScalarType.Float32); // [head, query, key]
        var rows = weights.sum(-1); // 1, unless an intervention changed it
        var logarithms = weights.clamp_min(Smallest).log_().mul_(weights).sum(-1); // faster than xlogy
        var sink = Math.Clamp(options.SinkLength - site.PastLength, 0, weights.shape[1]);
        _layers[^1].Add(new LayerAttention
        {
            Total = Plain.Matrix(weights.sum(1)),
            Entropy = Plain.Matrix(rows.log() - (logarithms / rows)), // of the row's shares
            FirstKey = Plain.Vector(weights.narrow(1, 0, sink).select(2, 0).sum([1])),
        });
        return null;
    }

    /// <summary>The layer, from the pieces of its queries; each has the keys up to its last query.</summary>
    private LayerAttention Joined(List<LayerAttention> pieces)
    {
        var (heads, length) = (pieces[^1].Total.GetLength(0), pieces[^1].Total.GetLength(1));
        var (total, entropy, query) = (new double[heads, length], new double[heads, length], 0);
        foreach (var piece in pieces)
        {
            for (var head = 0; head < heads; head++)
            {
                for (var key = 0; key < piece.Total.GetLength(1); key++)
                {
                    total[head, key] += piece.Total[head, key];
                }

                for (var row = 0; row < piece.Entropy.GetLength(1); row++)
                {
                    entropy[head, query + row] = piece.Entropy[head, row];
                }
            }

            query += piece.Entropy.GetLength(1);
        }

        var sink = Math.Min(options.SinkLength, length);
        return new LayerAttention { Total = total, Entropy = entropy, FirstKey = [.. Enumerable.Range(0, heads).Select(head => pieces.Sum(piece => piece.FirstKey[head]) / sink)] };
    }
}

/// <summary>One layer of one sequence, reduced.</summary>
internal sealed record LayerAttention
{
    /// <summary>Sum over queries of the weight on a key, <c>[head, key]</c>.</summary>
    internal required double[,] Total { get; init; }

    /// <summary>Entropy of each row in nats, <c>[head, query]</c>.</summary>
    internal required double[,] Entropy { get; init; }

    /// <summary>Mean weight on the first key over the first queries that the sink rate is measured on, per head; of a piece, the sum.</summary>
    internal required double[] FirstKey { get; init; }
}
