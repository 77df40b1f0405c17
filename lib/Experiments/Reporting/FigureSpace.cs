namespace Experiments.Reporting;

/// <summary>The space that a figure, or a panel of one, is given; lengths in units of the layout.</summary>
internal sealed record FigureSpace
{
    /// <summary>As large as the content wants, with title and legend: screens.</summary>
    public static FigureSpace Screen { get; } = new() { TitleFont = FigureGeometry.TitleFont, ButtonRoom = 90, MinWidth = 400 };

    /// <summary>The exact width, or null for what the content wants.</summary>
    public double? Width { get; init; }

    /// <summary>Font size of the title; null for no title.</summary>
    public double? TitleFont { get; init; }

    /// <summary>Stands before the title, such as <c>(a)</c>.</summary>
    public string TitlePrefix { get; init; } = "";

    /// <summary>The smallest font of a crowded axis.</summary>
    public double MinFont { get; init; } = 8;

    /// <summary>Plotly's buttons stand right of the title.</summary>
    public double ButtonRoom { get; init; }

    /// <summary>At least so wide.</summary>
    public double MinWidth { get; init; }

    /// <summary>On a screen, the cells of a square heatmap of many tokens shrink until it is about this large.</summary>
    public double SquareSide { get; init; } = 600;

    /// <summary>Whether a heatmap carries its own colour bar.</summary>
    public bool ColorBar { get; init; } = true;

    /// <summary>In print, legends stand above the plot: a column has no room beside it.</summary>
    public bool LegendAbove => Width is not null;

    public static FigureSpace Of(FigureSize? size) => size is null ? Screen : new FigureSpace
    {
        Width = size.WidthInches * 72 / size.PointsPerUnit,
        MinFont = FigureSize.SmallestPoints / size.PointsPerUnit,
    };
}
