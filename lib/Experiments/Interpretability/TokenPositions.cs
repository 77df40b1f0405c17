using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Positions of tokens in their own text: padding moves nothing, and neither do caching and chunks.</summary>
internal static class TokenPositions
{
    /// <summary>Positions of the keys from 0, int64 <c>[batch or 1, key]</c>; -1 for padding.</summary>
    /// <param name="site">Where the pattern arises.</param>
    /// <param name="pattern">The pattern.</param>
    internal static Tensor OfKeys(AttentionSite site, Tensor pattern)
    {
        using var scope = NewDisposeScope();
        var positions = site.KeyMask is { } real
            ? real.to(ScalarType.Int64).cumsum(1).add(Scalars.MinusOne, Scalars.One).masked_fill(real.logical_not(), Scalars.MinusOne)
            : Scalars.Range(0, pattern.shape[3], pattern.device).unsqueeze(0);
        return positions.MoveToOuterDisposeScope();
    }

    /// <summary>Positions of the queries, <c>[batch or 1, query]</c>, likewise.</summary>
    /// <param name="site">Where the pattern arises.</param>
    /// <param name="pattern">The pattern.</param>
    /// <param name="keys">Positions of its keys.</param>
    internal static Tensor OfQueries(AttentionSite site, Tensor pattern, Tensor keys) => keys.narrow(1, site.PastLength, pattern.shape[2]);
}
