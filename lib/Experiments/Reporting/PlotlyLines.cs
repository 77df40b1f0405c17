using Plotly.NET;

namespace Experiments.Reporting;

/// <summary>Draws a <see cref="LineFigure"/> with Plotly.</summary>
internal static class PlotlyLines
{
    private static readonly string[] Dashes = ["solid", "dash", "dot", "dashdot", "longdash"];

    public static (IEnumerable<Trace> Traces, object Axes) Draw(LineFigure figure)
    {
        figure.Check();
        var lines = figure.Series.SelectMany((series, i) => Band(series, i).Append(Line(figure, series, i))).ToList();
        var x = figure.Series.SelectMany(s => s.X).ToArray();
        if (figure.Reference is { } level && x.Length > 0)
        {
            lines.Add(Reference(level, x.Min(), x.Max()));
        }

        return (lines, new
        {
            showlegend = figure.Series.Length + (figure.Reference is null ? 0 : 1) > 1,
            xaxis = new
            {
                title = PlotlyChart.AxisTitle(figure.XTitle),
                automargin = true,
                showgrid = false,
                showline = true,
                linecolor = "#222222",
                ticks = "outside",
                zeroline = false,
            },
            yaxis = PlotlyChart.ValueAxis(figure.ValueTitle, figure.Percent, figure.LogValues),
        });
    }

    /// <summary>A dashed grey line across the plot.</summary>
    public static Trace Reference(ReferenceLevel level, double from, double to) => new Trace("scatter").With(new
    {
        name = PlotlyChart.Label(level.Name),
        mode = "lines",
        x = new[] { from, to },
        y = new[] { level.Value, level.Value },
        line = new { color = "#666666", width = 1.5, dash = "dash" },
        hoverinfo = "name",
    });

    private static Trace Line(LineFigure figure, LineSeries series, int index) => new Trace("scatter").With(new
    {
        name = PlotlyChart.Label(series.Name),
        mode = figure.Markers ? "lines+markers" : "lines",
        x = series.X.Select(PlotlyChart.Place).ToArray(),
        y = series.Y.Select(PlotlyChart.Short).ToArray(),
        line = new { color = ColorMap.OfSeries(index), width = 2, dash = Dashes[index % Dashes.Length] },
        legendgroup = $"line{index}",
        hovertemplate = $"{PlotlyChart.Label(figure.XTitle)} %{{x}}<br>{PlotlyChart.Label(series.Name)}: "
            + (figure.Percent ? "%{y:.1%}" : "%{y:.4g}") + "<extra></extra>",
    });

    private static IEnumerable<Trace> Band(LineSeries series, int index)
    {
        if (series.Low.IsEmpty)
        {
            yield break;
        }

        foreach (var (edge, fill) in new[] { (series.Low, "none"), (series.High, "tonexty") })
        {
            yield return new Trace("scatter").With(new
            {
                mode = "lines",
                x = series.X.Select(PlotlyChart.Place).ToArray(),
                y = edge.Select(PlotlyChart.Short).ToArray(),
                line = new { width = 0, color = ColorMap.OfSeries(index) },
                fill,
                fillcolor = ColorMap.OfSeries(index) + "33",
                hoverinfo = "skip",
                showlegend = false,
                legendgroup = $"line{index}",
            });
        }
    }
}
