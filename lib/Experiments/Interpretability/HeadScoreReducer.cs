using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Reduces each head of one sequence to the shares of its attention that lie where previous-token, duplicate-token, induction and local heads look.</summary>
/// <remarks>
/// The first three are <c>detect_head</c> of TransformerLens (head_detector.py) with its default error measure, <c>mul</c>, and nothing excluded:
/// <c>sum(A ∘ D) / sum(A)</c> over all queries, BOS among them, with a detection pattern <c>D</c> of zeros and ones.
/// </remarks>
internal sealed class HeadScoreReducer(IReadOnlyList<int> ids, int localWindow) : IAttentionHook
{
    private readonly List<double[][]> _layers = [];

    /// <summary>Per layer: previous-token, duplicate-token, induction and local scores, each <c>[head]</c>; local is NaN in a text of no more tokens than the window.</summary>
    internal IReadOnlyList<double[][]> Layers => _layers;

    public Tensor? OnPattern(AttentionSite site, Tensor pattern)
    {
        using var scope = NewDisposeScope();
        var weights = pattern.detach()[0].to(ScalarType.Float32); // [head, query, key]
        var (heads, length) = (weights.shape[0], weights.shape[1]);
        var total = weights.sum([1, 2]);
        var duplicate = Duplicates(weights.device);
        var induction = cat([zeros(length, 1, device: weights.device), duplicate.narrow(1, 0, length - 1)], 1); // the key after an earlier copy of the query
        var flat = weights.reshape(heads, -1);
        _layers.Add(
        [
            Plain.Vector(weights.diagonal(-1, 1, 2).sum(-1) / total),
            Plain.Vector(flat.matmul(duplicate.reshape(-1)) / total),
            Plain.Vector(flat.matmul(induction.reshape(-1)) / total),
            length > localWindow ? Local(weights.narrow(1, localWindow, length - localWindow)) : [.. Enumerable.Repeat(double.NaN, (int)heads)],
        ]);
        return null;
    }

    /// <summary>1 where a key before the query is the same token, else 0: <c>[query, key]</c>.</summary>
    private Tensor Duplicates(Device device)
    {
        var tokens = tensor(ids.Select(id => (long)id).ToArray(), device: device);
        return tokens.unsqueeze(1).eq(tokens.unsqueeze(0)).to(ScalarType.Float32).tril(-1);
    }

    /// <summary>Share of the last <c>w</c> keys, the query's own included. Row <c>r</c> is query <c>w + r</c>, so its window begins at key <c>r + 1</c>.</summary>
    private static double[] Local(Tensor late) => Plain.Vector(late.triu(1).sum([1, 2]) / late.sum([1, 2]));
}
