using Plotly.NET;

namespace Experiments.Reporting;

/// <summary>Draws a <see cref="HeatmapFigure"/> with Plotly.</summary>
internal static class PlotlyHeatmap
{
    public static (IEnumerable<Trace> Traces, object Axes) Draw(HeatmapFigure figure, FigureGeometry geometry)
    {
        figure.Check();
        var (low, high) = figure.ColorRange();
        var logarithmic = figure.LogFloor is not null;
        var trace = new Trace("heatmap").With(new
        {
            z = Rows(figure, v => logarithmic ? Math.Log10(Math.Max(v, low)) : v),
            zmin = logarithmic ? Math.Log10(low) : low,
            zmax = logarithmic ? Math.Log10(high) : high,
            colorscale = ColorScale(figure.Colors),
            colorbar = ColorBar(figure, geometry, low, high),
            hoverongaps = false,
            hovertemplate = Hover(figure, logarithmic),
            xgap = geometry.PlotWidth / figure.Values.Columns > 14 ? 1 : 0,
            ygap = geometry.PlotHeight / figure.Values.Rows > 14 ? 1 : 0,
        });
        if (logarithmic)
        {
            trace.With(new { customdata = Rows(figure, v => v) });
        }

        if (figure.CellFormat is not null)
        {
            var texts = figure.CellTexts().Chunk(Math.Max(figure.Values.Columns, 1)).ToArray();
            trace.With(new { text = texts, texttemplate = "%{text}", textfont = new { size = FigureGeometry.TextFont } });
        }

        return ([trace], new
        {
            xaxis = Axis(figure.Columns, geometry.ColumnStep, geometry, geometry.TickAngle, [-0.5, figure.Values.Columns - 0.5]),
            yaxis = Axis(figure.Rows, geometry.RowStep, geometry, 0, [figure.Values.Rows - 0.5, -0.5]), // row 0 at the top
            plot_bgcolor = ColorMap.NoValue,
        });
    }

    private static double?[][] Rows(HeatmapFigure figure, Func<double, double> value) =>
    [
        .. Enumerable.Range(0, figure.Values.Rows).Select(row => Enumerable.Range(0, figure.Values.Columns)
            .Select(column => PlotlyChart.Short(double.IsNaN(figure.Values[row, column]) ? double.NaN : value(figure.Values[row, column])))
            .ToArray()),
    ];

    private static object[][] ColorScale(ColorMap map) =>
        [.. map.Stops.Select((color, i) => new object[] { PlotlyChart.Short(i / (map.Stops.Length - 1.0))!, color })];

    private static object Axis(CategoryAxis axis, int step, FigureGeometry geometry, double angle, double[] range)
    {
        var places = Enumerable.Range(0, axis.Labels.Length).Where(i => i % Math.Max(step, 1) == 0).ToArray();
        return new
        {
            title = PlotlyChart.AxisTitle(axis.Title),
            range,
            tickmode = "array",
            tickvals = places,
            ticktext = places.Select(i => PlotlyChart.Label(axis.Labels[i])).ToArray(),
            tickangle = -angle,
            tickfont = new { size = Math.Round(geometry.TickFont, 1) },
            automargin = true,
            showgrid = false,
            zeroline = false,
            ticks = "outside",
            ticklen = 4, // invisible: keeps the labels off the cells
            tickcolor = "rgba(0,0,0,0)",
        };
    }

    private static object ColorBar(HeatmapFigure figure, FigureGeometry geometry, double low, double high)
    {
        var title = new { text = PlotlyChart.Lines(geometry.ColorBarTitle), side = "right", font = new { size = FigureGeometry.TextFont } };
        var place = new { title, thickness = FigureGeometry.ColorBarThickness, len = 1, ypad = 0, xpad = 10, outlinewidth = 0 };
        if (figure.LogFloor is null)
        {
            return new { place.title, place.thickness, place.len, place.ypad, place.xpad, place.outlinewidth, tickformat = figure.Percent ? ".3~%" : "" };
        }

        var decades = AxisTicks.Decades(low, high);
        return new
        {
            place.title,
            place.thickness,
            place.len,
            place.ypad,
            place.xpad,
            place.outlinewidth,
            tickmode = "array",
            tickvals = decades.Select(d => PlotlyChart.Short(Math.Log10(d.Value))).ToArray(),
            ticktext = decades.Select(d => d.Label).ToArray(),
        };
    }

    private static string Hover(HeatmapFigure figure, bool logarithmic) =>
        $"{PlotlyChart.Label(figure.Rows.Title)}: %{{y}}<br>{PlotlyChart.Label(figure.Columns.Title)}: %{{x}}<br>"
        + $"{PlotlyChart.Label(figure.ValueTitle)}: {(logarithmic ? "%{customdata:.3g}" : figure.Percent ? "%{z:.2%}" : "%{z:.3g}")}<extra></extra>";
}
