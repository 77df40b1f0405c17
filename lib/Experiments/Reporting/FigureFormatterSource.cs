using Microsoft.DotNet.Interactive.Formatting;

namespace Experiments.Reporting;

/// <summary>Tells notebooks how to show a <see cref="Figure"/>: each front end takes the best representation it knows.</summary>
public sealed class FigureFormatterSource : ITypeFormatterSource
{
    /// <summary>What VS Code and JupyterLab draw interactively.</summary>
    public const string PlotlyMimeType = "application/vnd.plotly.v1+json";

    /// <inheritdoc/>
    public IEnumerable<ITypeFormatter> CreateTypeFormatters() =>
    [
        new MimeFormatter<Figure>(PlotlyMimeType, figure => figure.ToJson()),
        new MimeFormatter<Figure>(HtmlFormatter.MimeType, figure => figure.ToHtml()),
        new MimeFormatter<Figure>(PlainTextFormatter.MimeType, figure => figure.AltText),
    ];
}
