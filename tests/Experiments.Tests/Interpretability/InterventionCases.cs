using Experiments.Interpretability;

namespace Experiments.Tests.Interpretability;

/// <summary>One setting of each kind that changes a tiny model plainly.</summary>
internal static class InterventionCases
{
    private static readonly RebalanceOptions Strong = new() { Alpha = 2, Threshold = 0.1, Decay = Decay.Constant };

    internal static IReadOnlyList<Intervention> All { get; } =
    [
        Strong,
        new SoftmaxTemperature { Tau = 2 },
        new SinkDownWeighting { Beta = 0.2 },
        new SpanSteering { First = 1, Last = 2, Alpha = 0.1 },
        new AttentionCalibration { Beta = 0.1 },
        new AttentionCalibration { Positions = [0, 2], Beta = 0.1, FirstLayer = 1 },
        new RandomMask { Rebalance = Strong, Seed = 3 },
        new OtherLayerMask { Rebalance = Strong, Layer = 1 },
        new OtherSequenceMask { Rebalance = Strong, Tokens = [1, 9, 9, 3, 7] },
        new MassiveActivations { Threshold = 1.5, Ratio = 3 },
        new MassiveActivations { Threshold = 1.5, Ratio = 3, To = MassiveReplacement.Mean, Tokens = [1, 9, 9, 3, 7], LastLayer = 1 },
    ];

    /// <summary>Each in one line, for theories.</summary>
    public static TheoryData<string> Names { get; } = [.. All.Select(Interventions.Text)];

    internal static Intervention Find(string name) => All.Single(intervention => Interventions.Text(intervention) == name);
}
