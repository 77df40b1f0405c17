using Microsoft.DotNet.Interactive.Formatting;

namespace Experiments.Reporting;

/// <summary>Tells notebooks how to show a <see cref="Figure"/>: each front end takes the best representation it knows.</summary>
/// <remarks>HTML is made when asked for but is not preferred: front ends would take it instead of the smaller PNG.</remarks>
public sealed class FigureFormatterSource : ITypeFormatterSource
{
    /// <summary>What VS Code draws interactively, and JupyterLab with plotly's extension.</summary>
    public const string PlotlyMimeType = "application/vnd.plotly.v1+json";

    /// <summary>What every other front end shows, GitHub's view of a notebook too; the text is base64.</summary>
    public const string PngMimeType = "image/png";

    /// <inheritdoc/>
    public IEnumerable<ITypeFormatter> CreateTypeFormatters() =>
    [
        new MimeFormatter<Figure>(PlotlyMimeType, figure => figure.ToJson()),
        new MimeFormatter<Figure>(PngMimeType, figure => Convert.ToBase64String(figure.ToPng())),
        new MimeFormatter<Figure>(HtmlFormatter.MimeType, figure => figure.ToHtml()),
        new MimeFormatter<Figure>(PlainTextFormatter.MimeType, figure => figure.AltText),
    ];
}
