namespace Experiments.Reporting;

/// <summary>What all static figures share: title, axis titles, axes, legend, and the way from plot to page coordinates.</summary>
internal sealed class PictureFrame(FigureGeometry geometry, IDrawing drawing)
{
    /// <summary>How far the base line lies below the middle of a line of text, in units of the font size.</summary>
    public const double BaselineShift = 0.36;
    public const string Ink = "#222222";
    public const string GridColor = "#e6e6e6";
    private const double Edge = 10; // the middle of the first line of an axis title keeps so far from the edge
    private const double LineStep = FigureGeometry.TextFont * FigureGeometry.LineHeight;

    public FigureGeometry Geometry => geometry;

    public IDrawing Drawing => drawing;

    public double PlotRight => geometry.Left + geometry.PlotWidth;

    public double PlotBottom => geometry.Top + geometry.PlotHeight;

    public void Title()
    {
        for (var i = 0; i < geometry.TitleLines.Count; i++)
        {
            var y = 20 + (i * geometry.TitleSize * FigureGeometry.LineHeight);
            drawing.Text(geometry.TitleLines[i], new Spot(10, y), geometry.TitleSize, TextAnchor.Start, 0, Ink);
        }
    }

    /// <summary>The titles of both axes.</summary>
    public void AxisTitles()
    {
        for (var line = 0; line < geometry.XTitle.Count; line++)
        {
            var y = geometry.Height - Edge - ((geometry.XTitle.Count - 1 - line) * LineStep);
            var half = TextSize.Width(geometry.XTitle[line], FigureGeometry.TextFont) / 2;
            var x = Math.Clamp(geometry.Left + (geometry.PlotWidth / 2), half, Math.Max(half, geometry.Width - half));
            Label(geometry.XTitle[line], new Spot(x, y), TextAnchor.Middle);
        }

        Upright(geometry.YTitle, Edge);
    }

    /// <summary>Lines that read upward beside the plot, the first at x.</summary>
    public void Upright(IReadOnlyList<string> lines, double x)
    {
        for (var line = 0; line < lines.Count; line++)
        {
            var half = TextSize.Width(lines[line], FigureGeometry.TextFont) / 2;
            var y = Math.Clamp(geometry.Top + (geometry.PlotHeight / 2), half, Math.Max(half, geometry.Height - half));
            Label(lines[line], new Spot(x + (line * LineStep), y), TextAnchor.Middle, 90);
        }
    }

    public void Label(string text, Spot at, TextAnchor anchor, double angle = 0, double size = FigureGeometry.TextFont, string color = Ink) =>
        drawing.Text(text, at, size, anchor, angle, color);

    /// <summary>A vertical axis with grid lines; returns the way from a value to its height on the page.</summary>
    public Func<double, double> ValueAxis((double Low, double High) range, bool logarithmic)
    {
        double Scale(double v) => logarithmic ? Math.Log10(Math.Max(v, range.Low)) : v;
        double Y(double v) => PlotBottom - (geometry.PlotHeight * (Scale(v) - Scale(range.Low)) / (Scale(range.High) - Scale(range.Low)));
        foreach (var tick in geometry.ValueTicks)
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

    /// <summary>A legend above or right of the plot; one entry alone needs none.</summary>
    public void Legend(IReadOnlyList<(string Name, Action<Spot, double> Sample)> entries)
    {
        var firstAbove = geometry.Top - (geometry.LegendRows.Count * FigureGeometry.LegendRowHeight) + 5;
        Spot[] places = geometry.LegendRows.Count > 0
            ? [.. geometry.LegendRows.SelectMany((row, i) => row.Select(x => new Spot(x, firstAbove + (i * FigureGeometry.LegendRowHeight))))]
            : [.. entries.Select((_, i) => new Spot(PlotRight + 14, geometry.Top + 10 + (i * FigureGeometry.LegendRowHeight)))];
        for (var i = 0; entries.Count > 1 && i < entries.Count; i++)
        {
            entries[i].Sample(places[i], FigureGeometry.LegendSample);
            Label(entries[i].Name, new Spot(places[i].X + FigureGeometry.LegendSample + 8, places[i].Y), TextAnchor.Start);
        }
    }

    public void Reference(ReferenceLevel level, double y) =>
        drawing.Line([new(geometry.Left, y), new(PlotRight, y)], "#666666", 1.5, [9, 6]);

    public void ReferenceSample(Spot at, double width) => drawing.Line([at, new(at.X + width, at.Y)], "#666666", 1.5, [9, 6]);
}
