using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Several hooks as one: each sees what the ones before it made, so an observer at the end sees what is multiplied with the values.</summary>
public sealed class HookChain : IAttentionHook
{
    private readonly IAttentionHook[] _hooks;

    private HookChain(IAttentionHook[] hooks) => _hooks = hooks;

    /// <summary>Joins hooks in the order they are to run.</summary>
    /// <param name="hooks">Hooks; null ones are left out.</param>
    /// <returns>The joined hook, the only hook itself, or null when there is none.</returns>
    public static IAttentionHook? Of(params IAttentionHook?[] hooks)
    {
        IAttentionHook[] present = [.. hooks.OfType<IAttentionHook>()];
        return present.Length switch
        {
            0 => null,
            1 => present[0],
            _ => new HookChain(present),
        };
    }

    /// <inheritdoc/>
    public bool RowByRow => Array.TrueForAll(_hooks, hook => hook.RowByRow);

    /// <inheritdoc/>
    public bool HeadByHead => Array.TrueForAll(_hooks, hook => hook.HeadByHead);

    /// <inheritdoc/>
    public Tensor? OnPattern(AttentionSite site, Tensor pattern)
    {
        Tensor? edited = null;
        foreach (var hook in _hooks)
        {
            edited = hook.OnPattern(edited is null ? site : site with { Scores = null }, edited ?? pattern) ?? edited;
        }

        return edited;
    }

    /// <inheritdoc/>
    public Tensor? OnHidden(AttentionSite site, Tensor hidden)
    {
        Tensor? edited = null;
        foreach (var hook in _hooks)
        {
            edited = hook.OnHidden(site, edited ?? hidden) ?? edited;
        }

        return edited;
    }
}
