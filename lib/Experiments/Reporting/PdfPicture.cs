using System.Text;
using System.Text.RegularExpressions;
using Experiments.Runs;
using PdfSharp.Drawing;
using PdfSharp.Fonts;
using PdfSharp.Pdf;

namespace Experiments.Reporting;

/// <summary>A PDF of one page that holds one figure. Equal figures give equal bytes: it carries no time, and its random names come from the content.</summary>
internal sealed partial class PdfPicture : IDisposable
{
    private const int SubsetLetters = 6;

    private static readonly DateTime NoTime = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly PdfDocument _document = new();
    private readonly PdfPage _page;
    private readonly string _content;

    static PdfPicture() => GlobalFontSettings.FontResolver ??= new EmbeddedFontResolver();

    /// <param name="figure">For the title, the description, and the name of the content.</param>
    /// <param name="width">In points.</param>
    /// <param name="height">In points.</param>
    public PdfPicture(Figure figure, double width, double height)
    {
        _document.Info.Title = figure.Title;
        _document.Info.Subject = figure.AltText;
        _document.Info.CreationDate = NoTime;
        _page = _document.AddPage();
        (_page.Width, _page.Height) = (XUnit.FromPoint(width), XUnit.FromPoint(height));
        _content = ContentHash.OfText(FormattableString.Invariant($"{width} {height} {figure.ToTable().ToCsv()} {figure.AltText}"));
    }

    /// <summary>A drawing on the page.</summary>
    /// <param name="scale">Points for each unit.</param>
    public PdfDrawing Draw(double scale)
    {
        var graphics = XGraphics.FromPdfPage(_page);
        graphics.ScaleTransform(scale);
        return new PdfDrawing(graphics);
    }

    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        _document.Save(stream, closeStream: false);
        // PDFsharp draws the names of the document and of the font's subset by lot. Replaced by names of equal length, all offsets hold.
        var text = Encoding.Latin1.GetString(stream.GetBuffer(), 0, (int)stream.Length);
        text = SubsetName().Replace(text, string.Concat(_content.Take(SubsetLetters).Select(digit => (char)('A' + Convert.ToInt32(digit.ToString(), 16)))) + "+DejaVu");
        text = DocumentName().Replace(text, "uuid:" + Guid.ParseExact(_content[..32], "N"));
        text = FileName().Replace(text, $"/ID[<{_content[..32].ToUpperInvariant()}><{_content[..32].ToUpperInvariant()}>]");
        return Encoding.Latin1.GetBytes(text);
    }

    public void Dispose() => _document.Dispose();

    [GeneratedRegex(@"[A-Z]{6}\+DejaVu")]
    private static partial Regex SubsetName();

    [GeneratedRegex("uuid:[0-9a-f-]{36}")]
    private static partial Regex DocumentName();

    [GeneratedRegex(@"/ID\[<[0-9A-F]{32}><[0-9A-F]{32}>\]")]
    private static partial Regex FileName();
}

/// <summary>Gives PDFsharp the font that is part of this library.</summary>
internal sealed class EmbeddedFontResolver : IFontResolver
{
    public const string Family = "DejaVu Sans";

    public byte[] GetFont(string faceName) => TextSize.FontFile();

    public FontResolverInfo? ResolveTypeface(string familyName, bool bold, bool italic) => familyName == Family ? new FontResolverInfo(Family) : null;
}
