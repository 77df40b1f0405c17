using System.Text.Json.Serialization;
using Experiments.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Attention is steered to a span of the text: keys outside it lose weight (PASTA, Zhang et al. 2024, arXiv 2311.02262).</summary>
/// <remarks>
/// <code>A'[i,k] = A[i,k] f(k) / sum_j A[i,j] f(j)      f = 1 in the span, alpha outside</code>
/// This is <c>ln alpha</c> added to the scores outside before softmax. PASTA steers the heads that it chose on other data; here all heads of the edited
/// layers are steered. A row that sees nothing of the span yet stays as it is.
/// </remarks>
public sealed record SpanSteering : PatternIntervention
{
    /// <summary>Name of the kind.</summary>
    public const string Kind = "span-steering";

    /// <summary>First token of the span, from 0; padding does not count.</summary>
    public int First { get; init; } = 1;

    /// <summary>Last token of the span, inclusive.</summary>
    public int Last { get; init; } = 16;

    /// <summary>Factor of the weights outside: above 0; 1 changes nothing. The paper's is 0.01.</summary>
    public double Alpha { get; init; } = 0.01;

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => Kind;

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool ChangesNothing => Alpha == 1;

    private protected override string? WrongSetting() => this switch
    {
        { First: < 0 } => $"first is {First}; tokens count from 0",
        _ when Last < First => $"last is {Last}; it must not come before the first token of the span, {First}",
        _ when !(Alpha > 0 && Alpha <= 1) => $"alpha is {Alpha}; it must be above 0 and at most 1",
        _ => null,
    };

    private protected override Tensor Edit(AttentionSite site, Tensor pattern)
    {
        var positions = TokenPositions.OfKeys(site, pattern);
        using Scalar first = First;
        using Scalar last = Last;
        return Renormalized(pattern * Factors(positions.ge(first).logical_and(positions.le(last)), 1, Alpha), pattern);
    }
}
