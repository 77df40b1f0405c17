namespace Experiments.Models;

/// <summary>How rotary frequencies are changed for contexts longer than the trained one.</summary>
public enum RopeScalingType
{
    /// <summary>Positions are divided by the factor.</summary>
    Linear,

    /// <summary>Dynamic NTK: the base grows with the sequence once it is longer than the trained context.</summary>
    Dynamic,

    /// <summary>Llama 3.1's rule: long wavelengths are divided by the factor, short ones kept, a smooth ramp between.</summary>
    Llama3,
}

/// <summary>Parameters of <see cref="RopeScalingType"/>, named as in <c>rope_scaling</c> of <c>config.json</c>.</summary>
public sealed record RopeScaling
{
    /// <summary>Which rule.</summary>
    public required RopeScalingType Type { get; init; }

    /// <summary>How many times longer the context becomes.</summary>
    public required double Factor { get; init; }

    /// <summary>llama3: wavelengths above <c>original / LowFreqFactor</c> are divided by the factor.</summary>
    public double LowFreqFactor { get; init; } = 1;

    /// <summary>llama3: wavelengths below <c>original / HighFreqFactor</c> are kept.</summary>
    public double HighFreqFactor { get; init; } = 4;

    /// <summary>llama3: context length of the pre-training, in tokens.</summary>
    public int OriginalMaxPositionEmbeddings { get; init; } = 8192;
}
