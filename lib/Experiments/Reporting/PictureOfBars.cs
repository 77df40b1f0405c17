namespace Experiments.Reporting;

/// <summary>Draws a <see cref="BarFigure"/> without a browser.</summary>
internal static class PictureOfBars
{
    private const double WidestCap = 3;
    private const double PartGap = 1;

    public static void Draw(BarFigure figure, PictureFrame frame)
    {
        figure.Check();
        var g = frame.Geometry;
        var y = frame.ValueAxis(figure.ValueRange(), logarithmic: false);
        var slot = g.PlotWidth / Math.Max(figure.Categories.Labels.Length, 1);
        for (var s = 0; s < figure.Series.Length; s++)
        {
            Series(figure, frame, s, slot, y);
        }

        frame.Drawing.Line([new(g.Left, y(0)), new(frame.PlotRight, y(0))], PictureFrame.Ink, 1, []);
        frame.Drawing.Line([new(g.Left, g.Top), new(g.Left, frame.PlotBottom)], PictureFrame.Ink, 1, []);
        if (figure.Reference is { } level)
        {
            frame.Reference(level, y(level.Value));
        }

        Labels(figure, frame, slot);
        frame.Legend([
            .. figure.Series.Select((series, i) => (series.Name, (Action<Spot, double>)((at, width) =>
                frame.Drawing.Rectangles([new Box(at.X + (width / 2) - 6, at.Y - 6, 12, 12)], ColorMap.OfSeries(i))))),
            .. figure.Reference is { } r ? [(r.Name, (Action<Spot, double>)frame.ReferenceSample)] : Array.Empty<(string, Action<Spot, double>)>(),
        ]);
        frame.AxisTitles();
    }

    private static void Series(BarFigure figure, PictureFrame frame, int index, double slot, Func<double, double> y)
    {
        var series = figure.Series[index];
        var width = slot * 0.75 / (figure.Stacked ? 1 : figure.Series.Length);
        for (var i = 0; i < series.Values.Length; i++)
        {
            if (!double.IsFinite(series.Values[i]))
            {
                continue;
            }

            var left = frame.Geometry.Left + (slot * (i + 0.125)) + (figure.Stacked ? 0 : index * width);
            var (end, start) = (y(figure.Base(index, i) + series.Values[i]), y(figure.Base(index, i)));
            var (top, bottom) = (Math.Min(end, start), Math.Max(end, start));
            var gap = figure.Stacked && index < figure.Series.Length - 1 && bottom - top > 2 * PartGap ? PartGap : 0; // tells parts apart in grey
            frame.Drawing.Rectangles([new Box(left, top + gap, width, bottom - top - gap)], ColorMap.OfSeries(index));
            if (!series.Low.IsEmpty && double.IsFinite(series.Low[i]) && double.IsFinite(series.High[i]))
            {
                Interval(frame, left + (width / 2), Math.Min(WidestCap, width * 0.35), y(series.Low[i]), y(series.High[i]));
            }
        }
    }

    private static void Interval(PictureFrame frame, double x, double cap, double low, double high)
    {
        frame.Drawing.Line([new(x, low), new(x, high)], PictureFrame.Ink, 1, []);
        frame.Drawing.Line([new(x - cap, low), new(x + cap, low)], PictureFrame.Ink, 1, []);
        frame.Drawing.Line([new(x - cap, high), new(x + cap, high)], PictureFrame.Ink, 1, []);
    }

    private static void Labels(BarFigure figure, PictureFrame frame, double slot)
    {
        var g = frame.Geometry;
        for (var i = 0; i < figure.Categories.Labels.Length; i++)
        {
            var x = g.Left + ((i + 0.5) * slot);
            if (g.TickAngle != 0)
            {
                frame.Label(figure.Categories.Labels[i], new Spot(x, frame.PlotBottom + 7), TextAnchor.End, g.TickAngle);
                continue;
            }

            var lines = TextSize.Wrap(figure.Categories.Labels[i], slot - 6, FigureGeometry.TextFont);
            for (var line = 0; line < lines.Count; line++)
            {
                frame.Label(lines[line], new Spot(x, frame.PlotBottom + 13 + (line * FigureGeometry.TextFont * FigureGeometry.LineHeight)), TextAnchor.Middle);
            }
        }
    }
}
