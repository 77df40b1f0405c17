using PdfSharp.Drawing;
using PdfSharp.Pdf;

namespace Experiments.Reporting;

/// <summary>Draws on a PDF page: vector, text as text in the library's own font, of which the PDF carries the glyphs that it uses.</summary>
internal sealed class PdfDrawing(XGraphics page) : IDrawing, IDisposable
{
    private const double Overlap = 0.2; // neighbours overlap, or viewers show a hair line between them

    private static readonly XPdfFontOptions Unicode = new(PdfFontEncoding.Unicode);

    public void Rectangles(IEnumerable<Box> boxes, string color)
    {
        var brush = new XSolidBrush(Color(color));
        foreach (var box in boxes)
        {
            page.DrawRectangle(brush, box.X - Overlap, box.Y - Overlap, box.Width + (2 * Overlap), box.Height + (2 * Overlap));
        }
    }

    public void Area(IReadOnlyList<Spot> corners, string color, double opacity)
    {
        if (corners.Count > 2)
        {
            page.DrawPolygon(new XSolidBrush(Color(color, opacity)), [.. corners.Select(Point)], XFillMode.Winding);
        }
    }

    public void Line(IReadOnlyList<Spot> points, string color, double width, IReadOnlyList<double> dashes)
    {
        var pen = new XPen(Color(color), width) { LineJoin = XLineJoin.Round };
        if (dashes.Count > 0)
        {
            pen.DashPattern = [.. dashes.Select(dash => dash / width)]; // PDFsharp counts dashes in line widths
        }

        if (points.Count > 1)
        {
            page.DrawLines(pen, [.. points.Select(Point)]);
        }
    }

    public void Text(string text, Spot at, double size, TextAnchor anchor, double angle, string color)
    {
        var before = anchor switch
        {
            TextAnchor.Start => 0,
            TextAnchor.Middle => TextSize.Width(text, size) / 2,
            _ => TextSize.Width(text, size),
        };
        var state = page.Save();
        page.RotateAtTransform(-angle, Point(at));
        page.DrawString(text, new XFont(EmbeddedFontResolver.Family, size, XFontStyleEx.Regular, Unicode), new XSolidBrush(Color(color)), at.X - before, at.Y + (size * PictureFrame.BaselineShift));
        page.Restore(state);
    }

    public void Dispose() => page.Dispose();

    private static XPoint Point(Spot spot) => new(spot.X, spot.Y);

    private static XColor Color(string color, double opacity = 1)
    {
        var opaque = SkiaSharp.SKColor.Parse(color);
        return XColor.FromArgb((int)Math.Round(255 * opacity), opaque.Red, opaque.Green, opaque.Blue);
    }
}
