using System.Globalization;
using Experiments.Interpretability;
using Experiments.Reporting;

namespace Experiments.Studies;

/// <summary>Maps of layers by heads.</summary>
public static class HeadFigures
{
    /// <summary>A map for each score of the heads. Shares and entropy go from 0 to 1, the effective context from 0 to its greatest value.</summary>
    /// <param name="heads">One record per head.</param>
    /// <returns>Seven panels without numbers, which the table has; heads without a score stay empty.</returns>
    public static PanelFigure Scores(IReadOnlyList<HeadScores> heads)
    {
        (string Name, string Unit, Func<HeadScores, double> Read)[] scores =
        [
            ("sink", "received", head => head.Sink),
            ("previous token", "share", head => head.PreviousToken),
            ("induction", "share", head => head.Induction),
            ("duplicate token", "share", head => head.DuplicateToken),
            ("local", "share", head => head.Local),
            ("normalised entropy", "entropy / ln i", head => head.NormalizedEntropy),
            ("effective context", "tokens", head => head.EffectiveContext),
        ];
        return new PanelFigure
        {
            Title = "Head scores, by layer and head",
            Caption = $"What each head does, by layer and head. {string.Join(" ", scores.Select((score, i) => $"{PanelFigure.Letter(i)} {score.Name}."))}",
            Panels = [.. scores.Select(score => Map(heads, score.Name, score.Unit, score.Read))],
        };
    }

    /// <summary>By how much the share of a head's attention on non-semantic tokens is above what their positions explain: blue below, white as expected, red above.</summary>
    /// <param name="mass">What they receive.</param>
    /// <param name="title">What the figure shows; null for the default.</param>
    /// <returns>The map, in percentage points.</returns>
    public static HeatmapFigure NonSemantic(NonSemanticMass mass, string? title = null) => new()
    {
        Title = title ?? string.Create(CultureInfo.InvariantCulture, $"Attention on non-semantic tokens above the {mass.Expected:0.0%} that positions explain"),
        Values = new Grid(mass.Heads.Mass).Map((_, _, share) => 100 * (share - mass.Expected)),
        Rows = CategoryAxis.Numbered("layer", mass.Heads.Mass.GetLength(0)),
        Columns = CategoryAxis.Numbered("head", mass.Heads.Mass.GetLength(1)),
        ValueTitle = "percentage points above positions",
        Colors = ColorMap.Difference,
        CellFormat = "+0;−0;0",
    };

    private static HeatmapFigure Map(IReadOnlyList<HeadScores> heads, string title, string unit, Func<HeadScores, double> read)
    {
        var values = new double[heads.Max(head => head.Layer) + 1, heads.Max(head => head.Head) + 1];
        foreach (var head in heads)
        {
            values[head.Layer, head.Head] = read(head);
        }

        return AttentionFigures.LayerByHead(values, title, unit, cellFormat: null, unit == "tokens" ? Math.Max(1, heads.Max(read)) : 1);
    }
}
