using Microsoft.DotNet.Interactive.Formatting;

namespace Experiments.Reporting;

/// <summary>Tells notebooks how to show a <see cref="Table"/>: as HTML, with plain text beside it.</summary>
public sealed class TableFormatterSource : ITypeFormatterSource
{
    /// <inheritdoc/>
    public IEnumerable<ITypeFormatter> CreateTypeFormatters() =>
    [
        new MimeFormatter<Table>(HtmlFormatter.MimeType, table => table.ToHtml()),
        new MimeFormatter<Table>("text/markdown", table => table.ToMarkdown()),
        new MimeFormatter<Table>(PlainTextFormatter.MimeType, table => table.ToPlainText()),
    ];
}
