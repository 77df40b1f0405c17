using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>The one seam through which attention, and the residual stream between layers, is edited.</summary>
/// <remarks>
/// The decoder calls it for each layer, in order, on every forward pass, prefill and decoding alike: once, or for pieces of the queries where <see cref="RowByRow"/>
/// allows it. A hook may keep state
/// between the layers of one pass (re-balancing carries a mask from an early layer to later ones); use one hook per thread.
/// </remarks>
public interface IAttentionHook
{
    /// <summary>
    /// Whether a row of the pattern is edited without a look at other rows, so that long prompts may come in pieces: the site's <see cref="AttentionSite.PastLength"/> says where
    /// a piece begins, and its keys end with its last query. Pieces stay in the processor's cache and leave out keys that no query of theirs may see.
    /// </summary>
    bool RowByRow => false;

    /// <summary>
    /// Whether a head's pattern is edited without a look at other heads too, so that the pieces of a long prompt may hold some heads alone, from <see cref="AttentionSite.FirstHead"/> on.
    /// Few heads of many queries are computed faster than many of few. Nothing where <see cref="RowByRow"/> is false.
    /// </summary>
    bool HeadByHead => false;

    /// <summary>Sees a layer's attention pattern and may replace it.</summary>
    /// <param name="site">Which layer and which positions.</param>
    /// <param name="pattern">Weights after softmax, <c>[batch, head, query, key]</c>, in the model's dtype. Do not edit in place.
    /// It is disposed with the forward pass; clone and detach what must survive.</param>
    /// <returns>The pattern to multiply with the values, or null to leave it as it is.</returns>
    Tensor? OnPattern(AttentionSite site, Tensor pattern);

    /// <summary>Sees the residual stream behind a layer and may replace it.</summary>
    /// <param name="site">Which layer and which positions.</param>
    /// <param name="hidden">Hidden state after the layer's feed-forward part, <c>[batch, query, hidden]</c>, in the model's dtype; never in pieces. Do not edit in place.
    /// It is disposed with the forward pass.</param>
    /// <returns>What the next layer, or the final norm, reads; or null to leave it as it is.</returns>
    Tensor? OnHidden(AttentionSite site, Tensor hidden) => null;
}

/// <summary>Where in the model, and at which positions, a pattern arises.</summary>
/// <param name="Layer">0-based layer.</param>
/// <param name="LayerCount">Number of layers, <c>L</c>.</param>
/// <param name="PastLength">Number of cached keys before the first query: query <c>i</c> stands at key position <c>PastLength + i</c>.</param>
/// <param name="KeyMask">Boolean <c>[batch, key]</c>, true for real tokens and false for left padding; null when all are real.</param>
public readonly record struct AttentionSite(int Layer, int LayerCount, int PastLength, Tensor? KeyMask)
{
    /// <summary>0-based head of the model that the pattern's first head is; not 0 only where a hook works <see cref="IAttentionHook.HeadByHead"/>.</summary>
    public int FirstHead { get; init; }

    /// <summary>
    /// The scores that softmax made the pattern of, <c>[batch, head, query, key]</c>, minus infinity where a query may not see a key. Null where a hook before this one replaced the
    /// pattern, and outside of <see cref="IAttentionHook.OnPattern"/>, with which they are disposed.
    /// </summary>
    public Tensor? Scores { get; init; }

    /// <summary>
    /// While <see cref="TextGenerator"/> decodes: which of its prompts the batch's rows are, for replies that ended leave the batch. Where the batch has one row and this
    /// has more, the row is what all these prompts begin with. Null elsewhere.
    /// </summary>
    public IReadOnlyList<int>? Prompts { get; init; }
}
