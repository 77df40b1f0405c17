using Experiments.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Finds massive activations (Sun et al. 2024) and secondary sinks behind each layer of one sequence.</summary>
internal sealed class HiddenStateReducer(LaboratoryOptions options) : IAttentionObserver
{
    private readonly List<HiddenStateReading> _layers = [];

    internal IReadOnlyList<HiddenStateReading> Layers => _layers;

    public bool RowByRow => true;

    public void OnHidden(AttentionSite site, Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var state = hidden.detach()[0].to(ScalarType.Float32); // [token, hidden]
        var sizes = state.abs();
        double median = sizes.median().item<float>(), largest = sizes.max().item<float>();
        using Scalar magnitude = options.MassiveMagnitude;
        using Scalar multiple = options.MassiveRatio * median;
        using Scalar cosine = options.SecondarySinkCosine;
        var massive = sizes.gt(magnitude).logical_and(sizes.ge(multiple)); // [token, hidden]
        var norms = (state * state).sum(-1).sqrt();
        var alike = (state.matmul(state[0]) / (norms * norms[0])).gt(cosine); // cos(h_k, h_BOS), [token]
        _layers.Add(new HiddenStateReading(
            site.Layer,
            (int)massive.sum().item<long>(),
            Plain.Positions(massive.any(1)),
            largest,
            largest / median,
            [.. Plain.Positions(alike).Where(key => key > 0)]));
    }
}

/// <summary>The hidden state behind one layer in one text. Positions count from 0.</summary>
/// <param name="Layer">0-based layer.</param>
/// <param name="Massive">Number of massive activations: entries with <c>abs &gt; 100</c> and <c>abs &gt;= 1000 * median abs</c> of this hidden state.</param>
/// <param name="MassivePositions">Tokens that have one.</param>
/// <param name="Largest">The greatest absolute entry, massive or not.</param>
/// <param name="LargestRatio">How many times the median absolute entry (of an even number, the lower of the two middle ones) that is.</param>
/// <param name="SecondarySinks">Tokens other than the first whose hidden state has <c>cos(h_k, h_BOS) &gt; 0.9</c> with the first token's.</param>
public sealed record HiddenStateReading(int Layer, int Massive, IReadOnlyList<int> MassivePositions, double Largest, double LargestRatio, IReadOnlyList<int> SecondarySinks);
