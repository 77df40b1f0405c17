using System.Text.Json.Serialization;
using Experiments.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>An intervention that edits each row of each layer's pattern by itself, whatever other rows and layers hold.</summary>
/// <remarks>Row by row, so cached decoding and chunked prefill give what a full prefill gives. Edited rows sum to 1.</remarks>
public abstract record PatternIntervention : Intervention
{
    /// <summary>First layer to edit, from 0; null for the model's first.</summary>
    public int? FirstLayer { get; init; }

    /// <summary>Last layer to edit, inclusive; null for the model's last.</summary>
    public int? LastLayer { get; init; }

    /// <summary>Whether these settings leave every pattern bit by bit as it is.</summary>
    [JsonIgnore]
    public abstract bool ChangesNothing { get; }

    /// <inheritdoc/>
    public sealed override void Validate(int? layerCount = null) => Require(WrongSetting() ?? WrongLayers(FirstLayer, LastLayer, layerCount));

    /// <inheritdoc/>
    public sealed override IInterventionHook CreateHook(LlamaForCausalLM model)
    {
        Validate(model.Config.NumHiddenLayers);
        return new Hook(this);
    }

    /// <summary>What is wrong with the settings of this kind, or null.</summary>
    private protected abstract string? WrongSetting();

    /// <summary>The edited pattern.</summary>
    /// <param name="site">Where it arises.</param>
    /// <param name="pattern">Float32 <c>[batch, head, query, key]</c>; temporaries go with the caller's dispose scope.</param>
    private protected abstract Tensor Edit(AttentionSite site, Tensor pattern);

    /// <summary>Rows scaled to sum 1; a row of zeros becomes that of <paramref name="otherwise"/>.</summary>
    private protected static Tensor Renormalized(Tensor weights, Tensor otherwise)
    {
        var sum = weights.sum(-1, keepdim: true); // [batch, head, query, 1]
        var empty = sum.eq(Scalars.Zero);
        return where(empty, otherwise, weights / sum.masked_fill(empty, Scalars.One));
    }

    /// <summary>1 where a key is in the set, else 0, turned to <paramref name="inside"/> and <paramref name="outside"/>: <c>[batch or 1, 1, 1, key]</c>.</summary>
    private protected static Tensor Factors(Tensor set, double inside, double outside)
    {
        using Scalar one = inside;
        using Scalar other = outside;
        return full_like(set, other, ScalarType.Float32).masked_fill(set, one).unsqueeze(1).unsqueeze(1);
    }

    private sealed class Hook(PatternIntervention settings) : IInterventionHook
    {
        public bool RowByRow => true;

        public Tensor? OnPattern(AttentionSite site, Tensor pattern)
        {
            if (settings.ChangesNothing || site.Layer < (settings.FirstLayer ?? 0) || site.Layer > (settings.LastLayer ?? site.LayerCount - 1))
            {
                return null;
            }

            using var scope = NewDisposeScope();
            return settings.Edit(site, pattern.to(ScalarType.Float32)).to(pattern.dtype).MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
            // Nothing is kept between layers.
        }
    }
}
