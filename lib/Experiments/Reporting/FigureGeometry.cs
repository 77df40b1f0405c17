namespace Experiments.Reporting;

/// <summary>
/// The room that the parts of a figure need, in pixels at 96 per inch, computed from its content so that both renderers agree and no
/// label is cut.
/// </summary>
internal sealed record FigureGeometry
{
    public const double TitleFont = 15;
    public const double TextFont = 12;
    public const double ColorBarThickness = 14;
    private const double Gap = 10;
    private const double LineHeight = 1.3;
    private const double MaxPlot = 1408;
    private const double MinTickFont = 8;
    private const double MinWidth = 400;
    private const double ButtonRoom = 90; // Plotly's buttons stand right of the title

    public double PlotWidth { get; private init; }

    public double PlotHeight { get; private init; }

    public double Left { get; private init; }

    public double Right { get; private init; }

    public double Bottom { get; private init; }

    public double Top => (Gap * 2) + (TitleLines.Count * TitleFont * LineHeight);

    public double Width => Left + PlotWidth + Right;

    public double Height => Top + PlotHeight + Bottom;

    /// <summary>Font size of the labels along the axes.</summary>
    public double TickFont { get; private init; } = TextFont;

    /// <summary>Labels of the x axis, broken into lines, are turned by this many degrees counter-clockwise.</summary>
    public double TickAngle { get; private init; }

    /// <summary>Every how many columns there is a label.</summary>
    public int ColumnStep { get; private init; } = 1;

    /// <summary>Every how many rows there is a label.</summary>
    public int RowStep { get; private init; } = 1;

    public IReadOnlyList<string> TitleLines { get; private init; } = [];

    public IReadOnlyList<string> ColorBarTitle { get; private init; } = [];

    public static FigureGeometry Of(Figure figure) => figure switch
    {
        HeatmapFigure heatmap => OfHeatmap(heatmap),
        BarFigure bars => OfBars(bars),
        LineFigure lines => OfLines(lines),
        IntervalFigure intervals => OfIntervals(intervals),
        _ => throw new NotSupportedException($"No layout for {figure.GetType().Name}."),
    };

    private static FigureGeometry OfHeatmap(HeatmapFigure figure)
    {
        var (rows, columns) = (figure.Values.Rows, figure.Values.Columns);
        var (cellWidth, cellHeight) = Cell(figure, Math.Max(rows, 1), Math.Max(columns, 1));
        var font = Math.Clamp(Math.Min(cellWidth, cellHeight) * 0.8, MinTickFont, TextFont);
        var widestColumn = TextSize.Widest(figure.Columns.Labels, font);
        var turned = widestColumn > cellWidth - 4;
        var plotHeight = cellHeight * rows;
        var barTitle = TextSize.Wrap(figure.ValueTitle, Math.Max(plotHeight, 90), TextFont);
        return new FigureGeometry
        {
            PlotWidth = cellWidth * columns,
            PlotHeight = plotHeight,
            TickFont = font,
            TickAngle = turned ? 90 : 0,
            ColumnStep = (int)Math.Ceiling((turned ? font * 1.1 : widestColumn) / cellWidth),
            RowStep = (int)Math.Ceiling(font * 1.1 / cellHeight),
            Left = TextSize.Widest(figure.Rows.Labels, font) + AxisTitleRoom(figure.Rows.Title) + Gap,
            Bottom = (turned ? widestColumn : font * LineHeight) + AxisTitleRoom(figure.Columns.Title) + Gap,
            Right = ColorBarThickness + 65 + (barTitle.Count * TextFont * LineHeight) + Gap,
            ColorBarTitle = barTitle,
        }.WithTitle(figure);
    }

    private static (double Width, double Height) Cell(HeatmapFigure figure, int rows, int columns)
    {
        if (figure.Square)
        {
            var longer = Math.Max(rows, columns);
            var side = Math.Min(Math.Clamp(600.0 / longer, 11, 40), MaxPlot / longer);
            return (side, side);
        }

        var text = figure.CellFormat is null ? 0 : TextSize.Widest(figure.CellTexts(), TextFont) + 8;
        var width = Math.Min(Math.Max(Math.Clamp(640.0 / columns, 13, 80), text), MaxPlot / columns);
        return (width, Math.Min(Math.Clamp(400.0 / rows, 18, 48), MaxPlot / rows));
    }

    private static FigureGeometry OfBars(BarFigure figure)
    {
        var groups = Math.Max(figure.Categories.Labels.Length, 1);
        var words = figure.Categories.Labels.SelectMany(label => label.Split(' '));
        var wanted = Math.Max((figure.Series.Length * 16.0) + 20, TextSize.Widest(words, TextFont) + 8);
        var plotWidth = Math.Clamp(groups * wanted, 420, 980);
        var slot = (plotWidth / groups) - 6;
        var lines = figure.Categories.Labels.Select(label => TextSize.Wrap(label, slot, TextFont)).ToArray();
        var turned = lines.SelectMany(l => l).Any(line => TextSize.Width(line, TextFont) > slot);
        var labels = turned ? TextSize.Widest(figure.Categories.Labels, TextFont) : lines.Max(l => l.Count) * TextFont * LineHeight;
        var names = figure.Series.Select(s => s.Name).Concat(figure.Reference is { } r ? [r.Name] : []).ToArray();
        return new FigureGeometry
        {
            PlotWidth = plotWidth,
            PlotHeight = 320,
            TickAngle = turned ? 90 : 0,
            Left = 60 + AxisTitleRoom(figure.ValueTitle),
            Bottom = labels + AxisTitleRoom(figure.Categories.Title) + Gap,
            Right = LegendRoom(names),
        }.WithTitle(figure);
    }

    private static FigureGeometry OfLines(LineFigure figure) => new FigureGeometry
    {
        PlotWidth = 620,
        PlotHeight = 340,
        Left = 60 + AxisTitleRoom(figure.ValueTitle),
        Bottom = (TextFont * LineHeight) + AxisTitleRoom(figure.XTitle) + Gap,
        Right = LegendRoom([.. figure.Series.Select(s => s.Name).Concat(figure.Reference is { } r ? [r.Name] : [])]),
    }.WithTitle(figure);

    private static FigureGeometry OfIntervals(IntervalFigure figure) => new FigureGeometry
    {
        PlotWidth = 420,
        PlotHeight = Math.Max(figure.Values.Length, 2) * 24,
        Left = TextSize.Widest(figure.Rows.Labels, TextFont) + (2 * Gap),
        Bottom = (TextFont * LineHeight) + AxisTitleRoom(figure.ValueTitle) + Gap,
        Right = 3 * Gap,
    }.WithTitle(figure);

    private static double LegendRoom(string[] names) => names.Length > 1 ? 60 + TextSize.Widest(names, TextFont) : 3 * Gap;

    private static double AxisTitleRoom(string title) => title.Length > 0 ? (TextFont * LineHeight) + Gap : 0;

    private FigureGeometry WithTitle(Figure figure)
    {
        var missing = Math.Max(0, MinWidth - Width);
        var wide = this with { Right = Right + missing };
        return wide with { TitleLines = TextSize.Wrap(figure.Title, wide.Width - (2 * Gap) - ButtonRoom, TitleFont) };
    }
}
