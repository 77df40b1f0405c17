using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>Sees what lies around the patterns, from queries to hidden states, and edits nothing; patterns are edited by an <see cref="IAttentionHook"/>.</summary>
/// <remarks>
/// The decoder calls it for each layer, in order, once, or for pieces of the queries where <see cref="RowByRow"/> allows it, and does without it at no cost. With one, every layer writes its pattern out, as with a hook.
/// Tensors are in the model's dtype and disposed with the forward pass: clone and detach what must survive. Use one observer per thread.
/// </remarks>
public interface IAttentionObserver
{
    /// <summary>
    /// Whether rows may come in pieces, each with all heads: the site's <see cref="AttentionSite.PastLength"/> says where a piece begins, and its keys and values end with its last query.
    /// Hidden states always come whole.
    /// </summary>
    bool RowByRow => false;

    /// <summary>Sees what a layer's pattern is made of.</summary>
    /// <param name="site">Which layer and which positions.</param>
    /// <param name="query">Queries after rotation, <c>[batch, head, query, headDim]</c>.</param>
    /// <param name="key">Keys after rotation, <c>[batch, kvHead, key, headDim]</c>.</param>
    /// <param name="scores"><c>query · key / sqrt(headDim)</c> before softmax, minus infinity where a query may not look, <c>[batch, head, query, key]</c>.</param>
    void OnScores(AttentionSite site, Tensor query, Tensor key, Tensor scores)
    {
    }

    /// <summary>Sees what a layer's attention multiplies.</summary>
    /// <param name="site">Which layer and which positions.</param>
    /// <param name="pattern">Weights as multiplied with the values, after the hook, <c>[batch, head, query, key]</c>.</param>
    /// <param name="values">Values <c>[batch, kvHead, key, headDim]</c>. Heads of one group share them: those of head <c>h</c> are at <c>h / (heads / kvHeads)</c>.</param>
    /// <param name="outputWeight">Weight of <c>o_proj</c>, <c>[hidden, head * headDim]</c>: columns <c>h * headDim</c> and on are head <c>h</c>'s.</param>
    void OnAttention(AttentionSite site, Tensor pattern, Tensor values, Tensor outputWeight)
    {
    }

    /// <summary>Sees the residual stream behind a layer.</summary>
    /// <param name="site">Which layer and which positions.</param>
    /// <param name="hidden">Hidden state after the layer's feed-forward part and the hook, <c>[batch, query, hidden]</c>; the last layer's before the final norm.</param>
    void OnHidden(AttentionSite site, Tensor hidden)
    {
    }
}
