using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Several interventions at work, in order: each edits what the one before it made.</summary>
/// <remarks>A mask is read from the pattern as the interventions before it left it, so the order matters.</remarks>
public sealed class InterventionChain : IInterventionHook
{
    private readonly IReadOnlyList<IInterventionHook> _hooks;
    private readonly IAttentionHook? _joined;

    private InterventionChain(IReadOnlyList<IInterventionHook> hooks) => (_hooks, _joined) = (hooks, HookChain.Of([.. hooks]));

    /// <summary>Puts interventions to work.</summary>
    /// <param name="interventions">In the order they are to run.</param>
    /// <param name="model">The model they are for.</param>
    /// <returns>The hook, which disposes all of them; null when there are none, so that the model runs its fast attention.</returns>
    /// <exception cref="Runs.ExperimentException">A setting is out of range or does not fit the model.</exception>
    public static IInterventionHook? Of(IReadOnlyList<Intervention> interventions, LlamaForCausalLM model)
    {
        foreach (var intervention in interventions)
        {
            intervention.Validate(model.Config.NumHiddenLayers);
        }

        return interventions.Count switch
        {
            0 => null,
            1 => interventions[0].CreateHook(model),
            _ => new InterventionChain([.. interventions.Select(intervention => intervention.CreateHook(model))]),
        };
    }

    /// <inheritdoc/>
    public bool RowByRow => _joined?.RowByRow ?? true;

    /// <inheritdoc/>
    public Tensor? OnPattern(AttentionSite site, Tensor pattern) => _joined?.OnPattern(site, pattern);

    /// <inheritdoc/>
    public Tensor? OnHidden(AttentionSite site, Tensor hidden) => _joined?.OnHidden(site, hidden);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var hook in _hooks)
        {
            hook.Dispose();
        }
    }
}
