using Experiments.Interpretability;
using Experiments.Reporting;

namespace Experiments.Studies;

/// <summary>Attention in one layer behind one step of a training, over the same texts at every step.</summary>
/// <param name="Step">Optimizer steps done; 0 before the first.</param>
/// <param name="Layer">0-based layer.</param>
/// <param name="FirstToken">Share of attention on the first token, mean over heads and texts.</param>
/// <param name="NonSemantic">Share of attention on non-semantic tokens: all classes but BOS, content words and digits.</param>
/// <param name="Expected">The share that the positions of these tokens explain: that of even attention.</param>
/// <param name="Outliers">Outlier tokens per text: attention received above <c>Q3 + 1.5 IQR</c> of the layer's keys and above <c>5/T</c>, all keys counted (decision 006).</param>
public sealed record AttentionAtStep(int Step, int Layer, double FirstToken, double NonSemantic, double Expected, double Outliers)
{
    /// <summary>By how much the share of non-semantic tokens is above what their positions explain.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public double Excess => NonSemantic - Expected;

    /// <summary>One row per layer.</summary>
    internal static IEnumerable<AttentionAtStep> Of(int step, AttentionStatistics statistics) =>
        from layer in Enumerable.Range(0, statistics.BosMass.GetLength(0))
        let masses = statistics.ClassMasses.Where(mass => mass.Layer == layer && mass.Class.IsNonSemantic()).ToList()
        select new AttentionAtStep(
            step,
            layer,
            Enumerable.Range(0, statistics.BosMass.GetLength(1)).Average(head => statistics.BosMass[layer, head]),
            masses.Sum(mass => mass.Mass),
            masses.Sum(mass => mass.Expected),
            (double)statistics.Outliers.Where(outliers => outliers.Layer == layer).Sum(outliers => outliers.Count) / statistics.Sequences);

    /// <summary>The rows as a table.</summary>
    internal static Table Table(IEnumerable<AttentionAtStep> rows) => Reporting.Table.From(rows, c => c
        .Integer("Step", row => row.Step)
        .Integer("Layer", row => row.Layer)
        .Number("First token", row => row.FirstToken, "0.0000")
        .Number("Non-semantic", row => row.NonSemantic, "0.0000")
        .Number("Explained by positions", row => row.Expected, "0.0000")
        .Number("Outlier tokens per text", row => row.Outliers, "0.00")) with
    {
        Caption = "Attention in the course of the training, on the same validation texts: share on the first token, share on non-semantic tokens beside that which their positions explain, and outlier tokens (attention received above Q3 + 1.5 IQR of the layer's keys and above 5/T).",
    };

    /// <summary>Means over layers by step, with bands from the least to the greatest layer.</summary>
    internal static LineFigure Figure(IEnumerable<AttentionAtStep> rows)
    {
        var steps = rows.GroupBy(row => row.Step).ToList();
        LineSeries Line(string name, Func<AttentionAtStep, double> share) => new(name, [.. steps.Select(step => (double)step.Key)], [.. steps.Select(step => step.Average(share))])
        {
            Low = [.. steps.Select(step => step.Min(share))],
            High = [.. steps.Select(step => step.Max(share))],
        };
        return new LineFigure
        {
            Title = "Attention in the course of the training",
            Caption = "Share of attention on the first token, and on non-semantic tokens above what their positions explain: mean over layers; bands reach from the least to the greatest layer.",
            Series = [Line("first token", row => row.FirstToken), Line("non-semantic, above positions", row => row.Excess)],
            XTitle = "step",
            ValueTitle = "share of attention",
            Percent = true,
            Markers = true,
        };
    }
}
