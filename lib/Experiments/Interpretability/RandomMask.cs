using System.Text.Json.Serialization;
using Experiments.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>As many marked keys in each row as the real mask has, but chosen at random among the keys before the query that it may see (and the query's own, where the diagonal counts).</summary>
/// <remarks>
/// Which keys follows from the seed, the head and the positions of query and key in their text alone: layers share one mask, as with the real one, and cached
/// decoding, chunks, batches and padding change nothing.
/// </remarks>
public sealed record RandomMask : RebalanceControl
{
    /// <summary>Name of the kind.</summary>
    public const string Kind = "random-mask";

    private static readonly Scalar Odd1 = unchecked((long)0x9E3779B97F4A7C15), Odd2 = unchecked((long)0xBF58476D1CE4E5B9), Odd3 = unchecked((long)0x94D049BB133111EB);

    /// <summary>Another seed, another mask.</summary>
    public int Seed { get; init; } = 1;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => Kind;

    private protected override string? Wrong(int? layerCount) => null;

    private protected override IInterventionHook CreateChecked(LlamaForCausalLM model) => new Rebalancing(Rebalance, (site, marked) => Draw(site, marked, model.Config.SlidingWindow));

    /// <summary>A random mask with as many marks in each row.</summary>
    /// <param name="site">Where the real mask was read.</param>
    /// <param name="marked">The real mask, boolean <c>[batch, head or 1, query, key]</c>.</param>
    /// <param name="window">The model's sliding window, <see cref="LlamaConfig.SlidingWindow"/>.</param>
    internal Tensor Draw(AttentionSite site, Tensor marked, int? window = null)
    {
        using var scope = NewDisposeScope();
        var keys = TokenPositions.OfKeys(site, marked); // [batch or 1, key]
        var candidates = ones_like(marked).tril(Rebalance.IncludeDiagonal ? site.PastLength : site.PastLength - 1).logical_and(keys.ge(Scalars.Zero).unsqueeze(1).unsqueeze(1));
        candidates = window is { } newest ? candidates.triu(site.PastLength - newest + 1) : candidates;
        var tickets = Tickets(site, marked, keys).expand(marked.shape).masked_fill(candidates.logical_not(), Scalars.MinusOne);
        var counts = marked.sum(-1, keepdim: true, type: ScalarType.Int64); // [batch, head or 1, query, 1]
        var lowest = tickets.sort(-1, descending: true).Values.gather(-1, counts.add(Scalars.MinusOne, Scalars.One).clamp_min(Scalars.Zero));
        return tickets.ge(lowest).logical_and(candidates).logical_and(counts.gt(Scalars.Zero)).MoveToOuterDisposeScope();
    }

    /// <summary>A whole number from 0 for each place, <c>[batch or 1, head or 1, query, key]</c>; those with the highest are drawn.</summary>
    private Tensor Tickets(AttentionSite site, Tensor marked, Tensor keys)
    {
        using Scalar seed = (long)Seed;
        var heads = Mixed(Scalars.Range(0, marked.shape[1], marked.device).mul(Odd1).add(seed, Scalars.One)).view(1, -1, 1, 1);
        var queries = TokenPositions.OfQueries(site, marked, keys); // [batch or 1, query]
        var rows = Mixed(heads.Plus(queries.unsqueeze(1).unsqueeze(-1))); // [batch or 1, head or 1, query, 1]
        return Mixed(rows.Plus(keys.unsqueeze(1).unsqueeze(1))).bitwise_and(tensor(long.MaxValue, device: marked.device));
    }

    /// <summary>A hash of whole numbers, splitmix64 with signed shifts: a random number generator would count calls, and so depend on chunks and batches.</summary>
    private static Tensor Mixed(Tensor x)
    {
        x = Shifted(x, 30).mul(Odd2);
        x = Shifted(x, 27).mul(Odd3);
        return Shifted(x, 31);
    }

    private static Tensor Shifted(Tensor x, long bits) => x.bitwise_xor(x.bitwise_right_shift(tensor(bits, device: x.device)));
}
