namespace Experiments.Reporting;

/// <summary>Draws an <see cref="IntervalFigure"/> without a browser.</summary>
internal static class PictureOfIntervals
{
    private const double Dot = 3.5;

    public static void Draw(IntervalFigure figure, PictureFrame frame)
    {
        figure.Check();
        var (g, (from, to)) = (frame.Geometry, figure.Range());
        double X(double value) => g.Left + (g.PlotWidth * (value - from) / (to - from));
        foreach (var tick in AxisTicks.Linear(from, to, (int)Math.Clamp(g.PlotWidth / 35, 5, 8), percent: false))
        {
            frame.Drawing.Line([new(X(tick.Value), g.Top), new(X(tick.Value), frame.PlotBottom)], PictureFrame.GridColor, 1, []);
            frame.HorizontalTick(X(tick.Value), tick.Label);
        }

        frame.Drawing.Line([new(X(0), g.Top), new(X(0), frame.PlotBottom)], PictureFrame.Ink, 1.5, []);
        var height = g.PlotHeight / Math.Max(figure.Values.Length, 1);
        for (var row = 0; row < figure.Values.Length; row++)
        {
            var y = g.Top + ((row + 0.5) * height);
            frame.Label(figure.Rows.Labels[row], new Spot(g.Left - 8, y), TextAnchor.End);
            if (!double.IsFinite(figure.Values[row]))
            {
                continue;
            }

            frame.Drawing.Line([new(X(figure.Low[row]), y), new(X(figure.High[row]), y)], ColorMap.OfSeries(0), 2, []);
            frame.Drawing.Rectangles([new Box(X(figure.Values[row]) - Dot, y - Dot, 2 * Dot, 2 * Dot)], ColorMap.OfSeries(0));
        }

        frame.AxisLines();
        frame.AxisTitles();
    }
}
