using Experiments.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Carries the attention pattern of an early layer into the later ones, without training (arXiv 2403.14932).</summary>
/// <remarks>
/// <code>
/// M[i,j]   = A_source[i,j] > threshold              false on the diagonal (key == query position)
/// A_l'     = A_l * (1 + alpha * decay(l) * M)       for the layers after the source
/// decay(l) = 1 - l/(L-1)                            0 at the last layer, which is never changed
/// </code>
/// The mask is per batch row and query head, a constant for autograd, and read anew on every pass. Rows are independent,
/// so cached decoding and prefill in pieces give what a full prefill gives. Holds the pieces' masks between the layers of a pass, a byte a
/// weight: use one instance per thread.
/// </remarks>
public sealed class Rebalancing : IInterventionHook
{
    private readonly Func<AttentionSite, Tensor, Tensor>? _replace;
    private readonly Dictionary<(int Query, int Head), Tensor> _masks = []; // by the position of a piece's first query, and its first head

    /// <summary>Makes the intervention.</summary>
    /// <param name="options">Its settings.</param>
    /// <exception cref="Runs.ExperimentException">A setting is out of range.</exception>
    public Rebalancing(RebalanceOptions options)
        : this(options, null)
    {
    }

    /// <summary>The same with another mask, for a control.</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="replace">Takes the place and the real mask, boolean <c>[batch, head or 1, query, key]</c>, and gives one of the same shape; null for the real one.</param>
    internal Rebalancing(RebalanceOptions options, Func<AttentionSite, Tensor, Tensor>? replace)
    {
        options.Validate();
        (Options, _replace) = (options, replace);
    }

    /// <summary>The settings.</summary>
    public RebalanceOptions Options { get; }

    /// <inheritdoc/>
    public bool RowByRow => true;

    /// <inheritdoc/>
    public bool HeadByHead => Options.Sharing == MaskSharing.PerHead && _replace is null;

    /// <inheritdoc/>
    /// <exception cref="Runs.ExperimentException">The model does not have a layer that the settings name.</exception>
    public Tensor? OnPattern(AttentionSite site, Tensor pattern)
    {
        if (site.Layer == 0)
        {
            Options.Validate(site.LayerCount);
        }

        if (site.Layer == Options.SourceLayer && !Options.Uniform)
        {
            Forget(site);
            _masks[PieceOf(site)] = MaskFor(site, pattern);
        }

        var strength = Options.Strength(site.Layer, site.LayerCount);
        var edited = strength == 0 ? null : Boost(site, pattern, strength);
        if (site.Layer == site.LayerCount - 1)
        {
            Forget(site);
        }

        return edited;
    }

    /// <summary>Frees the masks of an unfinished pass; the instance stays usable.</summary>
    public void Dispose()
    {
        foreach (var mask in _masks.Values)
        {
            mask.Dispose();
        }

        _masks.Clear();
    }

    private static (int Query, int Head) PieceOf(AttentionSite site) => (site.PastLength, site.FirstHead);

    private void Forget(AttentionSite site)
    {
        if (_masks.Remove(PieceOf(site), out var mask))
        {
            mask.Dispose();
        }
    }

    /// <summary>Which keys the source layer marks for which queries.</summary>
    /// <param name="options">Threshold, sharing and diagonal.</param>
    /// <param name="site">The source layer.</param>
    /// <param name="pattern">Its pattern.</param>
    /// <returns>Boolean <c>[batch, head or 1, query, key]</c>.</returns>
    internal static Tensor ReadMask(RebalanceOptions options, AttentionSite site, Tensor pattern)
    {
        using var scope = NewDisposeScope();
        var source = pattern.detach();
        source = options.Sharing == MaskSharing.MeanOverHeads ? source.mean([1], keepdim: true) : source;
        using Scalar threshold = options.Threshold; // named, not a temporary: see lib/decisions/009-scalars.md
        var marked = source.gt(threshold);
        if (!options.IncludeDiagonal)
        {
            marked = marked.tril(site.PastLength - 1); // query i is key PastLength + i: keep the keys before it
        }

        return marked.MoveToOuterDisposeScope();
    }

    /// <summary>True where a key is marked for a query.</summary>
    private Tensor MaskFor(AttentionSite site, Tensor pattern)
    {
        using var scope = NewDisposeScope();
        var marked = ReadMask(Options, site, pattern);
        marked = _replace?.Invoke(site, marked) ?? marked;
        return marked.DetachFromDisposeScope();
    }

    private Tensor Boost(AttentionSite site, Tensor pattern, double strength)
    {
        using var scope = NewDisposeScope();
        Tensor edited;
        if (Options.Uniform)
        {
            using Scalar factor = 1 + strength;
            edited = pattern * factor;
        }
        else
        {
            var mask = _masks.GetValueOrDefault(PieceOf(site)) ?? throw new InvalidOperationException("Re-balancing met a layer before its source layer: layers must come in order, one instance per thread.");
            using Scalar factor = strength;
            edited = pattern.addcmul(pattern, mask.to(pattern.dtype), factor); // A + c (A ∘ M)
        }

        if (Options.RenormalizeRows)
        {
            edited = edited / edited.sum(-1, keepdim: true);
        }

        return edited.MoveToOuterDisposeScope();
    }
}
