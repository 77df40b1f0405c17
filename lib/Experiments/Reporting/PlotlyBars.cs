using Plotly.NET;

namespace Experiments.Reporting;

/// <summary>Draws a <see cref="BarFigure"/> with Plotly.</summary>
internal static class PlotlyBars
{
    public static (IEnumerable<Trace> Traces, object Axes) Draw(BarFigure figure, FigureGeometry geometry)
    {
        figure.Check();
        var count = figure.Categories.Labels.Length;
        var places = Enumerable.Range(0, count).ToArray();
        var bars = figure.Series.Select((series, i) => Bar(figure, series, i, places));
        var reference = figure.Reference is { } level ? [PlotlyLines.Reference(level, -0.5, count - 0.5)] : Array.Empty<Trace>();
        var slot = (geometry.PlotWidth / Math.Max(count, 1)) - 6;
        return ([.. bars, .. reference], new
        {
            barmode = figure.Stacked ? "stack" : "group",
            bargap = 0.25,
            showlegend = figure.Series.Length + reference.Length > 1,
            xaxis = new
            {
                title = PlotlyChart.AxisTitle(figure.Categories.Title),
                range = new[] { -0.5, count - 0.5 },
                tickmode = "array",
                tickvals = places,
                ticktext = figure.Categories.Labels
                    .Select(l => geometry.TickAngle == 0 ? PlotlyChart.Lines(TextSize.Wrap(l, slot, FigureGeometry.TextFont)) : PlotlyChart.Label(l))
                    .ToArray(),
                tickangle = -geometry.TickAngle,
                automargin = true,
                showgrid = false,
                zeroline = false,
            },
            yaxis = PlotlyChart.ValueAxis(figure.ValueTitle, figure.Percent, fromZero: true),
        });
    }

    private static Trace Bar(BarFigure figure, BarSeries series, int index, int[] places)
    {
        var value = figure.Percent ? "%{y:.1%}" : "%{y:.4g}";
        var trace = new Trace("bar").With(new
        {
            name = PlotlyChart.Label(series.Name),
            x = places,
            y = series.Values.Select(PlotlyChart.Short).ToArray(),
            marker = new { color = ColorMap.OfSeries(index), line = figure.Stacked ? new { width = 1, color = "#ffffff" } : (object)new { width = 0 } },
            hovertemplate = $"%{{x}}<br>{PlotlyChart.Label(series.Name)}: {value}{(series.Low.IsEmpty ? "" : " [%{customdata}]")}<extra></extra>",
        });
        return series.Low.IsEmpty ? trace : trace.With(new
        {
            customdata = series.Low.Zip(series.High, (low, high) => Interval(low, high, figure.Percent)).ToArray(),
            error_y = new
            {
                type = "data",
                symmetric = false,
                array = series.High.Zip(series.Values, (high, v) => PlotlyChart.Short(high - v)).ToArray(),
                arrayminus = series.Low.Zip(series.Values, (low, v) => PlotlyChart.Short(v - low)).ToArray(),
                color = "#222222",
                thickness = 1,
                width = 3,
            },
        });
    }

    private static string Interval(double low, double high, bool percent) => percent
        ? FormattableString.Invariant($"{low:0.0%} – {high:0.0%}")
        : FormattableString.Invariant($"{low:G4} – {high:G4}");
}
