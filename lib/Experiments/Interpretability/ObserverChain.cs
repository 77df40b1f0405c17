using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Several observers as one.</summary>
internal sealed class ObserverChain : IAttentionObserver
{
    private readonly IAttentionObserver[] _observers;

    private ObserverChain(IAttentionObserver[] observers) => _observers = observers;

    /// <summary>Joins observers; null ones are left out.</summary>
    /// <returns>The joined observer, the only one itself, or null when there is none.</returns>
    internal static IAttentionObserver? Of(params IAttentionObserver?[] observers)
    {
        IAttentionObserver[] present = [.. observers.OfType<IAttentionObserver>()];
        return present.Length > 1 ? new ObserverChain(present) : present.SingleOrDefault();
    }

    public bool RowByRow => Array.TrueForAll(_observers, observer => observer.RowByRow);

    public void OnScores(AttentionSite site, Tensor query, Tensor key, Tensor scores)
    {
        foreach (var observer in _observers)
        {
            observer.OnScores(site, query, key, scores);
        }
    }

    public void OnAttention(AttentionSite site, Tensor pattern, Tensor values, Tensor outputWeight)
    {
        foreach (var observer in _observers)
        {
            observer.OnAttention(site, pattern, values, outputWeight);
        }
    }

    public void OnHidden(AttentionSite site, Tensor hidden)
    {
        foreach (var observer in _observers)
        {
            observer.OnHidden(site, hidden);
        }
    }
}
