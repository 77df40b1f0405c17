using Experiments.Reporting;
using SkiaSharp;

namespace Experiments.Tests.Reporting;

/// <summary>Takes note of where each text of a figure ends up, measured with the library's own font.</summary>
internal sealed class TextBounds : IDrawing
{
    public List<(string Text, Box Box)> Texts { get; } = [];

    public void Rectangles(IEnumerable<Box> boxes, string color)
    {
    }

    public void Area(IReadOnlyList<Spot> corners, string color, double opacity)
    {
    }

    public void Line(IReadOnlyList<Spot> points, string color, double width, IReadOnlyList<double> dashes)
    {
    }

    public void Text(string text, Spot at, double size, TextAnchor anchor, double angle, string color)
    {
        using var paint = new SKPaint { Typeface = TextSize.Typeface, TextSize = (float)size };
        var length = paint.MeasureText(text);
        var before = anchor switch
        {
            TextAnchor.Start => 0,
            TextAnchor.Middle => length / 2,
            _ => length,
        };
        Texts.Add((text, angle == 90
            ? new Box(at.X - (size / 2), at.Y - (length - before), size, length)
            : new Box(at.X - before, at.Y - (size / 2), length, size)));
    }
}
