using System.Globalization;
using System.Text;

namespace Experiments.Reporting.Reports;

/// <summary>A folder that a LaTeX document includes as it is: figures of a column's width, booktabs tables, and a document with all of them.</summary>
internal static class PaperFolder
{
    private const int LongestTable = 45; // rows; more do not fit a page
    private const int MostColumns = 24; // more cells or bars beside each other need both columns

    private const string Preamble = """
        % Every figure and table of this folder in a two-column article: pdflatex all
        % In your own document: \usepackage{graphicx,booktabs}, \newcommand{\experimentsfolder}{paper/}, then \input{paper/figures/NAME} or \input{paper/tables/NAME}.
        \documentclass[10pt,twocolumn]{article}
        \usepackage{graphicx,booktabs}
        \setlength{\textwidth}{6.75in}
        \setlength{\columnsep}{0.25in}
        \setlength{\oddsidemargin}{-0.125in}
        \setlength{\topmargin}{-0.5in}
        \setlength{\headheight}{0in}
        \setlength{\headsep}{0in}
        \setlength{\textheight}{9.25in}
        \begin{document}

        """;

    public static void Write(string folder, IEnumerable<ReportSection> sections)
    {
        Directory.CreateDirectory(Path.Combine(folder, "figures"));
        Directory.CreateDirectory(Path.Combine(folder, "tables"));
        var all = new StringBuilder(Preamble);
        foreach (var section in sections)
        {
            all.Append("\\section*{").Append(LatexText.Escape(section.Title)).Append("}\n");
            all.AppendJoin("", section.Exhibits.Conclusions.Select(conclusion => LatexText.Escape(conclusion) + "\n\n"));
            foreach (var (name, table) in section.Exhibits.Tables.Where(named => named.Table.RowCount is > 0 and <= LongestTable))
            {
                WriteTable(folder, $"{section.Slug}-{name}", table);
                all.Append(CultureInfo.InvariantCulture, $"\\input{{tables/{section.Slug}-{name}}}\n");
            }

            foreach (var (name, figure) in section.Exhibits.Figures)
            {
                WriteFigure(folder, $"{section.Slug}-{name}", figure);
                all.Append(CultureInfo.InvariantCulture, $"\\input{{figures/{section.Slug}-{name}}}\n");
            }

            all.Append("\\clearpage\n");
        }

        File.WriteAllText(Path.Combine(folder, "all.tex"), all.Append("\\end{document}\n").ToString());
    }

    private static void WriteTable(string folder, string name, Table table)
    {
        var (file, named) = (Path.Combine(folder, "tables", name), table with { Label = name });
        File.WriteAllText($"{file}.tex", named.ToLatex());
        File.WriteAllText($"{file}.md", named.ToMarkdown());
        File.WriteAllText($"{file}.csv", named.ToCsv());
        File.WriteAllText($"{file}.html", named.ToHtml());
    }

    private static void WriteFigure(string folder, string name, Figure figure)
    {
        var (file, wide) = (Path.Combine(folder, "figures", name), NeedsBothColumns(figure));
        var size = wide ? FigureSize.DoubleColumn : FigureSize.SingleColumn;
        File.WriteAllBytes($"{file}.pdf", figure.ToPdf(size));
        File.WriteAllText($"{file}.svg", figure.ToSvg(size));
        File.WriteAllBytes($"{file}.png", figure.ToPng(size));
        File.WriteAllText($"{file}.csv", figure.ToTable().ToCsv());
        var environment = wide ? "figure*" : "figure";
        File.WriteAllText($"{file}.tex", $$"""
            \providecommand{\experimentsfolder}{}
            \begin{{{environment}}}[t]
              \centering
              \includegraphics{\experimentsfolder figures/{{name}}.pdf}
              \caption{{{LatexText.Escape(figure.Caption)}}}
              \label{fig:{{name}}}
            \end{{{environment}}}

            """);
    }

    private static bool NeedsBothColumns(Figure figure) => figure switch
    {
        PanelFigure panels => panels.Columns > 1 && panels.Panels.Length > 1,
        HeatmapFigure heatmap => heatmap.Values.Columns > MostColumns,
        BarFigure bars => bars.Categories.Labels.Length * bars.Series.Length > MostColumns,
        _ => false,
    };
}
