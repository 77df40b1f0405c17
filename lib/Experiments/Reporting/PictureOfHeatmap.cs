namespace Experiments.Reporting;

/// <summary>Draws a <see cref="HeatmapFigure"/> without a browser.</summary>
internal static class PictureOfHeatmap
{
    private const int Shades = 256;
    private const double GapAbove = 14; // cells larger than this many pixels stand one pixel apart

    public static void Draw(HeatmapFigure figure, PictureFrame frame)
    {
        figure.Check();
        var (g, drawing) = (frame.Geometry, frame.Drawing);
        var (width, height) = (g.PlotWidth / Math.Max(figure.Values.Columns, 1), g.PlotHeight / Math.Max(figure.Values.Rows, 1));
        var shade = ShadeOf(figure);
        drawing.Rectangles([new Box(g.Left, g.Top, g.PlotWidth, g.PlotHeight)], ColorMap.NoValue);
        var cells = from row in Enumerable.Range(0, figure.Values.Rows)
                    from column in Enumerable.Range(0, figure.Values.Columns)
                    where !double.IsNaN(figure.Values[row, column])
                    group new Box(g.Left + (column * width), g.Top + (row * height), width - (width > GapAbove ? 1 : 0), height - (height > GapAbove ? 1 : 0))
                    by shade(figure.Values[row, column]);
        foreach (var group in cells.OrderBy(c => c.Key))
        {
            drawing.Rectangles(group, ColorOf(figure, group.Key));
        }

        CellTexts(figure, frame, shade, width, height);
        Labels(figure, frame, width, height);
        if (g.ColorBarTitle.Count > 0)
        {
            ColorBar(figure, frame);
        }
    }

    private static Func<double, int> ShadeOf(HeatmapFigure figure)
    {
        var (low, high) = figure.ColorRange();
        double Scale(double v) => figure.LogFloor is null ? v : Math.Log10(Math.Max(v, low));
        return v => (int)Math.Round(Math.Clamp((Scale(v) - Scale(low)) / (Scale(high) - Scale(low)), 0, 1) * (Shades - 1));
    }

    private static string ColorOf(HeatmapFigure figure, int shade) => figure.Colors.At(shade / (Shades - 1.0));

    private static void CellTexts(HeatmapFigure figure, PictureFrame frame, Func<double, int> shade, double width, double height)
    {
        var (fits, font) = (frame.Geometry.CellFont > 0, frame.Geometry.CellFont);
        foreach (var (text, i) in figure.CellTexts().Select((text, i) => (text, i)).Where(cell => cell.text.Length > 0))
        {
            var (row, column) = (i / figure.Values.Columns, i % figure.Values.Columns);
            if (!fits && !figure.Marked.Contains((row, column)))
            {
                continue;
            }

            var color = ColorMap.InkOn(ColorOf(figure, shade(figure.Values[row, column])));
            var at = new Spot(frame.Geometry.Left + ((column + 0.5) * width), frame.Geometry.Top + ((row + 0.5) * height));
            frame.Label(fits ? text : HeatmapFigure.Mark, at, TextAnchor.Middle, 0, fits ? font : FigureGeometry.TextFont, color);
        }
    }

    private static void Labels(HeatmapFigure figure, PictureFrame frame, double width, double height)
    {
        var g = frame.Geometry;
        for (var column = 0; column < figure.Values.Columns; column += g.ColumnStep)
        {
            var x = g.Left + ((column + 0.5) * width);
            var (at, anchor) = g.TickAngle == 0
                ? (new Spot(x, frame.PlotBottom + 12), TextAnchor.Middle)
                : (new Spot(x, frame.PlotBottom + 5), TextAnchor.End);
            frame.Label(figure.Columns.Labels[column], at, anchor, g.TickAngle, g.TickFont);
        }

        for (var row = 0; row < figure.Values.Rows; row += g.RowStep)
        {
            frame.Label(figure.Rows.Labels[row], new Spot(g.Left - 5, g.Top + ((row + 0.5) * height)), TextAnchor.End, 0, g.TickFont);
        }

        frame.AxisTitles();
    }

    private static void ColorBar(HeatmapFigure figure, PictureFrame frame)
    {
        const int Steps = 64;
        var g = frame.Geometry;
        var (left, step) = (frame.PlotRight + 16, g.PlotHeight / Steps);
        for (var i = 0; i < Steps; i++)
        {
            var color = figure.Colors.At(1 - ((i + 0.5) / Steps));
            frame.Drawing.Rectangles([new Box(left, g.Top + (i * step), FigureGeometry.ColorBarThickness, (Steps - i) * step)], color); // each covers the rest of the one above: no gaps
        }

        var (low, high) = figure.ColorRange();
        double Scale(double v) => figure.LogFloor is null ? v : Math.Log10(v);
        foreach (var tick in g.ValueTicks)
        {
            var y = frame.PlotBottom - (g.PlotHeight * (Scale(tick.Value) - Scale(low)) / (Scale(high) - Scale(low)));
            frame.Label(tick.Label, new Spot(left + FigureGeometry.ColorBarThickness + 5, y), TextAnchor.Start);
        }

        frame.Upright(g.ColorBarTitle, left + FigureGeometry.ColorBarThickness + g.ColorBarLabels + 5);
    }
}
