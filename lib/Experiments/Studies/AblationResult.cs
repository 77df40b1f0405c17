using System.Text.Json.Serialization;
using Experiments.Evaluation;
using Experiments.Interpretability;

namespace Experiments.Studies;

/// <summary>The numbers of an ablation, as saved.</summary>
/// <param name="Baseline">Accuracy without re-balancing.</param>
/// <param name="Cells">Every setting tried; p values are Holm-corrected over all of them.</param>
public sealed record AblationResult(AccuracyRow Baseline, IReadOnlyList<AblationCell> Cells)
{
    /// <summary>The chosen setting on test questions; null where none were asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AblationTest? Test { get; init; }

    /// <summary>The setting with the largest difference: the chosen one.</summary>
    [JsonIgnore]
    public AblationCell Best => Test is { } test ? Cells[test.Setting] : Cells.MaxBy(cell => cell.Change.Difference)!;
}

/// <summary>One setting's result.</summary>
/// <param name="Rebalance">The setting.</param>
/// <param name="Layers">Edited layers, in words.</param>
/// <param name="Summary">Accuracy under it.</param>
/// <param name="Change">Compared with no re-balancing, on the same questions.</param>
public sealed record AblationCell(RebalanceOptions Rebalance, string Layers, AccuracyRow Summary, PairedRow Change);

/// <summary>The setting that was chosen on validation questions, asked once on test questions.</summary>
/// <param name="Setting">Its 0-based place among the settings tried.</param>
/// <param name="Off">Accuracy without re-balancing.</param>
/// <param name="On">Accuracy under it.</param>
/// <param name="Change">The same questions compared. It is one test, so its p stands uncorrected.</param>
public sealed record AblationTest(int Setting, AccuracyRow Off, AccuracyRow On, PairedRow Change);
