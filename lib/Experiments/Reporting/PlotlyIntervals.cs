using Plotly.NET;

namespace Experiments.Reporting;

/// <summary>Draws an <see cref="IntervalFigure"/> with Plotly.</summary>
internal static class PlotlyIntervals
{
    public static (IEnumerable<Trace> Traces, object Axes) Draw(IntervalFigure figure)
    {
        figure.Check();
        var rows = Enumerable.Range(0, figure.Values.Length).ToArray();
        var (from, to) = figure.Range();
        var points = new Trace("scatter").With(new
        {
            mode = "markers",
            x = figure.Values.Select(PlotlyChart.Short).ToArray(),
            y = rows,
            customdata = rows.Select(i => FormattableString.Invariant($"{figure.Low[i]:0.0##} to {figure.High[i]:0.0##}")).ToArray(),
            text = figure.Rows.Labels.Select(PlotlyChart.Label).ToArray(),
            marker = new { color = ColorMap.OfSeries(0), size = 8, symbol = "square" },
            error_x = new
            {
                type = "data",
                symmetric = false,
                array = rows.Select(i => PlotlyChart.Short(figure.High[i] - figure.Values[i])).ToArray(),
                arrayminus = rows.Select(i => PlotlyChart.Short(figure.Values[i] - figure.Low[i])).ToArray(),
                color = ColorMap.OfSeries(0),
                thickness = 2,
                width = 0,
            },
            hovertemplate = "%{text}: %{x} [%{customdata}]<extra></extra>",
        });
        return ([points], new
        {
            showlegend = false,
            xaxis = new
            {
                title = PlotlyChart.AxisTitle(figure.ValueTitle),
                range = new[] { PlotlyChart.Short(from), PlotlyChart.Short(to) },
                automargin = true,
                gridcolor = PictureFrame.GridColor,
                showline = true,
                linecolor = PictureFrame.Ink,
                ticks = "outside",
                zeroline = true,
                zerolinecolor = PictureFrame.Ink,
                zerolinewidth = 1.5,
            },
            yaxis = new
            {
                range = new[] { figure.Values.Length - 0.5, -0.5 },
                tickmode = "array",
                tickvals = rows,
                ticktext = figure.Rows.Labels.Select(PlotlyChart.Label).ToArray(),
                automargin = true,
                showgrid = false,
                showline = true,
                linecolor = PictureFrame.Ink,
                zeroline = false,
            },
        });
    }
}
