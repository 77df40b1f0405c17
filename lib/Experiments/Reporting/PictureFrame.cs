namespace Experiments.Reporting;

/// <summary>What all static figures share: title, axis titles, axes, legend, and the way from plot to page coordinates.</summary>
internal sealed class PictureFrame(FigureGeometry geometry, IDrawing drawing)
{
    /// <summary>How far the base line lies below the middle of a line of text, in units of the font size.</summary>
    public const double BaselineShift = 0.36;
    public const string Ink = "#222222";
    public const string GridColor = "#e6e6e6";
    private const int ValueTicks = 8;
    private const double LegendRow = 19;
    private const double LegendSample = 26;

    public FigureGeometry Geometry => geometry;

    public IDrawing Drawing => drawing;

    public double PlotRight => geometry.Left + geometry.PlotWidth;

    public double PlotBottom => geometry.Top + geometry.PlotHeight;

    public void Title()
    {
        for (var i = 0; i < geometry.TitleLines.Count; i++)
        {
            var y = 20 + (i * FigureGeometry.TitleFont * 1.3);
            drawing.Text(geometry.TitleLines[i], new Spot(10, y), FigureGeometry.TitleFont, TextAnchor.Start, 0, Ink);
        }
    }

    public void XTitle(string title) =>
        Label(title, new Spot(geometry.Left + (geometry.PlotWidth / 2), geometry.Height - 14), TextAnchor.Middle);

    public void YTitle(string title) =>
        Label(title, new Spot(14, geometry.Top + (geometry.PlotHeight / 2)), TextAnchor.Middle, 90);

    public void Label(string text, Spot at, TextAnchor anchor, double angle = 0, double size = FigureGeometry.TextFont, string color = Ink) =>
        drawing.Text(text, at, size, anchor, angle, color);

    /// <summary>A vertical axis with grid lines; returns the way from a value to its height on the page.</summary>
    public Func<double, double> ValueAxis(double low, double high, bool percent, bool logarithmic)
    {
        double Scale(double v) => logarithmic ? Math.Log10(Math.Max(v, low)) : v;
        double Y(double v) => PlotBottom - (geometry.PlotHeight * (Scale(v) - Scale(low)) / (Scale(high) - Scale(low)));
        var ticks = logarithmic ? AxisTicks.Logarithmic(low, high, percent) : AxisTicks.Linear(low, high, ValueTicks, percent);
        foreach (var tick in ticks)
        {
            var y = Y(tick.Value);
            drawing.Line([new(geometry.Left, y), new(PlotRight, y)], GridColor, 1, []);
            drawing.Line([new(geometry.Left - 5, y), new(geometry.Left, y)], Ink, 1, []);
            Label(tick.Label, new Spot(geometry.Left - 8, y), TextAnchor.End);
        }

        return Y;
    }

    /// <summary>A mark below the horizontal axis, with its name.</summary>
    public void HorizontalTick(double x, string label)
    {
        drawing.Line([new(x, PlotBottom), new(x, PlotBottom + 5)], Ink, 1, []);
        Label(label, new Spot(x, PlotBottom + 14), TextAnchor.Middle);
    }

    public void AxisLines()
    {
        drawing.Line([new(geometry.Left, geometry.Top), new(geometry.Left, PlotBottom), new(PlotRight, PlotBottom)], Ink, 1, []);
    }

    /// <summary>A legend right of the plot; one entry alone needs none.</summary>
    public void Legend(IReadOnlyList<(string Name, Action<Spot, double> Sample)> entries)
    {
        for (var i = 0; entries.Count > 1 && i < entries.Count; i++)
        {
            var at = new Spot(PlotRight + 14, geometry.Top + 10 + (i * LegendRow));
            entries[i].Sample(at, LegendSample);
            Label(entries[i].Name, new Spot(at.X + LegendSample + 8, at.Y), TextAnchor.Start);
        }
    }

    public void Reference(ReferenceLevel level, double y) =>
        drawing.Line([new(geometry.Left, y), new(PlotRight, y)], "#666666", 1.5, [9, 6]);

    public void ReferenceSample(Spot at, double width) => drawing.Line([at, new(at.X + width, at.Y)], "#666666", 1.5, [9, 6]);
}
