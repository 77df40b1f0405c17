namespace Experiments.Reporting;

/// <summary>Draws a <see cref="LineFigure"/> without a browser.</summary>
internal static class PictureOfLines
{
    private static readonly double[][] Dashes = [[], [9, 6], [2, 4], [9, 4, 2, 4], [14, 6]];

    public static void Draw(LineFigure figure, PictureFrame frame)
    {
        figure.Check();
        var y = frame.ValueAxis(figure.ValueRange(), figure.LogValues);
        var x = XAxis(figure, frame);
        for (var i = 0; i < figure.Series.Length; i++)
        {
            Series(figure, frame, i, x, y);
        }

        frame.AxisLines();
        if (figure.Reference is { } level)
        {
            frame.Reference(level, y(level.Value));
        }

        frame.Legend([
            .. figure.Series.Select((series, i) => (series.Name, (Action<Spot, double>)((at, width) =>
                frame.Drawing.Line([at, new(at.X + width, at.Y)], ColorMap.OfSeries(i), 2, Dashes[i % Dashes.Length])))),
            .. figure.Reference is { } r ? [(r.Name, (Action<Spot, double>)frame.ReferenceSample)] : Array.Empty<(string, Action<Spot, double>)>(),
        ]);
        frame.AxisTitles();
    }

    private static Func<double, double> XAxis(LineFigure figure, PictureFrame frame)
    {
        var places = figure.Series.SelectMany(s => s.X).Where(double.IsFinite).DefaultIfEmpty(0).ToArray();
        var (low, high) = (places.Min(), places.Max());
        high = high > low ? high : low + 1;
        double X(double v) => frame.Geometry.Left + (frame.Geometry.PlotWidth * (v - low) / (high - low));
        foreach (var tick in AxisTicks.Linear(low, high, (int)Math.Clamp(frame.Geometry.PlotWidth / 65, 3, 6), percent: false))
        {
            frame.HorizontalTick(X(tick.Value), tick.Label);
        }

        return X;
    }

    private static void Series(LineFigure figure, PictureFrame frame, int index, Func<double, double> x, Func<double, double> y)
    {
        var (series, color) = (figure.Series[index], ColorMap.OfSeries(index));
        if (!series.Low.IsEmpty)
        {
            var upper = series.X.Zip(series.High, (a, b) => new Spot(x(a), y(b)));
            var lower = series.X.Zip(series.Low, (a, b) => new Spot(x(a), y(b)));
            frame.Drawing.Area([.. upper.Concat(lower.Reverse()).Where(s => double.IsFinite(s.Y))], color, 0.2);
        }

        foreach (var stretch in Unbroken(series))
        {
            Spot[] points = [.. stretch.Select(i => new Spot(x(series.X[i]), y(series.Y[i])))];
            frame.Drawing.Line(points, color, 2, Dashes[index % Dashes.Length]);
            if (figure.Markers || points.Length == 1)
            {
                frame.Drawing.Rectangles(points.Select(p => new Box(p.X - 3, p.Y - 3, 6, 6)), color);
            }
        }
    }

    /// <summary>The stretches of a line between its missing values, as indices.</summary>
    private static IEnumerable<List<int>> Unbroken(LineSeries series)
    {
        var stretch = new List<int>();
        for (var i = 0; i <= series.Y.Length; i++)
        {
            if (i < series.Y.Length && double.IsFinite(series.Y[i]))
            {
                stretch.Add(i);
            }
            else if (stretch.Count > 0)
            {
                yield return stretch;
                stretch = [];
            }
        }
    }
}
