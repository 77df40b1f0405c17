using Experiments.Runs;
using Microsoft.DotNet.Interactive.Formatting;
using Plotly.NET;

namespace Experiments.Reporting;

/// <summary>
/// A description of a figure: numbers, names and scales, no pixels. Renderers draw it; the same description gives the same bytes.
/// It can be drawn again from saved numbers without a model.
/// </summary>
[TypeFormatterSource(
    typeof(FigureFormatterSource),
    PreferredMimeTypes = [FigureFormatterSource.PlotlyMimeType, FigureFormatterSource.PngMimeType, PlainTextFormatter.MimeType])]
public abstract record Figure
{
    /// <summary>What the figure shows, in one line.</summary>
    public required string Title { get; init; }

    /// <summary>The title, and what a reader has to know besides: of how many, with which intervals. Stands below the figure in a paper.</summary>
    public string Caption
    {
        get => field ?? Title + ".";
        init;
    }

    /// <summary>What one sees, for those who cannot see it; by default the title and a summary of the numbers.</summary>
    public string AltText
    {
        get => field ?? $"{Title}. {Summary}";
        init;
    }

    /// <summary>The numbers in a sentence: how many, from where to where.</summary>
    protected abstract string Summary { get; }

    /// <summary>The numbers behind the figure with all their digits, one row for each.</summary>
    public abstract Table ToTable();

    /// <summary>The figure as a Plotly.NET chart, to change it further.</summary>
    public GenericChart ToChart() => PlotlyChart.Draw(this);

    /// <summary>Plotly's JSON: an object with <c>data</c>, <c>layout</c> and <c>config</c>.</summary>
    public string ToJson() => PlotlyChart.Json(this);

    /// <summary>A page that draws the figure offline: plotly.js is in it.</summary>
    public string ToHtmlPage() => PlotlyPage.Page(this);

    /// <summary>An HTML fragment with the static picture, which becomes interactive on a page that has plotly.js.</summary>
    public string ToHtml() => PlotlyPage.Fragment(this);

    /// <summary>A vector picture drawn without a browser; its text is text, its description the alternative text.</summary>
    /// <param name="size">Its size in a paper; null for a screen, with its title.</param>
    public string ToSvg(FigureSize? size = null) => Picture.Svg(this, size, SvgColors.Own);

    /// <summary>A PNG picture drawn without a browser.</summary>
    /// <param name="scale">Pixels of the picture for each pixel of the layout; 2 for a sharp print.</param>
    public byte[] ToPng(double scale = 1) => Picture.Png(this, null, scale);

    /// <summary>A PNG picture of an exact size, drawn without a browser.</summary>
    /// <param name="size">Its size in a paper.</param>
    /// <param name="dpi">Pixels per inch; 300 for print.</param>
    public byte[] ToPng(FigureSize size, double dpi = 300) => Picture.PngOfSize(this, size, dpi);

    /// <summary>A vector PDF of one page of an exact size, its font embedded, drawn without a browser.</summary>
    /// <param name="size">Its size in a paper.</param>
    public byte[] ToPdf(FigureSize size) => Picture.Pdf(this, size);

    /// <summary>The alternative text.</summary>
    public sealed override string ToString() => AltText;

    /// <summary>An id that depends on the content alone.</summary>
    internal string ElementId() => "figure-" + ContentHash.OfText(ToJson())[..12];
}
