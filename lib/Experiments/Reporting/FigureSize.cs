namespace Experiments.Reporting;

/// <summary>How large a static figure stands in a paper. Its title is left to the caption, its legend stands above the plot.</summary>
public sealed record FigureSize
{
    /// <summary>The smallest text is this many points high; journals ask for 7 or more.</summary>
    public const double SmallestPoints = 7;

    private const double MinWidth = 2;
    private const double MaxWidth = 20;
    private const double LargestPoints = 12;

    /// <summary>A size of a width and a text size; the height follows from the content.</summary>
    /// <param name="widthInches">Width in inches, 2 to 20.</param>
    /// <param name="fontPoints">Text size in points, 7 to 12.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is out of its range.</exception>
    public FigureSize(double widthInches, double fontPoints = 8)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(widthInches, MinWidth);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(widthInches, MaxWidth);
        ArgumentOutOfRangeException.ThrowIfLessThan(fontPoints, SmallestPoints);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fontPoints, LargestPoints);
        (WidthInches, FontPoints) = (widthInches, fontPoints);
    }

    /// <summary>One column of a two-column paper: 3.25 inches.</summary>
    public static FigureSize SingleColumn { get; } = new(3.25);

    /// <summary>Both columns: 6.75 inches.</summary>
    public static FigureSize DoubleColumn { get; } = new(6.75);

    /// <summary>Width in inches.</summary>
    public double WidthInches { get; }

    /// <summary>Size of labels in points; crowded labels shrink to <see cref="SmallestPoints"/> at least.</summary>
    public double FontPoints { get; }

    /// <summary>Points for each unit of the layout, in which text is <see cref="FigureGeometry.TextFont"/> high.</summary>
    internal double PointsPerUnit => FontPoints / FigureGeometry.TextFont;
}
