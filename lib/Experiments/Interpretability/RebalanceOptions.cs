using System.Text.Json.Serialization;
using Experiments.Models;
using Experiments.Runs;

namespace Experiments.Interpretability;

/// <summary>How strongly a layer is edited, by its depth.</summary>
public enum Decay
{
    /// <summary><c>1 - l/(L-1)</c>: the later, the weaker; the last layer is never changed. The published rule.</summary>
    Linear,

    /// <summary>1 in every layer, the last one too.</summary>
    Constant,

    /// <summary><c>(1 + cos(pi l/(L-1))) / 2</c>: strong for longer, then falls to 0 at the last layer.</summary>
    Cosine,
}

/// <summary>Which heads share a mask.</summary>
public enum MaskSharing
{
    /// <summary>Each query head keeps the mask of the same head in the source layer. The published rule.</summary>
    PerHead,

    /// <summary>All heads take one mask: the source layer's mean over heads, above the threshold.</summary>
    MeanOverHeads,
}

/// <summary>Settings of <see cref="Rebalancing"/>; the defaults are the authors' released code (preset <c>released-code</c>).</summary>
public sealed record RebalanceOptions : Intervention
{
    /// <summary>Name of the kind.</summary>
    public const string Kind = "re-balancing";

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => Kind;

    /// <summary>Strength: a marked weight of layer <c>l</c> grows by the factor <c>1 + Alpha * decay(l)</c>.</summary>
    public double Alpha { get; init; } = 0.2;

    /// <summary>A key is marked for a query when its weight in the source layer is strictly above this.</summary>
    public double Threshold { get; init; } = 0.01;

    /// <summary>Whether edited rows are scaled back to sum 1. The published rule does not.</summary>
    public bool RenormalizeRows { get; init; }

    /// <summary>Whether a token's weight on itself can be marked. The published rule leaves it out.</summary>
    public bool IncludeDiagonal { get; init; }

    /// <summary>0-based layer that the mask is read from; it is never edited itself.</summary>
    public int SourceLayer { get; init; }

    /// <summary>First layer to edit; null for the one after the source.</summary>
    public int? FirstLayer { get; init; }

    /// <summary>Last layer to edit, inclusive; null for the model's last.</summary>
    public int? LastLayer { get; init; }

    /// <summary>One mask per head, or one for all.</summary>
    public MaskSharing Sharing { get; init; }

    /// <summary>Shape of the strength over layers. It always spans the whole model, whatever layers are edited.</summary>
    public Decay Decay { get; init; }

    /// <summary>Whether every weight is marked and the mask ignored (<c>boosting_self</c> in the released code).</summary>
    public bool Uniform { get; init; }

    /// <summary>The factor's part above one in a layer, <c>c = Alpha * decay(l)</c>.</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="layerCount">Number of layers, <c>L</c>.</param>
    /// <returns><c>c</c>; 0 where the layer is left alone.</returns>
    public double Strength(int layer, int layerCount)
    {
        if (layer <= SourceLayer || layer < (FirstLayer ?? 0) || layer > (LastLayer ?? layerCount - 1))
        {
            return 0;
        }

        var depth = layer / (double)(layerCount - 1); // 0 at the first layer, 1 at the last
        return Alpha * Decay switch
        {
            Decay.Linear => 1 - depth,
            Decay.Cosine => layer == layerCount - 1 ? 0 : (1 + Math.Cos(Math.PI * depth)) / 2,
            _ => 1,
        };
    }

    /// <inheritdoc/>
    public override IInterventionHook CreateHook(LlamaForCausalLM model)
    {
        Validate(model.Config.NumHiddenLayers);
        return new Rebalancing(this);
    }

    /// <inheritdoc/>
    public override void Validate(int? layerCount = null)
    {
        var first = FirstLayer ?? SourceLayer + 1;
        var wrong = this switch
        {
            _ when !double.IsFinite(Alpha) || Alpha <= -1 => $"alpha is {Alpha}; it must be a number above -1, so that weights stay positive",
            _ when !(Threshold >= 0 && Threshold < 1) => $"threshold is {Threshold}; it must be at least 0 and below 1, as attention weights are",
            { SourceLayer: < 0 } => $"source layer is {SourceLayer}; layers count from 0",
            _ when first <= SourceLayer => $"first layer is {FirstLayer}; it must come after the source layer {SourceLayer}, which is never edited",
            _ when LastLayer < first => $"last layer is {LastLayer}; it must not come before the first edited layer {first}",
            _ when SourceLayer >= layerCount => $"source layer is {SourceLayer}; the model has layers 0 to {layerCount - 1}",
            _ when FirstLayer >= layerCount => $"first layer is {FirstLayer}; the model has layers 0 to {layerCount - 1}",
            _ when LastLayer >= layerCount => $"last layer is {LastLayer}; the model has layers 0 to {layerCount - 1}",
            _ => null,
        };
        if (wrong is not null)
        {
            throw new ExperimentException($"Re-balancing: {wrong}.");
        }
    }
}
