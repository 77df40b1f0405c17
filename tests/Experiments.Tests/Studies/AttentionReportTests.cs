using Experiments.Interpretability;
using Experiments.Reporting;
using Experiments.Studies;
using Experiments.Tests.Models;

namespace Experiments.Tests.Studies;

public sealed class AttentionReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Numbers_saved_without_heads_and_intervals_are_read_and_drawn_without_them()
    {
        var runs = new SmallRuns(_folder.File("results"));
        var run = runs.Attention(EmbeddedModel.Folder, EmbeddedModel.Folder);
        var whole = AttentionReport.ExhibitsOf(run);
        Assert.All(Lines(whole).SkipLast(1), line => Assert.Equal(line.Y.Length, line.Low.Length));
        Assert.Contains(whole.Figures, figure => figure.Name == "non-semantic-by-head");
        Assert.Contains(whole.Tables, table => table.Name == "non-semantic-heads-fine-tuned");

        SmallRuns.Edit(run, "metrics.json", conditions =>
        {
            foreach (var statistics in conditions.AsArray().Select(condition => condition!["statistics"]!.AsObject()))
            {
                Assert.True(statistics.Remove("intervals") && statistics.Remove("headMasses") && statistics.Remove("nonSemantic"));
            }
        });
        var old = AttentionReport.ExhibitsOf(run);
        Assert.All(Lines(old), line => Assert.Empty(line.Low));
        Assert.All(Lines(whole).Zip(Lines(old)), pair => Assert.All(pair.First.Y.Zip(pair.Second.Y), y => Assert.Equal(y.First, y.Second, 1e-9)));
        Assert.DoesNotContain(old.Figures, figure => figure.Name == "non-semantic-by-head");

        // The study itself measures again, for its notebooks show all.
        Assert.NotEqual(run.Id, runs.Attention(EmbeddedModel.Folder, EmbeddedModel.Folder).Id);

        static IReadOnlyList<LineSeries> Lines(Exhibits exhibits) => ((LineFigure)exhibits.Figures.Single(figure => figure.Name == "non-semantic").Figure).Series;
    }

    [Fact]
    public void The_map_of_heads_shows_percentage_points_above_positions_and_the_table_the_greatest_shares()
    {
        var mass = new NonSemanticMass(4, 0.25, [new LayerMass(0.3, null, null)], new HeadShares(new[,] { { 0.25, 0.5 }, { 0.05, 0.75 } }, new[,] { { 0.2, 0.4 }, { 0, 0.7 } }, new[,] { { 0.3, 0.6 }, { 0.1, 0.8 } }));
        var map = HeadFigures.NonSemantic(mass);
        Assert.Equal([0, 25, -20, 50], map.Values.Present.Select(value => Math.Round(value, 9)));
        Assert.Equal(["0", "+25", "−20", "+50"], map.CellTexts());
        Assert.Equal((-50, 50), map.ColorRange());
        Assert.Contains("25.0%", map.Title, StringComparison.Ordinal);
        Assert.Equal("Layer,Head,Mass,Mass low,Mass high,Expected,Lift\r\n1,1,0.75,0.7,0.8,0.25,3\r\n0,1,0.5,0.4,0.6,0.25,2\r\n", AttentionReport.HeadTable(mass, most: 2).ToCsv());
    }

    [Fact]
    public void Every_score_of_the_heads_has_a_map_and_a_score_that_a_head_lacks_stays_empty()
    {
        var head = new HeadScores { Layer = 0, Head = 0, Sink = 0.1, PreviousToken = 0.2, Induction = 0.3, DuplicateToken = 0.4, Local = double.NaN, NormalizedEntropy = 0.6, EffectiveContext = 7, Category = HeadCategory.Other };
        var maps = HeadFigures.Scores([head, head with { Head = 1, Local = 0.5 }]).Panels.Cast<HeatmapFigure>().ToList();
        Assert.Equal([0.1, 0.2, 0.3, 0.4, double.NaN, 0.6, 7], maps.Select(map => map.Values[0, 0]));
        Assert.Equal(0.5, maps[4].Values[0, 1]);
        Assert.Equal([(0, 1), (0, 1), (0, 1), (0, 1), (0, 1), (0, 1), (0, 7)], maps.Select(map => map.ColorRange()));
    }
}
