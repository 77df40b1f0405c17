using System.Text.Json.Serialization;
using Experiments.Models;
using Experiments.Runs;

namespace Experiments.Interpretability;

/// <summary>A change of attention or of hidden states, as validated settings that can be saved: one line of a run's config.</summary>
/// <remarks>
/// Where the declared type is this one, JSON names the kind of settings (<c>"kind": "span-steering"</c>). All edit the pattern after softmax, but for
/// <see cref="MassiveActivations"/>, which edit the residual stream.
/// </remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(RebalanceOptions), RebalanceOptions.Kind)]
[JsonDerivedType(typeof(SoftmaxTemperature), SoftmaxTemperature.Kind)]
[JsonDerivedType(typeof(AttentionCalibration), AttentionCalibration.Kind)]
[JsonDerivedType(typeof(SpanSteering), SpanSteering.Kind)]
[JsonDerivedType(typeof(SinkDownWeighting), SinkDownWeighting.Kind)]
[JsonDerivedType(typeof(RandomMask), RandomMask.Kind)]
[JsonDerivedType(typeof(OtherLayerMask), OtherLayerMask.Kind)]
[JsonDerivedType(typeof(OtherSequenceMask), OtherSequenceMask.Kind)]
[JsonDerivedType(typeof(MassiveActivations), MassiveActivations.Kind)]
public abstract record Intervention
{
    /// <summary>Name of the kind, as on the command line and in JSON.</summary>
    [JsonIgnore]
    public abstract string Name { get; }

    /// <summary>Rejects values that are out of range, contradict each other or, where it is known, do not fit the model.</summary>
    /// <param name="layerCount">Number of layers of the model; null when not known yet.</param>
    /// <exception cref="ExperimentException">A value is wrong.</exception>
    public abstract void Validate(int? layerCount = null);

    /// <summary>Makes what carries it out. Dispose it; use one per thread.</summary>
    /// <param name="model">The model it is for.</param>
    /// <returns>A hook in its initial state.</returns>
    /// <exception cref="ExperimentException">A setting is out of range or does not fit the model.</exception>
    public abstract IInterventionHook CreateHook(LlamaForCausalLM model);

    /// <summary>Says what is wrong, with the name in front.</summary>
    private protected void Require(string? wrong)
    {
        if (wrong is not null)
        {
            throw new ExperimentException($"{Name}: {wrong}.");
        }
    }

    /// <summary>What is wrong with a range of layers, or null.</summary>
    private protected static string? WrongLayers(int? first, int? last, int? layerCount) => (first, last) switch
    {
        ( < 0, _) => $"first layer is {first}; layers count from 0",
        (_, < 0) => $"last layer is {last}; layers count from 0",
        _ when last < first => $"last layer is {last}; it must not come before the first edited layer {first}",
        _ when first >= layerCount => $"first layer is {first}; the model has layers 0 to {layerCount - 1}",
        _ when last >= layerCount => $"last layer is {last}; the model has layers 0 to {layerCount - 1}",
        _ => null,
    };
}

/// <summary>An intervention at work: edits patterns or hidden states, and may hold tensors between the layers of a pass.</summary>
public interface IInterventionHook : IAttentionHook, IDisposable;
