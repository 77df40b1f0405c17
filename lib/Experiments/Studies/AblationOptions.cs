using System.Text.Json.Serialization;
using Experiments.Evaluation;
using Experiments.Interpretability;

namespace Experiments.Studies;

/// <summary>Which settings of re-balancing to try, on which questions: every combination of the lists.</summary>
public sealed record AblationOptions
{
    /// <summary>Validation questions per category, on which all settings are tried.</summary>
    public int QuestionsPerCategory { get; init; } = 50;

    /// <summary>Test questions per category, on which the chosen setting is asked once; null to leave the test split alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? TestPerCategory { get; init; }

    /// <summary>Seed of the dataset and of the bootstrap.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Prompt template.</summary>
    public string Template { get; init; } = "compact-cot";

    /// <summary>Strengths.</summary>
    public IReadOnlyList<double> Alphas { get; init; } = [0.1, 0.2, 0.5, 1];

    /// <summary>Thresholds of the mask.</summary>
    public IReadOnlyList<double> Thresholds { get; init; } = [0.01, 0.05, 0.2];

    /// <summary>0-based layers that the mask is read from.</summary>
    public IReadOnlyList<int> SourceLayers { get; init; } = [0];

    /// <summary>Ranges of edited layers. Of each, the layers after the source are edited; one without any is left out.</summary>
    public IReadOnlyList<LayerRange> LayerRanges { get; init; } = [LayerRange.All];

    /// <summary>Whether each head has its mask, or all have one.</summary>
    public IReadOnlyList<MaskSharing> HeadSharing { get; init; } = [MaskSharing.PerHead];

    /// <summary>Besides the grid, layers that are edited alone: each with every strength, and the first of the other lists.</summary>
    public IReadOnlyList<int> SingleLayers { get; init; } = [1, 2, 3];

    /// <summary>How answers are obtained.</summary>
    public EvaluationOptions Evaluation { get; init; } = new();
}
