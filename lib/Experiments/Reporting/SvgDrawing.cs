using System.Globalization;
using System.Security;
using System.Text;

namespace Experiments.Reporting;

/// <summary>Where an SVG's colours of text, lines and paper come from.</summary>
internal enum SvgColors
{
    /// <summary>They are written in the picture: black on white.</summary>
    Own,

    /// <summary>From the page around it, by the custom properties <c>--ink</c>, <c>--grid</c> and <c>--paper</c>: for a light and a dark theme.</summary>
    OfPage,
}

/// <summary>Draws as SVG: vector, text as text, no ids and no scripts, the same bytes for the same figure.</summary>
/// <param name="width">Width in units of the layout.</param>
/// <param name="height">Height in units of the layout.</param>
/// <param name="size">Its size in a paper; null where a unit is a pixel.</param>
/// <param name="title">What it shows.</param>
/// <param name="description">What one sees.</param>
/// <param name="colors">Where colours come from.</param>
internal sealed class SvgDrawing(double width, double height, FigureSize? size, string title, string description, SvgColors colors) : IDrawing
{
    private readonly StringBuilder _body = new();

    public void Rectangles(IEnumerable<Box> boxes, string color)
    {
        _body.Append("<path shape-rendering=\"crispEdges\" fill=\"").Append(Paint(color)).Append("\" d=\"");
        foreach (var box in boxes)
        {
            _body.Append('M').Append(N(box.X)).Append(' ').Append(N(box.Y)).Append('h').Append(N(box.Width))
                .Append('v').Append(N(box.Height)).Append('h').Append(N(-box.Width)).Append('z');
        }

        _body.Append("\"/>\n");
    }

    public void Area(IReadOnlyList<Spot> corners, string color, double opacity) =>
        _body.Append($"<polygon fill=\"{Paint(color)}\" fill-opacity=\"{N(opacity)}\" points=\"{Points(corners)}\"/>\n");

    public void Line(IReadOnlyList<Spot> points, string color, double width, IReadOnlyList<double> dashes)
    {
        var dash = dashes.Count > 0 ? $" stroke-dasharray=\"{string.Join(' ', dashes.Select(N))}\"" : "";
        _body.Append($"<polyline fill=\"none\" stroke=\"{Paint(color)}\" stroke-width=\"{N(width)}\"{dash} points=\"{Points(points)}\"/>\n");
    }

    public void Text(string text, Spot at, double size, TextAnchor anchor, double angle, string color)
    {
        var place = anchor switch
        {
            TextAnchor.Start => "start",
            TextAnchor.Middle => "middle",
            _ => "end",
        };
        var turn = angle == 0 ? "" : $" transform=\"rotate({N(-angle)} {N(at.X)} {N(at.Y)})\"";
        var baseline = at.Y + (size * PictureFrame.BaselineShift);
        _body.Append($"<text x=\"{N(at.X)}\" y=\"{N(baseline)}\" font-size=\"{N(size)}\" text-anchor=\"{place}\" fill=\"{Paint(color)}\"{turn}>")
            .Append(Escape(text)).Append("</text>\n");
    }

    public override string ToString() =>
        $"""
        <svg xmlns="http://www.w3.org/2000/svg" width="{Length(width)}" height="{Length(height)}" viewBox="0 0 {Extent(width)} {Extent(height)}" role="img" font-family="DejaVu Sans, Verdana, Arial, sans-serif">
        <title>{Escape(title)}</title>
        <desc>{Escape(description)}</desc>
        <rect width="100%" height="100%" fill="{(colors == SvgColors.OfPage ? "var(--paper)" : "#ffffff")}"/>
        {_body}</svg>

        """;

    private string Length(double value) => size is null ? Extent(value) : (value * size.PointsPerUnit / 72).ToString("0.###", CultureInfo.InvariantCulture) + "in";

    /// <summary>Whole pixels on a screen, the exact size in print.</summary>
    private string Extent(double value) => N(size is null ? Math.Ceiling(value) : value);

    private string Paint(string color) => (colors, color) switch
    {
        (SvgColors.OfPage, PictureFrame.Ink) => "var(--ink)",
        (SvgColors.OfPage, PictureFrame.GridColor) => "var(--grid)",
        _ => color,
    };

    private static string Points(IEnumerable<Spot> points) => string.Join(' ', points.Select(p => $"{N(p.X)},{N(p.Y)}"));

    private static string Escape(string text) => SecurityElement.Escape(string.Concat(text.Where(c => !char.IsControl(c))));

    private static string N(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);
}
