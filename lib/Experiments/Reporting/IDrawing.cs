namespace Experiments.Reporting;

/// <summary>Which point of a text its position names.</summary>
internal enum TextAnchor
{
    Start,
    Middle,
    End,
}

/// <summary>The few strokes that a static figure is made of, in pixels from the top left corner. Colours are <c>#rrggbb</c>.</summary>
internal interface IDrawing
{
    /// <summary>Filled rectangles of one colour.</summary>
    void Rectangles(IEnumerable<Box> boxes, string color);

    /// <summary>A filled area, see-through by its opacity from 0 to 1.</summary>
    void Area(IReadOnlyList<Spot> corners, string color, double opacity);

    /// <summary>A line through points; dashes and gaps alternate, none for a solid line.</summary>
    void Line(IReadOnlyList<Spot> points, string color, double width, IReadOnlyList<double> dashes);

    /// <summary>One line of text, its middle height at the position, turned counter-clockwise about it by degrees.</summary>
    void Text(string text, Spot at, double size, TextAnchor anchor, double angle, string color);
}

/// <summary>A point in pixels.</summary>
internal readonly record struct Spot(double X, double Y);

/// <summary>A rectangle in pixels.</summary>
internal readonly record struct Box(double X, double Y, double Width, double Height);
