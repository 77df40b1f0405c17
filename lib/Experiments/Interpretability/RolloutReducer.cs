using Experiments.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Attention rollout (Abnar and Zuidema 2020) of one sequence: one <c>[query, key]</c> matrix, updated layer by layer.</summary>
internal sealed class RolloutReducer(int length) : IAttentionHook, IDisposable
{
    private static readonly Scalar Half = 0.5;

    private Tensor? _before; // R_{l-1} … R_1, [query, key]
    private Tensor? _product; // the same through the layer whose rows are coming

    public bool RowByRow => true;

    /// <summary>The rollout through the layers seen so far; rows sum to 1.</summary>
    internal double[,] Rollout()
    {
        using var scope = NewDisposeScope();
        return Plain.Matrix(_product!);
    }

    public Tensor? OnPattern(AttentionSite site, Tensor pattern)
    {
        using var scope = NewDisposeScope();
        var weights = pattern.detach()[0].to(ScalarType.Float32); // [head, query, key]
        if (site.PastLength == 0)
        {
            _before?.Dispose();
            _before = _product ?? eye(length, device: weights.device).DetachFromDisposeScope();
            _product = empty_like(_before).DetachFromDisposeScope();
        }

        var (queries, keys) = (weights.shape[1], weights.shape[2]);
        var mean = (weights / weights.sum(-1, keepdim: true)).mean([0]); // [query, key]; rows sum to 1 whatever an intervention did
        var rows = mean.matmul(_before!.narrow(0, 0, keys)).Plus(_before.narrow(0, site.PastLength, queries)).mul(Half); // rows of (1/2 A_l + 1/2 I) R_{l-1} … R_1
        _product!.narrow(0, site.PastLength, queries).copy_(rows);
        return null;
    }

    public void Dispose()
    {
        _before?.Dispose();
        _product?.Dispose();
    }
}
