using Experiments.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Attention rollout (Abnar and Zuidema 2020) of one sequence: one <c>[query, key]</c> matrix, updated layer by layer.</summary>
internal sealed class RolloutReducer : IAttentionHook, IDisposable
{
    private static readonly Scalar Half = 0.5;

    private Tensor? _product;

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
        var mean = (weights / weights.sum(-1, keepdim: true)).mean([0]); // [query, key]; rows sum to 1 whatever an intervention did
        var before = _product ?? eye(mean.shape[0], device: mean.device);
        var product = mean.matmul(before).Plus(before).mul(Half); // (1/2 A_l + 1/2 I) R_{l-1} … R_1
        _product?.Dispose();
        _product = product.DetachFromDisposeScope();
        return null;
    }

    public void Dispose() => _product?.Dispose();
}
