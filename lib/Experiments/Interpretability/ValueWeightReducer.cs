using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Value-weighted attention of one sequence (Kobayashi et al. 2020): <c>A[i,k] * norm(v_k W_O)</c>, with the columns of <c>o_proj</c> that belong to the head.</summary>
internal sealed class ValueWeightReducer(int length) : IAttentionObserver, IDisposable
{
    private readonly List<ValueWeights> _layers = [];
    private Tensor? _received; // by the queries so far, [head, key]

    internal IReadOnlyList<ValueWeights> Layers => _layers;

    public bool RowByRow => true;

    public void OnAttention(AttentionSite site, Tensor pattern, Tensor values, Tensor outputWeight)
    {
        using var scope = NewDisposeScope();
        var weights = pattern.detach()[0].to(ScalarType.Float32); // [head, query, key]
        var (heads, keys) = (weights.shape[0], weights.shape[2]);
        if (site.PastLength == 0)
        {
            _received?.Dispose();
            _received = zeros(heads, length, device: weights.device).DetachFromDisposeScope();
        }

        _received!.narrow(1, 0, keys).add_(weights.sum(1), Scalars.One);
        if (keys < length)
        {
            return;
        }

        var v = values.detach()[0].to(ScalarType.Float32); // [kvHead, key, headDim]
        var output = outputWeight.detach().to(ScalarType.Float32); // [hidden, head * headDim]
        var (group, width) = (heads / v.shape[0], v.shape[2]);
        var norms = stack([.. Range(heads).Select(head => Norm(v.select(0, head / group).matmul(output.narrow(1, head * width, width).t())))]); // [head, key]
        var weighted = (_received * norms).sum([0]); // sum over queries of A[i,k] * norm, the norm being the key's alone
        _layers.Add(new ValueWeights(Plain.Matrix(Norm(v)), Plain.Matrix(norms), Plain.Vector(weighted / weighted.sum())));
    }

    public void Dispose() => _received?.Dispose();

    private static IEnumerable<long> Range(long count) => Enumerable.Range(0, (int)count).Select(index => (long)index);

    private static Tensor Norm(Tensor vectors)
    {
        using var scope = NewDisposeScope(); // [key, hidden] goes before the next head's is made
        return (vectors * vectors).sum(-1).sqrt().MoveToOuterDisposeScope();
    }
}

/// <summary>What the values of one layer weigh in one text.</summary>
/// <param name="ValueNorms">Norm of each key's value, <c>[kvHead, key]</c>.</param>
/// <param name="OutputNorms"><c>norm(v_k W_O)</c> through the output projection of a head, without its bias, <c>[head, key]</c>; a head's pattern times it is value-weighted attention.</param>
/// <param name="Mass">Share of the layer's value-weighted attention that each key gets, heads and queries together; sums to 1.</param>
public sealed record ValueWeights(double[,] ValueNorms, double[,] OutputNorms, IReadOnlyList<double> Mass);
