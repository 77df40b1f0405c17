using System.Collections.Immutable;
using Microsoft.Data.Analysis;
using Microsoft.DotNet.Interactive.Formatting;

namespace Experiments.Reporting;

/// <summary>
/// One description of a table, from which CSV, Markdown, LaTeX, HTML, plain text and a data frame are made. Immutable.
/// <code>Table.From(rows, c => c.Text("Category", r => r.Name).Number("Accuracy", r => r.Accuracy, "0.0%")) with { Caption = "…" }</code>
/// </summary>
[TypeFormatterSource(typeof(TableFormatterSource), PreferredMimeTypes = [HtmlFormatter.MimeType, PlainTextFormatter.MimeType])]
public sealed record Table
{
    /// <summary>Creates a table.</summary>
    /// <param name="columns">Its columns, all with the same number of values.</param>
    /// <exception cref="ArgumentException">The columns differ in length, or one lacks intervals or marks for some of its values.</exception>
    public Table(ImmutableArray<Column> columns)
    {
        if (columns.Select(c => c.Values.Length).Distinct().Count() > 1)
        {
            throw new ArgumentException("All columns of a table need the same number of values.", nameof(columns));
        }

        if (columns.FirstOrDefault(c => c.Low.Length != c.High.Length || (c.HasIntervals && c.Low.Length != c.Values.Length) || (!c.Strong.IsEmpty && c.Strong.Length != c.Values.Length)) is { } column)
        {
            throw new ArgumentException($"Column '{column.Name}' needs an interval and a mark for each of its {column.Values.Length} values, or none at all.", nameof(columns));
        }

        Columns = columns;
    }

    /// <summary>The columns, in order.</summary>
    public ImmutableArray<Column> Columns { get; }

    /// <summary>What the table shows, on what, with which n: one or two sentences.</summary>
    public string Caption { get; init; } = "";

    /// <summary>Name to refer to it by in LaTeX, where <c>tab:</c> is put before it; the file's name if empty.</summary>
    public string Label { get; init; } = "";

    /// <summary>Number of rows.</summary>
    public int RowCount => Columns.IsEmpty ? 0 : Columns[0].Values.Length;

    /// <summary>Makes a table with one row for each item.</summary>
    /// <param name="rows">The items.</param>
    /// <param name="columns">Adds the columns.</param>
    public static Table From<T>(IEnumerable<T> rows, Func<TableColumns<T>, TableColumns<T>> columns) =>
        new(columns(new TableColumns<T>([.. rows], [])).Columns);

    /// <summary>RFC 4180: comma, CR LF, quotes where needed, all digits, a full stop as the decimal sign; intervals as columns <c>… low</c> and <c>… high</c>.</summary>
    public string ToCsv() => CsvTable.Write(this);

    /// <summary>A pipe table as GitHub and notebooks show it, without the caption.</summary>
    public string ToMarkdown() => MarkdownTable.Write(this);

    /// <summary>
    /// A <c>table</c> environment with booktabs rules, or <c>table*</c> where it does not fit into a column of 3.25 in; type as large as fits, decimal points under
    /// each other. The document needs <c>\usepackage{booktabs}</c>. With more rows than a page holds it is only complete, not made to fit.
    /// </summary>
    public string ToLatex() => LatexTable.Write(this);

    /// <summary>A complete LaTeX document with this table alone, to look at it.</summary>
    public string ToLatexDocument() => LatexTable.WriteDocument(this);

    /// <summary>An HTML <c>table</c> element with its caption.</summary>
    public string ToHtml() => HtmlTable.Write(this);

    /// <summary>Aligned columns for a terminal.</summary>
    public string ToPlainText() => PlainTextTable.Write(this);

    /// <inheritdoc cref="ToPlainText"/>
    public override string ToString() => ToPlainText();

    /// <summary>The same values as a data frame, for further calculation; intervals as columns <c>… low</c> and <c>… high</c>.</summary>
    public DataFrame ToDataFrame() => new(Columns.SelectMany(column => column.Plain).Select(FrameColumn));

    private static DataFrameColumn FrameColumn(Column column) => column.Kind switch
    {
        ColumnKind.Number => new DoubleDataFrameColumn(column.Name, column.Values.Select(v => (double?)v)),
        ColumnKind.Integer => new Int64DataFrameColumn(column.Name, column.Values.Select(v => (long?)v)),
        ColumnKind.Flag => new BooleanDataFrameColumn(column.Name, column.Values.Select(v => (bool?)v)),
        _ => new StringDataFrameColumn(column.Name, column.Values.Select(v => (string?)v)),
    };
}
