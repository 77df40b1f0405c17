using System.Text.Json.Serialization;
using Experiments.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Scores divided by a temperature before softmax: below 1 attention gets sharper, above 1 flatter.</summary>
/// <remarks><code>softmax(s / tau) = softmax(ln p / tau), with p = softmax(s)</code> Exact up to rounding, because <c>ln p</c> is <c>s</c> but for a constant of the row.</remarks>
public sealed record SoftmaxTemperature : PatternIntervention
{
    /// <summary>Name of the kind.</summary>
    public const string Kind = "softmax-temperature";

    private static readonly Scalar Smallest = 1.17549435e-38; // float32's smallest normal number

    /// <summary>Temperature; 1 changes nothing.</summary>
    public double Tau { get; init; } = 1.25;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => Kind;

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool ChangesNothing => Tau == 1;

    private protected override string? WrongSetting() => double.IsFinite(Tau) && Tau > 0 ? null : $"tau is {Tau}; it must be a number above 0";

    private protected override Tensor Edit(AttentionSite site, Tensor pattern)
    {
        using Scalar sharpness = 1 / Tau;
        var scores = pattern.clamp_min(Smallest).log().mul(sharpness); // clamped, so that the gradient at weight 0 is 0
        return nn.functional.softmax(scores.masked_fill(pattern.eq(Scalars.Zero), Scalars.NegativeInfinity), -1);
    }
}
