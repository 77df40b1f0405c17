using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Copies what is asked for out of one sequence's pass, layer by layer.</summary>
/// <param name="options">The choice, lists filled in.</param>
/// <param name="keyHeads">Heads of keys and values to keep.</param>
/// <param name="keys">Keys of patterns and scores to keep, from the first on; all where there are fewer.</param>
/// <param name="keep">Takes each copy at once.</param>
internal sealed class CaptureObserver(CaptureOptions options, IReadOnlyList<int> keyHeads, int keys, Action<CapturedTensor> keep) : IAttentionObserver
{
    private const int TokenAxis = 1; // of tensors saved by token; patterns and scores have heads there

    public void OnScores(AttentionSite site, Tensor query, Tensor key, Tensor scores)
    {
        Keep(Activation.Scores, site, scores, Rows);
        Keep(Activation.Query, site, query, q => ByToken(q, options.Heads!));
        Keep(Activation.Key, site, key, k => ByToken(k, keyHeads));
    }

    public void OnAttention(AttentionSite site, Tensor pattern, Tensor values, Tensor outputWeight)
    {
        Keep(Activation.Pattern, site, pattern, Rows);
        Keep(Activation.Value, site, values, v => ByToken(v, keyHeads));
        Keep(Activation.ValueNorms, site, values, v => ByToken(v, keyHeads).to(ScalarType.Float32).norm(-1));
    }

    public void OnHidden(AttentionSite site, Tensor hidden) => Keep(Activation.Hidden, site, hidden, h => Selected(h, TokenAxis, options.Positions!));

    internal void OnLogits(Tensor logits) => Add(Activation.Logits, 0, logits);

    private void Keep(Activation activation, AttentionSite site, Tensor whole, Func<Tensor, Tensor> part)
    {
        if (options.What.Contains(activation) && options.Layers!.Contains(site.Layer))
        {
            using var scope = NewDisposeScope();
            Add(activation, site.Layer, part(whole.detach()));
        }
    }

    private void Add(Activation activation, int layer, Tensor kept) =>
        keep(new CapturedTensor(activation.TensorName(layer), activation.Axes, kept.shape, Plain.Floats(kept)));

    /// <summary>Chosen heads and queries of <c>[batch, head, query, key]</c>.</summary>
    private Tensor Rows(Tensor weights) => Selected(Selected(weights, 1, options.Heads!), 2, options.Positions!).narrow(-1, 0, Math.Min(keys, weights.shape[^1]));

    /// <summary>Chosen heads and positions of <c>[batch, head, position, headDim]</c>, as <c>[batch, position, head, headDim]</c>.</summary>
    private Tensor ByToken(Tensor heads, IReadOnlyList<int> chosen) => Selected(Selected(heads, 1, chosen), 2, options.Positions!).transpose(1, 2);

    private static Tensor Selected(Tensor whole, int axis, IReadOnlyList<int> indices) =>
        indices.Count == whole.shape[axis] ? whole : whole.index_select(axis, tensor(indices.Select(index => (long)index).ToArray(), device: whole.device));
}

/// <summary>One captured tensor as a plain array.</summary>
/// <param name="Name">Name, such as <c>blocks.0.attn.hook_pattern</c>.</param>
/// <param name="Axes">What the axes are.</param>
/// <param name="Shape">Sizes of the axes.</param>
/// <param name="Values">The numbers, the last axis running fastest.</param>
public sealed record CapturedTensor(string Name, string Axes, IReadOnlyList<long> Shape, float[] Values);
