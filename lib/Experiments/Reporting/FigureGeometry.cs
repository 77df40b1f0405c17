namespace Experiments.Reporting;

/// <summary>
/// The room that the parts of a figure need, computed from its content so that all renderers agree and no label is cut. Units are pixels
/// at 96 per inch on a screen, and 1/12 of the text size in print.
/// </summary>
internal sealed record FigureGeometry
{
    public const double TitleFont = 15;
    public const double TextFont = 12;
    public const double LineHeight = 1.3;
    public const double ColorBarThickness = 14;
    public const double LegendRowHeight = 19;
    public const double LegendSample = 26;
    private const double LegendGap = 8;
    private const double Gap = 10;
    private const double MaxPlot = 1408;

    public double PlotWidth { get; private init; }

    public double PlotHeight { get; private init; }

    public double Left { get; private init; }

    public double Right { get; private init; }

    public double Bottom { get; private init; }

    public double Top => (TitleLines.Count > 0 ? (Gap * 2) + (TitleLines.Count * TitleSize * LineHeight) : Gap) + (LegendRows.Count * LegendRowHeight);

    public double Width => Left + PlotWidth + Right;

    public double Height => Top + PlotHeight + Bottom;

    /// <summary>Font size of the labels along the axes.</summary>
    public double TickFont { get; private init; } = TextFont;

    /// <summary>Font size of the texts in a heatmap's cells; 0 where they don't fit.</summary>
    public double CellFont { get; private init; }

    /// <summary>Labels of the x axis, broken into lines, are turned by this many degrees counter-clockwise.</summary>
    public double TickAngle { get; private init; }

    /// <summary>Every how many columns there is a label.</summary>
    public int ColumnStep { get; private init; } = 1;

    /// <summary>Every how many rows there is a label.</summary>
    public int RowStep { get; private init; } = 1;

    /// <summary>The marks of the value axis, or of the colour bar.</summary>
    public IReadOnlyList<AxisTick> ValueTicks { get; private init; } = [];

    public IReadOnlyList<string> TitleLines { get; private init; } = [];

    public double TitleSize { get; private init; }

    public IReadOnlyList<string> XTitle { get; private init; } = [];

    public IReadOnlyList<string> YTitle { get; private init; } = [];

    /// <summary>The colour bar's title; empty where there is no colour bar.</summary>
    public IReadOnlyList<string> ColorBarTitle { get; private init; } = [];

    /// <summary>Where the colour bar's title begins, right of the bar.</summary>
    public double ColorBarLabels => TextSize.Widest(ValueTicks.Select(tick => tick.Label), TextFont) + Gap;

    /// <summary>The places of the legend's entries, row by row, if the legend stands above the plot.</summary>
    public IReadOnlyList<IReadOnlyList<double>> LegendRows { get; private init; } = [];

    public static FigureGeometry Of(Figure figure, FigureSpace space) => figure switch
    {
        HeatmapFigure heatmap => OfHeatmap(heatmap, space),
        BarFigure bars => OfBars(bars, space),
        LineFigure lines => OfLines(lines, space),
        IntervalFigure intervals => OfIntervals(intervals, space),
        _ => throw new NotSupportedException($"No layout for {figure.GetType().Name}."),
    };

    private static FigureGeometry OfHeatmap(HeatmapFigure figure, FigureSpace space)
    {
        var (rows, columns) = (Math.Max(figure.Values.Rows, 1), Math.Max(figure.Values.Columns, 1));
        var (low, high) = figure.ColorRange();
        var (geometry, right) = (new FigureGeometry(), -1.0);
        // The font of labels decides the room, the room the cells, the cells the font and how the bar's title breaks: until nothing grows any more.
        while (geometry.Right > right)
        {
            right = geometry.Right;
            var left = TextSize.Widest(Shown(figure.Rows, geometry.RowStep), geometry.TickFont) + AxisTitleRoom(figure.Rows.Title) + Gap;
            var (cellWidth, cellHeight) = Cell(figure, rows, columns, space.Width - left - right, space.SquareSide);
            var font = Math.Clamp(Math.Min(cellWidth, cellHeight) * 0.8, space.MinFont, TextFont);
            var widest = TextSize.Widest(figure.Columns.Labels, font);
            var turned = widest > cellWidth - 4;
            var columnStep = (int)Math.Ceiling((turned ? font * 1.1 : widest + 4) / cellWidth);
            var (plotWidth, plotHeight) = (cellWidth * columns, cellHeight * rows);
            var ticks = figure.LogFloor is null ? AxisTicks.Linear(low, high, (int)Math.Clamp(plotHeight / 40, 3, 10), figure.Percent) : AxisTicks.Decades(low, high);
            var barTitle = space.ColorBar ? TextSize.Wrap(figure.ValueTitle, Math.Max(plotHeight, 90), TextFont) : [];
            var xTitle = AxisTitle(figure.Columns.Title, plotWidth);
            geometry = new FigureGeometry
            {
                PlotWidth = plotWidth,
                PlotHeight = plotHeight,
                TickFont = font,
                CellFont = CellFontOf(figure, cellWidth, cellHeight, space.MinFont),
                TickAngle = turned ? 90 : 0,
                ColumnStep = columnStep,
                RowStep = (int)Math.Ceiling(font * 1.1 / cellHeight),
                Left = left,
                Bottom = (turned ? TextSize.Widest(Shown(figure.Columns, columnStep), font) : font * LineHeight) + AxisTitleRoom(xTitle) + Gap,
                ValueTicks = ticks,
                XTitle = xTitle,
                YTitle = AxisTitle(figure.Rows.Title, plotHeight),
                ColorBarTitle = barTitle,
            };
            var bar = barTitle.Count == 0 ? Gap : 16 + ColorBarThickness + geometry.ColorBarLabels + (barTitle.Count * TextFont * LineHeight) + (Gap / 2);
            geometry = geometry with { Right = Math.Max(right, bar) };
        }

        return geometry.Finish(figure, space, []);
    }

    private static IEnumerable<string> Shown(CategoryAxis axis, int step) => axis.Labels.Where((_, i) => i % step == 0);

    private static (double Width, double Height) Cell(HeatmapFigure figure, int rows, int columns, double? available, double squareSide)
    {
        var longer = Math.Max(rows, columns);
        if (available is { } room)
        {
            var width = Math.Max(room / columns, 1);
            return figure.Square ? (Math.Min(width, 40), Math.Min(width, 40)) : (width, Math.Min(Math.Clamp(400.0 / rows, 18, 40), Math.Max(width, 18)));
        }

        if (figure.Square)
        {
            var side = Math.Min(Math.Clamp(squareSide / longer, squareSide / 55, 40), MaxPlot / longer);
            return (side, side);
        }

        var text = figure.CellFormat is null ? 0 : TextSize.Widest(figure.CellTexts(), TextFont) + 8;
        return (Math.Min(Math.Max(Math.Clamp(640.0 / columns, 13, 80), text), MaxPlot / columns), Math.Min(Math.Clamp(400.0 / rows, 18, 48), MaxPlot / rows));
    }

    private static double CellFontOf(HeatmapFigure figure, double width, double height, double smallest)
    {
        if (figure.CellFormat is null)
        {
            return 0;
        }

        var fitting = Math.Min((width - 4) / Math.Max(TextSize.Widest(figure.CellTexts(), 1), 1e-9), height - 2);
        return fitting < smallest ? 0 : Math.Min(fitting, TextFont);
    }

    private static FigureGeometry OfBars(BarFigure figure, FigureSpace space)
    {
        var groups = Math.Max(figure.Categories.Labels.Length, 1);
        var words = figure.Categories.Labels.SelectMany(label => label.Split(' '));
        var wanted = Math.Max(((figure.Stacked ? 1 : figure.Series.Length) * 16.0) + 20, TextSize.Widest(words, TextFont) + 8);
        var names = Names(figure.Series.Select(s => s.Name), figure.Reference);
        var (plot, (low, high)) = (Plot(space, Math.Clamp(groups * wanted, 420, 980), 320), figure.ValueRange());
        var geometry = OfValues(figure.ValueTitle, names, space, plot, AxisTicks.Linear(low, high, plot.Ticks, figure.Percent));
        var slot = (geometry.PlotWidth / groups) - 6;
        var lines = figure.Categories.Labels.Select(label => TextSize.Wrap(label, slot, TextFont)).ToArray();
        var turned = lines.SelectMany(l => l).Any(line => TextSize.Width(line, TextFont) > slot);
        var labels = turned ? TextSize.Widest(figure.Categories.Labels, TextFont) : lines.Select(l => l.Count).DefaultIfEmpty(1).Max() * TextFont * LineHeight;
        var title = AxisTitle(figure.Categories.Title, geometry.PlotWidth);
        return (geometry with { TickAngle = turned ? 90 : 0, Bottom = labels + AxisTitleRoom(title) + Gap, XTitle = title }).Finish(figure, space, names);
    }

    private static FigureGeometry OfLines(LineFigure figure, FigureSpace space)
    {
        var names = Names(figure.Series.Select(s => s.Name), figure.Reference);
        var (plot, (low, high)) = (Plot(space, 620, 340), figure.ValueRange());
        var ticks = figure.LogValues ? AxisTicks.Logarithmic(low, high, figure.Percent) : AxisTicks.Linear(low, high, plot.Ticks, figure.Percent);
        var geometry = OfValues(figure.ValueTitle, names, space, plot, ticks);
        var title = AxisTitle(figure.XTitle, geometry.PlotWidth);
        return (geometry with { Bottom = (TextFont * LineHeight) + AxisTitleRoom(title) + Gap, XTitle = title }).Finish(figure, space, names);
    }

    private static FigureGeometry OfIntervals(IntervalFigure figure, FigureSpace space)
    {
        var left = TextSize.Widest(figure.Rows.Labels, TextFont) + (2 * Gap);
        const double right = 3 * Gap;
        var width = space.Width - left - right ?? 420;
        var title = AxisTitle(figure.ValueTitle, width);
        return new FigureGeometry
        {
            PlotWidth = width,
            PlotHeight = Math.Max(figure.Values.Length, 2) * (space.Width is null ? 24 : 18),
            Left = left,
            Bottom = (TextFont * LineHeight) + AxisTitleRoom(title) + Gap,
            Right = right,
            XTitle = title,
        }.Finish(figure, space, []);
    }

    /// <summary>The plot's natural width and height, and about how many ticks stand along it; in print it is half as high as wide.</summary>
    private static (double Width, double Height, int Ticks) Plot(FigureSpace space, double width, double height)
    {
        var high = space.Width is { } given ? Math.Clamp(given * 0.45, 130, 280) : height;
        return (width, high, (int)Math.Clamp(high / 25, 5, 8));
    }

    private static FigureGeometry OfValues(string title, string[] names, FigureSpace space, (double Width, double Height, int Ticks) plot, IReadOnlyList<AxisTick> ticks)
    {
        var yTitle = AxisTitle(title, plot.Height);
        var left = TextSize.Widest(ticks.Select(tick => tick.Label), TextFont) + (2 * Gap) + AxisTitleRoom(yTitle);
        var right = names.Length > 1 && !space.LegendAbove ? 14 + LegendSample + LegendGap + TextSize.Widest(names, TextFont) + Gap : space.LegendAbove ? 1.5 * Gap : 3 * Gap;
        return new FigureGeometry
        {
            PlotWidth = space.Width - left - right ?? plot.Width,
            PlotHeight = plot.Height,
            Left = left,
            Right = right,
            ValueTicks = ticks,
            YTitle = yTitle,
        };
    }

    private static string[] Names(IEnumerable<string> series, ReferenceLevel? reference) => [.. series, .. reference is { } level ? [level.Name] : Array.Empty<string>()];

    private static IReadOnlyList<string> AxisTitle(string title, double length) => title.Length > 0 ? TextSize.Wrap(title, Math.Max(length, 120), TextFont) : [];

    private static double AxisTitleRoom(string title) => AxisTitleRoom(title.Length > 0 ? [title] : []);

    private static double AxisTitleRoom(IReadOnlyList<string> title) => title.Count > 0 ? (title.Count * TextFont * LineHeight) + Gap : 0;

    /// <summary>Title, legend above the plot, and the width that was asked for.</summary>
    private FigureGeometry Finish(Figure figure, FigureSpace space, string[] names)
    {
        var wide = this with { Right = Right + Math.Max(0, (space.Width ?? space.MinWidth) - Width) };
        return wide with
        {
            TitleSize = space.TitleFont ?? 0,
            TitleLines = space.TitleFont is { } font ? TextSize.Wrap($"{space.TitlePrefix} {figure.Title}".Trim(), wide.Width - (2 * Gap) - space.ButtonRoom, font) : [],
            LegendRows = space.LegendAbove && names.Length > 1 ? Rows(names, Left, wide.Width) : [],
        };
    }

    private static List<IReadOnlyList<double>> Rows(string[] names, double left, double width)
    {
        var rows = new List<IReadOnlyList<double>>();
        var oneRow = names.Sum(name => LegendSample + LegendGap + TextSize.Width(name, TextFont)) + (1.5 * Gap * (names.Length - 1));
        left = left + oneRow > width ? Gap : left;
        var (row, x) = (new List<double>(), left);
        foreach (var name in names)
        {
            var room = LegendSample + LegendGap + TextSize.Width(name, TextFont);
            if (row.Count > 0 && x + room > width - (Gap / 2))
            {
                rows.Add(row);
                (row, x) = ([], left);
            }

            row.Add(x);
            x += room + (1.5 * Gap);
        }

        rows.Add(row);
        return rows;
    }
}
