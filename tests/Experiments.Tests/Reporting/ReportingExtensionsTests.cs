using Experiments.Reporting;
using Experiments.Tests.Runs;

namespace Experiments.Tests.Reporting;

public sealed class ReportingExtensionsTests : IDisposable
{
    private readonly TemporaryWorkspace _temporary = new();

    [Fact]
    public void A_run_holds_each_table_and_figure_in_all_forms()
    {
        using var run = _temporary.Workspace.Start(TemporaryWorkspace.Plan());
        run.WriteFigure("loss", SampleFigures.Loss);
        run.WriteTable("before-after", Table.From([1.5], c => c.Number("x", v => v)));
        var done = run.Complete();
        Assert.Equal("x\r\n1.5\r\n", done.ReadText("tables/before-after.csv"));
        Assert.Contains(@"\label{tab:before-after}", done.ReadText("tables/before-after.tex"), StringComparison.Ordinal);
        Assert.True(done.Has("tables/before-after.md"));
        Assert.Equal(SampleFigures.Loss.ToHtmlPage(), done.ReadText("figures/loss.html"));
        Assert.StartsWith("series,x,value,low,high\r\ntraining,0,3.5,3,4\r\n", done.ReadText("figures/loss.csv"), StringComparison.Ordinal);
        Assert.True(done.Has("figures/loss.json"));
        Assert.Equal(SampleFigures.Loss.ToSvg(), done.ReadText("figures/loss.svg"));
        Assert.Equal(SampleFigures.Loss.ToPng(2), File.ReadAllBytes(done.PathOf("figures/loss.png")));
    }

    public void Dispose() => _temporary.Dispose();
}
