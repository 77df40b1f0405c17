using System.Text.Json.Serialization;
using Experiments.Models;

namespace Experiments.Interpretability;

/// <summary>
/// A negative control: re-balancing in all its settings but with a mask that cannot hold what the paper says it holds. A gain that a control also shows is not
/// the paper's effect.
/// </summary>
public abstract record RebalanceControl : Intervention
{
    /// <summary>The re-balancing that is controlled for.</summary>
    public RebalanceOptions Rebalance { get; init; } = new();

    /// <inheritdoc/>
    public sealed override void Validate(int? layerCount = null)
    {
        Require(Rebalance.Uniform ? "there is no mask to control for where every weight is marked; leave out uniform" : Wrong(layerCount));
        Effective.Validate(layerCount);
    }

    /// <inheritdoc/>
    public sealed override IInterventionHook CreateHook(LlamaForCausalLM model)
    {
        Validate(model.Config.NumHiddenLayers);
        return CreateChecked(model);
    }

    /// <summary>The settings that are carried out.</summary>
    [JsonIgnore]
    public virtual RebalanceOptions Effective => Rebalance;

    private protected abstract string? Wrong(int? layerCount);

    private protected abstract IInterventionHook CreateChecked(LlamaForCausalLM model);
}

/// <summary>The mask of another layer than the early one.</summary>
/// <remarks>
/// Layers come in order, so a mask that is read from layer <c>s</c> can only edit the layers after <c>s</c>. To compare like with like, set
/// <see cref="RebalanceOptions.FirstLayer"/> of the real re-balancing to <c>s + 1</c>.
/// </remarks>
public sealed record OtherLayerMask : RebalanceControl
{
    /// <summary>Name of the kind.</summary>
    public const string Kind = "other-layer-mask";

    /// <summary>0-based layer that the mask is read from.</summary>
    public int Layer { get; init; } = 1;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => Kind;

    /// <inheritdoc/>
    [JsonIgnore]
    public override RebalanceOptions Effective => Rebalance with { SourceLayer = Layer, FirstLayer = Math.Max(Rebalance.FirstLayer ?? 0, Layer + 1) };

    private protected override string? Wrong(int? layerCount) => this switch
    {
        { Layer: < 0 } => $"layer is {Layer}; layers count from 0",
        _ when Layer == Rebalance.SourceLayer => $"layer is {Layer}, which is the layer that the real mask is read from; choose another",
        _ when Layer + 1 >= layerCount => $"layer is {Layer}; the model has layers 0 to {layerCount - 1}, and one behind it must be left to edit",
        _ => null,
    };

    private protected override IInterventionHook CreateChecked(LlamaForCausalLM model) => new Rebalancing(Effective);
}
