using System.Globalization;
using System.Text;

namespace Experiments.Reporting;

/// <summary>Writes a booktabs table.</summary>
internal static class LatexTable
{
    private const string LabelPrefix = "tab:";

    public static string Write(Table table)
    {
        var columns = table.Columns.Select(column => new LatexColumn(column)).ToList();
        var repeats = Repeats(table);
        var gaps = repeats.Count == 0 ? 0 : table.RowCount - repeats.Count - 1;
        var layout = LatexLayout.Of(columns, table.RowCount + (gaps / 2.0), table.Caption);
        var environment = layout.Wide ? "table*" : "table";
        var latex = new StringBuilder($"\\begin{{{environment}}}[t]\n  \\centering\n");
        if (table.Caption.Length > 0)
        {
            latex.Append("  \\setlength{\\belowcaptionskip}{6pt}\n  \\caption{").Append(LatexText.Escape(table.Caption)).Append("}\n");
        }

        if (table.Label.Length > 0)
        {
            latex.Append("  \\label{").Append(LabelPrefix).Append(LabelName(table.Label)).Append("}\n");
        }

        if (layout.Size.Length > 0)
        {
            latex.Append("  ").Append(layout.Size).Append('\n');
        }

        if (layout.Separation != LatexLayout.UsualSeparation)
        {
            latex.Append(CultureInfo.InvariantCulture, $"  \\setlength{{\\tabcolsep}}{{{layout.Separation}pt}}\n");
        }

        var specification = string.Concat(columns.Select((column, i) => layout.Shares[i] is { } share ? string.Create(CultureInfo.InvariantCulture, $"p{{{share}\\textwidth}}") : column.Specification));
        var wraps = layout.Shares.Any(share => share is not null);
        var rowEnd = wraps ? @"\tabularnewline" : @"\\"; // \raggedright takes \\ for itself
        string Cell(int column, string latex) => layout.Shares[column] is null ? latex : $@"\raggedright {latex}";
        latex.Append("  \\begin{tabular}{@{}").Append(specification).Append("@{}}\n    \\toprule\n");
        AppendRow(latex, columns.Select((column, i) => Cell(i, column.Heading(i == 0, i == columns.Count - 1))), rowEnd);
        latex.Append("    \\midrule\n");
        for (var row = 0; row < table.RowCount; row++)
        {
            latex.Append(row > 0 && (wraps || (gaps > 0 && !repeats.Contains(row))) ? "    \\addlinespace\n" : "");
            AppendRow(latex, columns.Select((column, i) => i == 0 && repeats.Contains(row) ? "" : Cell(i, column.Cells[row])), rowEnd);
        }

        return latex.Append("    \\bottomrule\n  \\end{tabular}\n\\end{").Append(environment).Append("}\n").ToString();
    }

    public static string WriteDocument(Table table) =>
        "\\documentclass[twocolumn]{article}\n\\usepackage{booktabs}\n"
        + "\\setlength{\\textwidth}{6.75in}\n\\setlength{\\columnsep}{0.25in}\n\\setlength{\\oddsidemargin}{-0.125in}\n"
        + "\\begin{document}\n" + Write(table) + "\\end{document}\n";

    private static void AppendRow(StringBuilder latex, IEnumerable<string> cells, string end)
    {
        var row = string.Join(" & ", cells);
        latex.Append("    ").Append(row.StartsWith('[') || row.StartsWith('*') ? "{}" : "").Append(row).Append(' ').Append(end).Append('\n'); // behind \\ both would be its arguments
    }

    /// <summary>Rows whose first cell repeats that of the row above, in a table whose rows with the same first cell stand together: there it is written once.</summary>
    private static HashSet<int> Repeats(Table table)
    {
        if (table.Columns.Length < 2 || table.Columns[0].HasIntervals)
        {
            return [];
        }

        var cells = Enumerable.Range(0, table.RowCount).Select(table.Columns[0].Shown).ToList();
        var repeats = Enumerable.Range(0, cells.Count).Where(row => row > 0 && cells[row] == cells[row - 1]).ToHashSet();
        return cells.Count - repeats.Count == cells.Distinct().Count() ? repeats : [];
    }

    private static string LabelName(string label) =>
        string.Concat((label.StartsWith(LabelPrefix, StringComparison.Ordinal) ? label[LabelPrefix.Length..] : label).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or ':' or '.' ? c : '-'));
}
