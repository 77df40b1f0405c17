using Experiments.Runs;

namespace Experiments.Models;

/// <summary>Settings of a low-rank adapter (Hu et al. 2022), by PEFT's names.</summary>
public sealed record LoraConfig
{
    /// <summary>Name in <see cref="TargetModules"/> for every projection of attention and feed-forward layers.</summary>
    public const string AllLinear = "all-linear";

    /// <summary>Rank of the update.</summary>
    public int R { get; init; } = 8;

    /// <summary>Strength: the update is scaled by <c>lora_alpha / r</c>.</summary>
    public double LoraAlpha { get; init; } = 16;

    /// <summary>Share of the adapter's inputs that is set to zero in training.</summary>
    public double LoraDropout { get; init; }

    /// <summary>Whether the update is scaled by <c>lora_alpha / sqrt(r)</c> instead (rsLoRA).</summary>
    public bool UseRslora { get; init; }

    /// <summary>Names of the projections that get an update, such as <c>q_proj</c>, or <see cref="AllLinear"/>.</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = [AllLinear];

    /// <summary>Factor of <c>B A</c>.</summary>
    public double Scaling => UseRslora ? LoraAlpha / Math.Sqrt(R) : LoraAlpha / R;

    /// <summary>Rejects contradictions.</summary>
    /// <exception cref="ExperimentException">A value is out of range.</exception>
    public void Validate()
    {
        var wrong = this switch
        {
            { R: < 1 } => $"r is {R}; it must be at least 1",
            { LoraAlpha: not > 0 } => $"lora_alpha is {LoraAlpha}; it must be positive",
            { LoraDropout: not (>= 0 and < 1) } => $"lora_dropout is {LoraDropout}; it must be at least 0 and below 1",
            { TargetModules.Count: 0 } => $"target_modules is empty; name projections such as q_proj, or {AllLinear}",
            _ => null,
        };
        if (wrong is not null)
        {
            throw new ExperimentException($"LoRA: {wrong}.");
        }
    }
}
