namespace Experiments.Interpretability;

/// <summary>Statistics beyond the plain ones of one text; those that were not asked for are null.</summary>
public sealed record LaboratoryReading
{
    /// <summary>One record per head, by layer and head.</summary>
    public IReadOnlyList<HeadScores>? Heads { get; init; }

    /// <summary>Value norms and value-weighted attention, one record per layer.</summary>
    public IReadOnlyList<ValueWeights>? Values { get; init; }

    /// <summary>Attention rollout through all layers, <c>[query, key]</c>: <c>R = R_L … R_1</c>, <c>R_l = 1/2 mean_h A_l + 1/2 I</c>, rows of <c>A</c> scaled to sum 1. Rows sum to 1. Null over several texts, where it is not kept.</summary>
    public double[,]? Rollout { get; init; }

    /// <summary>Share of each key in the rollout, mean over queries; sums to 1.</summary>
    public IReadOnlyList<double>? RolloutMass { get; init; }

    /// <summary>Massive activations and secondary sinks, one record per layer.</summary>
    public IReadOnlyList<HiddenStateReading>? HiddenStates { get; init; }
}
