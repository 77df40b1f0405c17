using System.Text.Json.Serialization;
using Experiments.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>The mask of another text: that text's early layer, read once with the same model, says which keys are marked.</summary>
/// <remarks>
/// A fixed text and not the neighbour in a batch, so that it is well defined for a single text and while decoding. Row <c>i</c> takes the other text's row
/// <c>i</c>; rows behind the other text's last take that last row, moved along with the query, the mark of the first token staying with the first token. So
/// rows are independent: caching, chunks, batches and padding change nothing.
/// </remarks>
public sealed record OtherSequenceMask : RebalanceControl
{
    /// <summary>Name of the kind.</summary>
    public const string Kind = "other-sequence-mask";

    /// <summary>Token ids of the other text, at least two.</summary>
    public IReadOnlyList<int> Tokens { get; init; } = [];

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => Kind;

    private protected override string? Wrong(int? layerCount) => Tokens.Count >= 2 ? null : $"tokens hold {Tokens.Count} ids; give at least two, of the text whose mask is to be used";

    private protected override IInterventionHook CreateChecked(LlamaForCausalLM model)
    {
        TextGenerator.CheckPrompt(model.Config, Tokens);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var reader = new Reader(Rebalance);
        model.Forward(tensor(Tokens.Select(id => (long)id).ToArray(), [1, Tokens.Count], device: model.Device), hook: reader, lastOnly: true);
        using var marked = reader.Marked!;
        return new Hook(Rebalance, Stored(marked));
    }

    /// <summary>A mask for being looked up: <c>[head or 1, query * length + key]</c>, and one place more that is never marked.</summary>
    /// <param name="marked">Boolean <c>[1, head or 1, query, key]</c>.</param>
    internal static Tensor Stored(Tensor marked)
    {
        using var scope = NewDisposeScope();
        var heads = marked.shape[1];
        return cat([marked.reshape(heads, -1), zeros([heads, 1], ScalarType.Bool, marked.device)], 1).DetachFromDisposeScope();
    }

    /// <summary>The stored mask for the rows of a pass.</summary>
    /// <param name="stored">What <see cref="Stored"/> made.</param>
    /// <param name="site">Where the real mask was read.</param>
    /// <param name="marked">The real mask, for its shape.</param>
    internal static Tensor Lookup(Tensor stored, AttentionSite site, Tensor marked)
    {
        using var scope = NewDisposeScope();
        var places = stored.shape[1] - 1;
        using Scalar nowhere = places;
        using Scalar length = (long)Math.Sqrt(places);
        using Scalar last = (long)Math.Sqrt(places) - 1;
        var positions = TokenPositions.OfKeys(site, marked);
        var queries = TokenPositions.OfQueries(site, marked, positions).unsqueeze(-1); // [batch or 1, query, 1]
        var rows = queries.clamp(Scalars.Zero, last);
        var keys = positions.unsqueeze(1); // [batch or 1, 1, key]
        var moved = keys.Minus(queries.Minus(rows)); // [batch or 1, query, key]: the last row goes along with the query
        moved = moved.masked_fill(keys.eq(Scalars.Zero), Scalars.Zero);
        var unknown = moved.le(Scalars.Zero).logical_and(keys.ne(Scalars.Zero)).logical_or(moved.gt(rows));
        var index = rows.mul(length).Plus(moved).masked_fill(unknown, nowhere); // [batch or 1, query, key]
        var found = stored.index_select(1, index.flatten()).view(-1, index.shape[0], index.shape[1], index.shape[2]).transpose(0, 1);
        return found.expand(marked.shape).MoveToOuterDisposeScope();
    }

    /// <summary>Keeps what the source layer marks.</summary>
    private sealed class Reader(RebalanceOptions options) : IAttentionHook
    {
        internal Tensor? Marked { get; private set; }

        public Tensor? OnPattern(AttentionSite site, Tensor pattern)
        {
            Marked = site.Layer == options.SourceLayer ? Rebalancing.ReadMask(options, site, pattern).DetachFromDisposeScope() : Marked;
            return null;
        }
    }

    private sealed class Hook : IInterventionHook
    {
        private readonly Tensor _stored;
        private readonly Rebalancing _rebalancing;

        internal Hook(RebalanceOptions options, Tensor stored) =>
            (_stored, _rebalancing) = (stored, new Rebalancing(options, (site, marked) => Lookup(stored, site, marked)));

        public Tensor? OnPattern(AttentionSite site, Tensor pattern) => _rebalancing.OnPattern(site, pattern);

        public void Dispose()
        {
            _rebalancing.Dispose();
            _stored.Dispose();
        }
    }
}
