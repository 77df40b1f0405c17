using Experiments.Evaluation;
using Experiments.Interpretability;

namespace Experiments.Studies;

/// <summary>Which interventions to compare, on which questions.</summary>
public sealed record InterventionOptions
{
    /// <summary>Validation questions per category; the test split is left for the chosen setting.</summary>
    public int QuestionsPerCategory { get; init; } = 50;

    /// <summary>Seed of the dataset and of the bootstrap.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Prompt template.</summary>
    public string Template { get; init; } = "compact-cot";

    /// <summary>The re-balancing that the controls are for.</summary>
    public RebalanceOptions Rebalance { get; init; } = new();

    /// <summary>Other interventions, each by itself.</summary>
    public IReadOnlyList<Intervention> Others { get; init; } =
    [
        RebalancePresets.Find("uniform-boost"),
        RebalancePresets.Find("renormalized"),
        new SoftmaxTemperature { Tau = 0.8 },
        new SoftmaxTemperature { Tau = 1.5 },
        new AttentionCalibration { Beta = 0.8 },
        new SpanSteering { Alpha = 0.5 },
        new SinkDownWeighting { Beta = 0.25 },
    ];

    /// <summary>Seeds of the random masks, one control each.</summary>
    public IReadOnlyList<int> RandomSeeds { get; init; } = [1, 2, 3];

    /// <summary>Layer whose mask is a control; null for none. Only the layers behind it are edited, and so in the re-balancing that it is compared with.</summary>
    public int? MaskLayer { get; init; } = 1;

    /// <summary>How answers are obtained.</summary>
    public EvaluationOptions Evaluation { get; init; } = new();
}

/// <summary>What a row of the comparison is.</summary>
public enum InterventionRole
{
    /// <summary>Re-balancing with the real mask.</summary>
    Rebalancing,

    /// <summary>Re-balancing with a mask that cannot hold what the paper says.</summary>
    Control,

    /// <summary>Another intervention.</summary>
    Other,
}

/// <summary>One intervention's result.</summary>
/// <param name="Name">Its settings in words.</param>
/// <param name="Role">What it is.</param>
/// <param name="Intervention">Its settings.</param>
/// <param name="Summary">Accuracy under it.</param>
/// <param name="Change">Compared with none, on the same questions; Holm-corrected over all rows.</param>
/// <param name="Real">Of a control: the row of the re-balancing that it controls for; null for others.</param>
/// <param name="Effect">Of a control: that re-balancing compared with it, on the same questions, so that a gain is the mask's; Holm-corrected over the controls.</param>
public sealed record InterventionRow(string Name, InterventionRole Role, Intervention Intervention, AccuracyRow Summary, PairedRow Change, string? Real, PairedRow? Effect);

/// <summary>The numbers of a comparison, as saved.</summary>
/// <param name="Baseline">Accuracy without any intervention.</param>
/// <param name="Rows">Every intervention: re-balancing, then its controls, then others.</param>
public sealed record InterventionResult(AccuracyRow Baseline, IReadOnlyList<InterventionRow> Rows);
