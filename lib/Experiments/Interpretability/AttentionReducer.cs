using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Observes one sequence's pass and reduces each layer's pattern at once, so that no <c>[L, H, T, T]</c> is ever held.</summary>
internal sealed class AttentionReducer(AttentionStudyOptions options) : IAttentionHook
{
    private readonly List<LayerAttention> _layers = [];

    internal IReadOnlyList<LayerAttention> Layers => _layers;

    public Tensor? OnPattern(AttentionSite site, Tensor pattern)
    {
        if (pattern.shape[0] != 1 || site.KeyMask is not null || site.PastLength != 0)
        {
            throw new InvalidOperationException("Statistics take one whole sequence per pass, without padding or cache.");
        }

        using var scope = NewDisposeScope();
        var weights = pattern.detach()[0].to(ScalarType.Float32); // [head, query, key]
        var rows = weights.sum(-1, keepdim: true);
        var shares = weights / rows; // rows sum to 1 whatever an intervention did
        var sink = Math.Min(options.SinkLength, weights.shape[1]);
        _layers.Add(new LayerAttention
        {
            Total = Plain.Matrix(weights.sum(1)),
            Entropy = Plain.Matrix(shares.xlogy(shares).sum(-1).neg()),
            FirstKey = Plain.Vector(weights.narrow(1, 0, sink).select(2, 0).mean([1])),
        });
        return null;
    }
}

/// <summary>One layer of one sequence, reduced.</summary>
internal sealed record LayerAttention
{
    /// <summary>Sum over queries of the weight on a key, <c>[head, key]</c>.</summary>
    internal required double[,] Total { get; init; }

    /// <summary>Entropy of each row in nats, <c>[head, query]</c>.</summary>
    internal required double[,] Entropy { get; init; }

    /// <summary>Mean weight on the first key over the first queries that the sink rate is measured on, per head.</summary>
    internal required double[] FirstKey { get; init; }
}
