using Microsoft.DotNet.Interactive.Formatting;

namespace Experiments.Reporting.Explorer;

/// <summary>Tells notebooks how to show an <see cref="AttentionExplorer"/>: in a frame, with a picture for pages that run no script and a sentence beside it.</summary>
public sealed class ExplorerFormatterSource : ITypeFormatterSource
{
    /// <inheritdoc/>
    public IEnumerable<ITypeFormatter> CreateTypeFormatters() =>
    [
        new MimeFormatter<AttentionExplorer>(HtmlFormatter.MimeType, explorer => explorer.ToHtml()),
        new MimeFormatter<AttentionExplorer>(FigureFormatterSource.PngMimeType, explorer => Convert.ToBase64String(explorer.ToFigure().ToPng())),
        new MimeFormatter<AttentionExplorer>(PlainTextFormatter.MimeType, explorer => explorer.ToString()),
    ];
}
