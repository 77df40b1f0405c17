using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Experiments.Runs;
using Microsoft.FSharp.Collections;
using Plotly.NET;

namespace Experiments.Reporting;

/// <summary>Draws figures as Plotly.NET charts: interactive, for notebooks and pages.</summary>
internal static class PlotlyChart
{
    private static readonly object Settings = new
    {
        displaylogo = false,
        displayModeBar = "hover",
        modeBarButtonsToRemove = new[] { "pan2d", "select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d" },
    };

    private const string Ink = "#222222";
    private const double MostExact = 1L << 53;
    private const string FontFamily = "DejaVu Sans, Verdana, Arial, sans-serif";

    public static GenericChart Draw(Figure figure)
    {
        var page = FigurePage.Of(figure, FigureSpace.Screen);
        var (traces, layout) = figure is PanelFigure ? PlotlyPanels.Draw(page) : One(page);
        return GenericChart.NewMultiChart(ListModule.OfSeq(traces), layout, new Config().With(Settings), new DisplayOptions());
    }

    /// <summary>Traces and axes of one figure, in Plotly's terms.</summary>
    public static (IEnumerable<Trace> Traces, object Axes) Plot(Figure figure, FigureGeometry geometry) => figure switch
    {
        HeatmapFigure heatmap => PlotlyHeatmap.Draw(heatmap, geometry),
        BarFigure bars => PlotlyBars.Draw(bars, geometry),
        LineFigure lines => PlotlyLines.Draw(lines),
        IntervalFigure intervals => PlotlyIntervals.Draw(intervals),
        _ => throw new NotSupportedException($"No Plotly renderer for {figure.GetType().Name}."),
    };

    /// <summary>The chart's JSON with sorted keys and without the default template, so that equal figures have equal bytes.</summary>
    /// <remarks>Whole numbers have no ".0": a front end in JavaScript writes none, and would change every notebook that it saves.</remarks>
    public static string Json(Figure figure)
    {
        var chart = JsonNode.Parse(GenericChart.toFigureJson(Draw(figure)))!.AsObject();
        (chart["layout"] as JsonObject)?.Remove("template");
        chart["config"] = JsonSerializer.SerializeToNode(Settings);
        chart.Remove("frames");
        return Sorted(chart)!.ToJsonString(RunJson.Compact);
    }

    /// <summary>Sets each property of an anonymous object on a Plotly.NET object.</summary>
    public static T With<T>(this T target, object properties)
        where T : DynamicObj.DynamicObj
    {
        foreach (var property in properties.GetType().GetProperties())
        {
            target.SetProperty(property.Name, property.GetValue(properties));
        }

        return target;
    }

    /// <summary>Few digits, because more cannot be seen and would only make the file larger. NaN becomes null.</summary>
    public static double? Short(double value) => Digits(value, "G4");

    /// <summary>A place along the x axis, with the digits that a step or token count needs.</summary>
    public static double? Place(double value) => Digits(value, "G9");

    /// <summary>Plotly reads labels as a little HTML, so a token such as <c>&lt;s&gt;</c> must be escaped.</summary>
    public static string Label(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal);

    public static string Lines(IEnumerable<string> lines) => string.Join("<br>", lines.Select(Label));

    /// <summary>An axis title that keeps clear of the labels.</summary>
    public static object AxisTitle(string title) => new { text = Label(title), font = new { size = FigureGeometry.TextFont }, standoff = 8 };

    /// <summary>A vertical axis for values, with a light grid.</summary>
    public static object ValueAxis(string title, bool percent, bool logarithmic = false, bool fromZero = false) => new
    {
        title = AxisTitle(title),
        type = logarithmic ? "log" : "linear",
        tickformat = percent ? ".0%" : "",
        rangemode = fromZero ? "tozero" : "normal",
        automargin = true,
        gridcolor = "#e6e6e6",
        linecolor = Ink,
        showline = true,
        ticks = "outside",
        zeroline = fromZero,
        zerolinecolor = Ink,
    };

    private static double? Digits(double value, string format) => double.IsFinite(value)
        ? double.Parse(value.ToString(format, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
        : null;

    private static (IEnumerable<Trace> Traces, Layout Layout) One(FigurePage page)
    {
        var (figure, g, _) = page.Panels[0];
        var (traces, axes) = Plot(figure, g);
        var margin = new { l = Math.Ceiling(g.Left), r = Math.Ceiling(g.Right), t = Math.Ceiling(g.Top), b = Math.Ceiling(g.Bottom), pad = 0 };
        return (traces, new Layout().With(Frame(page, g.TitleLines, margin)).With(axes));
    }

    /// <summary>The layout's frame: size, margins, fonts, colours and the title.</summary>
    public static object Frame(FigurePage page, IEnumerable<string> title, object margin) => new
    {
        width = Math.Ceiling(page.Width),
        height = Math.Ceiling(page.Height),
        margin,
        font = new { family = FontFamily, size = FigureGeometry.TextFont, color = Ink },
        paper_bgcolor = "#ffffff",
        plot_bgcolor = "#ffffff",
        hoverlabel = new { font = new { family = FontFamily } },
        title = new
        {
            text = Lines(title),
            font = new { size = FigureGeometry.TitleFont },
            x = 0,
            xanchor = "left",
            y = 1,
            yanchor = "top",
            pad = new { l = 10, t = 12 },
        },
        legend = new { x = 1.02, y = 1, xanchor = "left", yanchor = "top" },
    };

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sorted(p.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Sorted)]),
        JsonValue v when v.TryGetValue<double>(out var number) && double.IsInteger(number) && Math.Abs(number) < MostExact => JsonValue.Create((long)number),
        _ => node?.DeepClone(),
    };
}
