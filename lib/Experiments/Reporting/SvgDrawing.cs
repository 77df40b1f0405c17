using System.Globalization;
using System.Security;
using System.Text;

namespace Experiments.Reporting;

/// <summary>Draws as SVG: vector, text as text, no ids and no scripts, the same bytes for the same figure.</summary>
internal sealed class SvgDrawing(double width, double height, string title, string description) : IDrawing
{
    private readonly StringBuilder _body = new();

    public void Rectangles(IEnumerable<Box> boxes, string color)
    {
        _body.Append("<path shape-rendering=\"crispEdges\" fill=\"").Append(color).Append("\" d=\"");
        foreach (var box in boxes)
        {
            _body.Append('M').Append(N(box.X)).Append(' ').Append(N(box.Y)).Append('h').Append(N(box.Width))
                .Append('v').Append(N(box.Height)).Append('h').Append(N(-box.Width)).Append('z');
        }

        _body.Append("\"/>\n");
    }

    public void Area(IReadOnlyList<Spot> corners, string color, double opacity) =>
        _body.Append($"<polygon fill=\"{color}\" fill-opacity=\"{N(opacity)}\" points=\"{Points(corners)}\"/>\n");

    public void Line(IReadOnlyList<Spot> points, string color, double width, IReadOnlyList<double> dashes)
    {
        var dash = dashes.Count > 0 ? $" stroke-dasharray=\"{string.Join(' ', dashes.Select(N))}\"" : "";
        _body.Append($"<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"{N(width)}\"{dash} points=\"{Points(points)}\"/>\n");
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
        _body.Append($"<text x=\"{N(at.X)}\" y=\"{N(baseline)}\" font-size=\"{N(size)}\" text-anchor=\"{place}\" fill=\"{color}\"{turn}>")
            .Append(Escape(text)).Append("</text>\n");
    }

    public override string ToString() =>
        $"""
        <svg xmlns="http://www.w3.org/2000/svg" width="{N(width)}" height="{N(height)}" viewBox="0 0 {N(width)} {N(height)}" role="img" font-family="DejaVu Sans, Verdana, Arial, sans-serif">
        <title>{Escape(title)}</title>
        <desc>{Escape(description)}</desc>
        <rect width="100%" height="100%" fill="#ffffff"/>
        {_body}</svg>

        """;

    private static string Points(IEnumerable<Spot> points) => string.Join(' ', points.Select(p => $"{N(p.X)},{N(p.Y)}"));

    private static string Escape(string text) => SecurityElement.Escape(string.Concat(text.Where(c => !char.IsControl(c))));

    private static string N(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);
}
