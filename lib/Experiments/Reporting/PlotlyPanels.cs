using System.Globalization;
using Plotly.NET;

namespace Experiments.Reporting;

/// <summary>Draws the panels of a figure with Plotly: each has its axes, at the place that the static picture gives it.</summary>
internal static class PlotlyPanels
{
    private const string PanelLetter = "xy";

    public static (IEnumerable<Trace> Traces, Layout Layout) Draw(FigurePage page)
    {
        var layout = new Layout().With(PlotlyChart.Frame(page, page.TitleLines, new { l = 0, r = 0, t = 0, b = 0, pad = 0 }));
        var traces = new List<Trace>();
        for (var i = 0; i < page.Panels.Length; i++)
        {
            var (figure, geometry, origin) = page.Panels[i];
            var (drawn, axes) = PlotlyChart.Plot(figure, geometry);
            var number = i == 0 ? "" : (i + 1).ToString(CultureInfo.InvariantCulture);
            var left = (origin.X + geometry.Left) / page.Width;
            var right = left + (geometry.PlotWidth / page.Width);
            var top = 1 - ((origin.Y + geometry.Top) / page.Height);
            var bottom = top - (geometry.PlotHeight / page.Height);
            foreach (var property in axes.GetType().GetProperties())
            {
                var value = property.GetValue(axes)!;
                _ = property.Name switch
                {
                    "xaxis" => layout.Set($"xaxis{number}", Axis(value, [left, right], "y" + number)),
                    "yaxis" => layout.Set($"yaxis{number}", Axis(value, [bottom, top], "x" + number)),
                    "showlegend" => layout.Set($"legend{number}", new { x = right + (14 / page.Width), y = top, xanchor = "left", yanchor = "top" }),
                    _ => layout.Set(property.Name, value),
                };
            }

            foreach (var trace in drawn)
            {
                traces.Add(Placed(trace, number, right, (top + bottom) / 2, top - bottom, geometry.ColorBarTitle.Count > 0, IsLegendShown(axes)));
            }
        }

        layout.Set("showlegend", true);
        layout.Set("annotations", page.Panels.SelectMany(panel => Title(panel.Geometry, panel.Origin, page)).ToArray());
        return (traces, layout);
    }

    private static bool IsLegendShown(object axes) => axes.GetType().GetProperty("showlegend")?.GetValue(axes) is true;

    private static Trace Placed(Trace trace, string number, double right, double middle, double height, bool hasColorBar, bool hasLegend)
    {
        trace.With(new { xaxis = PanelLetter[..1] + number, yaxis = PanelLetter[1..] + number });
        if (trace.type == "heatmap")
        {
            return hasColorBar
                ? trace.Set("colorbar", Merged(trace.TryGetPropertyValue("colorbar").Value, ("x", right), ("y", middle), ("len", height), ("lenmode", "fraction")))
                : trace.Set("showscale", false);
        }

        trace.Set("legend", "legend" + number);
        return hasLegend ? trace : trace.Set("showlegend", false);
    }

    private static Dictionary<string, object?> Axis(object axis, double[] domain, string anchor) =>
        Merged(axis, ("domain", domain.Select(PlotlyChart.Place).ToArray()), ("anchor", anchor), ("automargin", false));

    private static Dictionary<string, object?> Merged(object properties, params ReadOnlySpan<(string Name, object? Value)> more)
    {
        var merged = properties.GetType().GetProperties().ToDictionary(p => p.Name, p => p.GetValue(properties), StringComparer.Ordinal);
        foreach (var (name, value) in more)
        {
            merged[name] = value;
        }

        return merged;
    }

    private static T Set<T>(this T target, string name, object value)
        where T : DynamicObj.DynamicObj
    {
        target.SetProperty(name, value);
        return target;
    }

    private static IEnumerable<object> Title(FigureGeometry geometry, Spot origin, FigurePage page)
    {
        yield return new
        {
            text = PlotlyChart.Lines(geometry.TitleLines),
            font = new { size = geometry.TitleSize },
            showarrow = false,
            align = "left",
            xref = "paper",
            yref = "paper",
            x = PlotlyChart.Place((origin.X + 10) / page.Width),
            y = PlotlyChart.Place(1 - ((origin.Y + 10) / page.Height)),
            xanchor = "left",
            yanchor = "top",
        };
    }
}
