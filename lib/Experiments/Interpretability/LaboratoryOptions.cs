namespace Experiments.Interpretability;

/// <summary>Which statistics beyond the plain ones are wanted, and their settings; the defaults are the published definitions, all of them on.</summary>
public sealed record LaboratoryOptions
{
    /// <summary>Scores and categories of heads.</summary>
    public bool Heads { get; init; } = true;

    /// <summary>Value-weighted attention (Kobayashi et al. 2020).</summary>
    public bool ValueWeighting { get; init; } = true;

    /// <summary>Attention rollout (Abnar and Zuidema 2020). Keeps one <c>[T, T]</c> matrix per text.</summary>
    public bool Rollout { get; init; } = true;

    /// <summary>Massive activations (Sun et al. 2024) and secondary sinks.</summary>
    public bool HiddenStates { get; init; } = true;

    /// <summary>A massive activation has a greater absolute value than this.</summary>
    public double MassiveMagnitude { get; init; } = 100;

    /// <summary>A massive activation is at least this many times the median absolute value of its hidden state.</summary>
    public double MassiveRatio { get; init; } = 1000;

    /// <summary>A secondary sink's hidden state has a greater cosine with the first token's than this.</summary>
    public double SecondarySinkCosine { get; init; } = 0.9;

    /// <summary>Rule of the head categories.</summary>
    public HeadCategoryOptions Categories { get; init; } = new();

    /// <summary>What is out of range, as half a sentence; null for nothing.</summary>
    internal string? Wrong() => this switch
    {
        _ when !(MassiveMagnitude >= 0) => $"massive magnitude is {MassiveMagnitude}; it must be 0 or more",
        _ when !(MassiveRatio >= 0) => $"massive ratio is {MassiveRatio}; it must be 0 or more",
        _ when !(SecondarySinkCosine > -1 && SecondarySinkCosine < 1) => $"secondary sink cosine is {SecondarySinkCosine}; it must lie between -1 and 1",
        _ => Categories.Wrong(),
    };
}
