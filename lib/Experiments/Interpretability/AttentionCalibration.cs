using System.Text.Json.Serialization;
using Experiments.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Sinks behind the first token lose weight to the other keys (after ACT, Yu et al. 2024, arXiv 2406.15765).</summary>
/// <remarks>
/// <code>
/// A'[i,k] = beta A[i,k]                                       k a sink of row i
/// A'[i,k] = A[i,k] (1 + (1 - beta) sum_sinks / sum_others)     else; the first token gets its share too
/// </code>
/// The difference to the paper: there a sink is a key whose attention received, averaged over all later queries, is above a threshold, and only heads that were
/// chosen on other data are calibrated. An average over queries that are yet to come does not exist while decoding, and would make a full prefill differ from a
/// cached one. So here a sink of a row is a key behind the first whose weight in that very row is above the threshold (the row's own token too), or one of
/// <see cref="Positions"/>, and all heads of the edited layers are calibrated. That is blunter: a key that one row looks at for its content counts as well. A row
/// that has only sinks stays as it is.
/// </remarks>
public sealed record AttentionCalibration : PatternIntervention
{
    /// <summary>Name of the kind.</summary>
    public const string Kind = "attention-calibration";

    /// <summary>A key behind the first is a sink of a row where its weight is strictly above this; ignored with <see cref="Positions"/>.</summary>
    public double Threshold { get; init; } = 0.1;

    /// <summary>Factor of the sinks' weights, from 0; 1 changes nothing.</summary>
    public double Beta { get; init; } = 0.4;

    /// <summary>Token positions, from 0, that are the sinks of every row whatever their weight; null for the rule of the threshold.</summary>
    public IReadOnlyList<int>? Positions { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Name => Kind;

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool ChangesNothing => Beta == 1 || Positions is { Count: 0 };

    private protected override string? WrongSetting() => this switch
    {
        _ when !(Threshold >= 0 && Threshold < 1) => $"threshold is {Threshold}; it must be at least 0 and below 1, as attention weights are",
        _ when !(Beta >= 0 && Beta <= 1) => $"beta is {Beta}; it must be from 0 to 1",
        _ when Positions?.Any(position => position < 0) == true => $"positions hold {Positions.Min()}; tokens count from 0",
        _ => null,
    };

    private protected override Tensor Edit(AttentionSite site, Tensor pattern)
    {
        var sinks = Sinks(site, pattern.detach()); // a constant for autograd
        var ofSinks = pattern.masked_fill(sinks.logical_not(), Scalars.Zero);
        var ofOthers = pattern.masked_fill(sinks, Scalars.Zero);
        var others = ofOthers.sum(-1, keepdim: true); // [batch, head, query, 1]
        var lone = others.eq(Scalars.Zero);
        using Scalar beta = Beta;
        using Scalar freed = 1 - Beta;
        var growth = ofSinks.sum(-1, keepdim: true) / others.masked_fill(lone, Scalars.One);
        return where(lone, pattern, ofOthers.addcmul(ofOthers, growth, freed).add(ofSinks, beta));
    }

    /// <summary>Boolean <c>[batch or 1, head or 1, query or 1, key]</c>.</summary>
    private Tensor Sinks(AttentionSite site, Tensor pattern)
    {
        var positions = TokenPositions.OfKeys(site, pattern); // [batch or 1, key]
        if (Positions is { } chosen)
        {
            var wanted = tensor(chosen.Select(position => (long)position).ToArray(), device: pattern.device); // [sink]
            return positions.unsqueeze(-1).eq(wanted).any(-1).unsqueeze(1).unsqueeze(1);
        }

        using Scalar threshold = Threshold;
        return pattern.gt(threshold).logical_and(positions.gt(Scalars.Zero).unsqueeze(1).unsqueeze(1));
    }
}
