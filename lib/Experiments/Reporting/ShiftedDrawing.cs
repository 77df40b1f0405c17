namespace Experiments.Reporting;

/// <summary>Draws on another drawing, moved: a panel at its place on the page.</summary>
internal sealed class ShiftedDrawing(IDrawing drawing, Spot origin) : IDrawing
{
    public void Rectangles(IEnumerable<Box> boxes, string color) =>
        drawing.Rectangles(boxes.Select(box => box with { X = box.X + origin.X, Y = box.Y + origin.Y }), color);

    public void Area(IReadOnlyList<Spot> corners, string color, double opacity) => drawing.Area(Moved(corners), color, opacity);

    public void Line(IReadOnlyList<Spot> points, string color, double width, IReadOnlyList<double> dashes) => drawing.Line(Moved(points), color, width, dashes);

    public void Text(string text, Spot at, double size, TextAnchor anchor, double angle, string color) => drawing.Text(text, Moved(at), size, anchor, angle, color);

    private Spot Moved(Spot spot) => new(spot.X + origin.X, spot.Y + origin.Y);

    private List<Spot> Moved(IReadOnlyList<Spot> spots) => [.. spots.Select(Moved)];
}
