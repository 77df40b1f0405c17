using System.Text.Json.Serialization;
using Experiments.Runs;

namespace Experiments.Interpretability;

/// <summary>Settings of the attention statistics; the defaults are the published definitions.</summary>
public sealed record AttentionStudyOptions
{
    /// <summary>A head sinks into a key when the key's attention received is above this (Gu et al. 2024: 0.3).</summary>
    public double SinkEpsilon { get; init; } = 0.3;

    /// <summary>Tokens over which the sink rate is measured; shorter texts use all they have.</summary>
    public int SinkLength { get; init; } = 64;

    /// <summary>Outlier rule, first condition: above <c>Q3 + OutlierIqr * IQR</c> of the layer's keys.</summary>
    public double OutlierIqr { get; init; } = 1.5;

    /// <summary>Outlier rule, second condition: above <c>OutlierFactor / T</c>, that many times the mean weight of a row.</summary>
    public double OutlierFactor { get; init; } = 5;

    /// <summary>
    /// Keys that fewer queries can see are left out of the outlier rule. 1 is the plain definition, under which the last keys of a
    /// text often count as outliers only because few queries, their own among them, are averaged. Small values move that edge
    /// rather than remove it; half of the text did remove it where it was measured (decision 006).
    /// </summary>
    public int OutlierMinimumQueries { get; init; } = 1;

    /// <summary>Bootstrap resamples of the sequences.</summary>
    public int Resamples { get; init; } = 1000;

    /// <summary>Coverage of the bootstrap intervals.</summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>Seed of the bootstrap.</summary>
    public int Seed { get; init; }

    /// <summary>Statistics beyond the plain ones, each at a cost of its own; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LaboratoryOptions? Laboratory { get; init; }

    /// <summary>Rejects values out of range.</summary>
    /// <exception cref="ExperimentException">A value is out of range.</exception>
    public void Validate()
    {
        var wrong = this switch
        {
            _ when !(SinkEpsilon > 0 && SinkEpsilon < 1) => $"sink epsilon is {SinkEpsilon}; it must lie between 0 and 1",
            { SinkLength: < 1 } => $"sink length is {SinkLength}; it must be at least 1",
            _ when !(OutlierIqr >= 0) => $"outlier IQR factor is {OutlierIqr}; it must be 0 or more",
            _ when !(OutlierFactor >= 0) => $"outlier factor is {OutlierFactor}; it must be 0 or more",
            { OutlierMinimumQueries: < 1 } => $"outlier minimum queries is {OutlierMinimumQueries}; it must be at least 1",
            { Resamples: < 1 } => $"resamples is {Resamples}; it must be at least 1",
            _ when !(Confidence > 0 && Confidence < 1) => $"confidence is {Confidence}; it must lie between 0 and 1",
            _ => Laboratory?.Wrong(),
        };
        if (wrong is not null)
        {
            throw new ExperimentException($"Attention statistics: {wrong}.");
        }
    }
}
