using System.Collections.Immutable;
using Experiments.Runs;

namespace Experiments.Reporting.Reports;

/// <summary>A folder with all tables and figures of some runs and a page that shows them; on request another one that a LaTeX document includes.</summary>
public static class Report
{
    /// <summary>Name of the page.</summary>
    public const string PageName = "report.html";

    /// <summary>Writes the folder. An earlier report there is replaced when the new one is whole.</summary>
    /// <param name="folder">The folder; it may hold an earlier report, and nothing else.</param>
    /// <param name="sections">What to report, in the order in which it is read.</param>
    /// <param name="paper">Whether to add <c>paper/</c>.</param>
    /// <exception cref="ExperimentException">The folder holds something else, or cannot be written.</exception>
    public static void Write(string folder, IReadOnlyList<ReportSection> sections, bool paper)
    {
        var target = Path.GetFullPath(folder);
        var named = Distinct(sections);
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any() && !File.Exists(Path.Combine(target, PageName)))
        {
            throw new ExperimentException($"'{folder}' holds files, but no {PageName}. A report takes a folder of its own: name another one.");
        }

        var (partial, old) = ($"{target}.partial", $"{target}.old");
        DiskErrors.Explain("Cannot write the report", target, () =>
        {
            Remove(partial);
            Directory.CreateDirectory(partial);
            try
            {
                WriteAll(partial, named, paper);
                Remove(old);
                if (Directory.Exists(target))
                {
                    Directory.Move(target, old);
                }

                Directory.Move(partial, target);
            }
            finally
            {
                Remove(partial);
                Remove(old);
            }
        });
    }

    private static void WriteAll(string folder, ImmutableArray<ReportSection> sections, bool paper)
    {
        Directory.CreateDirectory(Path.Combine(folder, "tables"));
        Directory.CreateDirectory(Path.Combine(folder, "figures"));
        foreach (var section in sections)
        {
            foreach (var (name, table) in section.Exhibits.Tables)
            {
                var file = Path.Combine(folder, "tables", $"{section.Slug}-{name}");
                File.WriteAllText($"{file}.csv", table.ToCsv());
                File.WriteAllText($"{file}.md", table.ToMarkdown());
            }

            foreach (var (name, figure) in section.Exhibits.Figures)
            {
                var file = Path.Combine(folder, "figures", $"{section.Slug}-{name}");
                File.WriteAllText($"{file}.svg", figure.ToSvg());
                File.WriteAllText($"{file}.csv", figure.ToTable().ToCsv());
            }
        }

        File.WriteAllText(Path.Combine(folder, PageName), ReportPage.Write(sections));
        if (paper)
        {
            PaperFolder.Write(Path.Combine(folder, "paper"), sections);
        }
    }

    /// <summary>Sections of equal names are numbered, or their files would hide each other and a reader could not tell them apart.</summary>
    private static ImmutableArray<ReportSection> Distinct(IEnumerable<ReportSection> sections) =>
        [.. sections.GroupBy(section => section.Slug).SelectMany(same => same.Select((section, i) => i == 0 ? section : section with { Slug = $"{section.Slug}-{i + 1}", Title = $"{section.Title} ({i + 1})" }))];

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
