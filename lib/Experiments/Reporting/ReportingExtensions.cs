using Experiments.Runs;

namespace Experiments.Reporting;

/// <summary>Writes tables and figures into a run's folder, so that calling code holds no paths.</summary>
public static class ReportingExtensions
{
    /// <summary>Writes all tables and figures of a run.</summary>
    /// <param name="run">The run being written.</param>
    /// <param name="exhibits">What it shows.</param>
    /// <exception cref="ExperimentException">The folder cannot be written.</exception>
    public static void Write(this Run run, Exhibits exhibits)
    {
        foreach (var (name, table) in exhibits.Tables)
        {
            run.WriteTable(name, table);
        }

        foreach (var (name, figure) in exhibits.Figures)
        {
            run.WriteFigure(name, figure);
        }
    }

    /// <summary>Writes <c>tables/&lt;name&gt;</c> as <c>.csv</c>, <c>.md</c> and <c>.tex</c>.</summary>
    /// <param name="run">The run being written.</param>
    /// <param name="name">File name without extension; also the LaTeX label unless the table has one.</param>
    /// <param name="table">The table.</param>
    /// <exception cref="ExperimentException">The folder cannot be written.</exception>
    public static void WriteTable(this Run run, string name, Table table)
    {
        var labelled = table.Label.Length > 0 ? table : table with { Label = name };
        run.WriteText($"tables/{name}.csv", labelled.ToCsv());
        run.WriteText($"tables/{name}.md", labelled.ToMarkdown());
        run.WriteText($"tables/{name}.tex", labelled.ToLatex());
    }

    /// <summary>
    /// Writes <c>figures/&lt;name&gt;</c> as <c>.html</c> (offline page), <c>.json</c> (Plotly), <c>.svg</c>, <c>.png</c> (twice the size,
    /// for sharp screens) and <c>.csv</c> (the numbers).
    /// </summary>
    /// <param name="run">The run being written.</param>
    /// <param name="name">File name without extension.</param>
    /// <param name="figure">The figure.</param>
    /// <exception cref="ExperimentException">The folder cannot be written.</exception>
    public static void WriteFigure(this Run run, string name, Figure figure)
    {
        run.WriteText($"figures/{name}.html", figure.ToHtmlPage());
        run.WriteText($"figures/{name}.json", figure.ToJson() + "\n");
        run.WriteText($"figures/{name}.svg", figure.ToSvg());
        AtomicFile.Write(run.PathOf($"figures/{name}.png"), stream => stream.Write(figure.ToPng(scale: 2)));
        run.WriteText($"figures/{name}.csv", figure.ToTable().ToCsv());
    }
}
