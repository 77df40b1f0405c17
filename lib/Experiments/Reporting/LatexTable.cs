using System.Text;

namespace Experiments.Reporting;

/// <summary>Writes a booktabs table.</summary>
internal static class LatexTable
{
    public static string Write(Table table)
    {
        var latex = new StringBuilder("\\begin{table}[t]\n  \\centering\n");
        if (table.Caption.Length > 0)
        {
            latex.Append("  \\caption{").Append(LatexText.Escape(table.Caption)).Append("}\n");
        }

        if (table.Label.Length > 0)
        {
            latex.Append("  \\label{tab:").Append(LabelName(table.Label)).Append("}\n");
        }

        var alignment = string.Concat(table.Columns.Select(c => c.AlignRight ? 'r' : 'l'));
        latex.Append("  \\begin{tabular}{").Append(alignment).Append("}\n    \\toprule\n");
        AppendRow(latex, table.Columns.Select(c => LatexText.Escape(c.Name)));
        latex.Append("    \\midrule\n");
        for (var row = 0; row < table.RowCount; row++)
        {
            AppendRow(latex, table.Columns.Select(c => c.AlignRight ? LatexText.EscapeNumber(c.Shown(row)) : LatexText.Escape(c.Shown(row))));
        }

        return latex.Append("    \\bottomrule\n  \\end{tabular}\n\\end{table}\n").ToString();
    }

    public static string WriteDocument(Table table) =>
        "\\documentclass{article}\n\\usepackage{booktabs}\n"
        + "\\begin{document}\n" + Write(table) + "\\end{document}\n";

    private static void AppendRow(StringBuilder latex, IEnumerable<string> cells) =>
        latex.Append("    ").AppendJoin(" & ", cells).Append(" \\\\\n");

    private static string LabelName(string label) =>
        string.Concat(label.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or ':' or '.' ? c : '-'));
}
