using System.Text.RegularExpressions;
using Experiments.Reporting;
using Experiments.Reporting.Reports;
using Experiments.Runs;
using Experiments.Tests.Models;
using Experiments.Tests.Notebooks.Jupyter;

namespace Experiments.Tests.Reporting;

public sealed partial class ReportTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly TemporaryFolder _folder = new();

    private string Target => _folder.File("report");

    [Fact]
    public void A_report_holds_its_page_and_every_table_and_figure()
    {
        Report.Write(Target, [Section("benchmark"), Section("benchmark")], paper: true);
        foreach (var file in new[] { "report.html", "tables/benchmark-numbers.csv", "figures/benchmark-loss.svg", "figures/benchmark-2-loss.svg", "paper/all.tex", "paper/figures/benchmark-loss.pdf", "paper/figures/benchmark-loss.png", "paper/figures/benchmark-loss.csv", "paper/figures/benchmark-loss.tex", "paper/tables/benchmark-numbers.tex", "paper/tables/benchmark-numbers.html" })
        {
            Assert.True(File.Exists(Path.Combine(Target, file)), file);
        }

        Assert.False(File.Exists(Path.Combine(Target, "paper/tables/benchmark-long.tex")), "a table longer than a page is not for a paper");
    }

    [Fact]
    public void Equal_numbers_give_equal_files_and_replace_the_earlier_report()
    {
        Report.Write(Target, [Section("benchmark"), Section("older")], paper: true);
        Report.Write(Target, [Section("benchmark")], paper: true);
        var first = Files(Target);
        Report.Write(Target, [Section("benchmark")], paper: true);
        Assert.Equal(first, Files(Target));
        Assert.DoesNotContain(first, file => file.Name.Contains("older", StringComparison.Ordinal));
        Assert.Equal([Target], Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_folder_with_other_files_is_left_alone()
    {
        Directory.CreateDirectory(Target);
        File.WriteAllText(Path.Combine(Target, "thesis.tex"), "mine");
        Assert.Contains("holds files, but no report.html", Assert.Throws<ExperimentException>(() => Report.Write(Target, [Section("benchmark")], paper: false)).Message, StringComparison.Ordinal);
        Assert.Equal(["thesis.tex"], Directory.EnumerateFileSystemEntries(Target).Select(Path.GetFileName));
    }

    [Fact]
    public void The_page_loads_nothing_runs_nothing_and_describes_each_figure()
    {
        var page = Page();
        Assert.DoesNotMatch("<script|src=|@import|url\\(|href=\"[^#]", page);
        Assert.Equal(SampleFigures.All.Count, Regex.Count(page, "<figcaption>"));
        Assert.Equal(SampleFigures.All.Count, Regex.Count(page, "role=\"img\"[^>]*>\n<title>[^<]+</title>\n<desc>[^<]+</desc>"));
        Assert.Contains("R&amp;D &lt;b&gt;lost&lt;/b&gt; 2 points", page, StringComparison.Ordinal);
        Assert.InRange(page.Length, 10_000, 5_000_000);
    }

    [Fact]
    public void Text_contrasts_with_the_page_in_both_themes()
    {
        var themes = Theme().Matches(Page()).Select(match => Variable().Matches(match.Value).ToDictionary(v => v.Groups[1].Value, v => v.Groups[2].Value)).ToList();
        Assert.Equal(2, themes.Count);
        foreach (var theme in themes)
        {
            Assert.All(["ink", "soft", "link"], name => Assert.InRange(ColorVision.Contrast(theme[name], theme["paper"]), 4.5, 21)); // WCAG 2.2, AA
            Assert.InRange(ColorVision.Contrast(theme["line"], theme["paper"]), 3, 21);
        }
    }

    [Theory]
    [InlineData(390, 844, "screen")]
    [InlineData(1280, 800, "screen")]
    [InlineData(718, 1000, "print")]
    public async Task No_part_of_the_page_is_cut(int width, int height, string medium)
    {
        JupyterClients.Need("chromium");
        Report.Write(Target, [Section("benchmark")], paper: false);
        using var clients = new JupyterClients();
        using var page = await BrowserPage.OpenAsync(clients, KernelProcess.FreePorts(1)[0], Patience);
        await page.ShowAsAsync(width, height, medium);
        await page.GoAsync(new Uri(Path.Combine(Target, Report.PageName)).AbsoluteUri);
        await page.UntilAsync("document.readyState === 'complete' && document.querySelectorAll('figure svg').length > 5", Patience);
        Assert.Equal(width, (await page.EvaluateAsync("Math.max(document.documentElement.scrollWidth, innerWidth)"))!.GetValue<int>());
        var cut = await page.EvaluateAsync("[...document.querySelectorAll('body *')].filter(e => !e.closest('svg *') && !e.closest('.wide > *, pre') && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80)).join('\\n')");
        Assert.Equal("", cut!.GetValue<string>());
    }

    [Fact]
    public async Task All_figures_and_tables_compile_in_a_two_column_paper_without_overfull_boxes()
    {
        Report.Write(Target, [Section("benchmark")], paper: true);
        await LatexPaper.AssertCompilesAsync(Path.Combine(Target, "paper"));
    }

    public void Dispose() => _folder.Dispose();

    private static ReportSection Section(string slug) => new()
    {
        Slug = slug,
        Title = $"A {slug}",
        Provenance = [("run", "20260101T000000Z-model-base-12345678"), ("software", string.Join(", ", Enumerable.Repeat("SomePackage 1.2.3-with-a-long-suffix", 20)))],
        Settings = "{\n  \"alpha\": 0.2\n}",
        Exhibits = new Exhibits
        {
            Tables =
            [
                ("numbers", Table.From(Enumerable.Range(0, 20), c => c.Text("Group of questions", i => $"group_{i} & more").Number("Accuracy", i => i / 20.0, "0.0%").Difference("Difference", i => (i - 10) / 100.0).PValue("p", i => i == 0 ? 1e-9 : i / 20.0)) with { Caption = "Numbers of 20 groups." }),
                ("long", Table.From(Enumerable.Range(0, 100), c => c.Integer("Step", i => i)) with { Caption = "Steps." }),
                ("none", Table.From(Array.Empty<int>(), c => c.Integer("Step", i => i))),
            ],
            Figures = [.. SampleFigures.All.Select(named => (named.Key.Replace(' ', '-'), named.Value))],
            Conclusions = ["R&D <b>lost</b> 2 points [−3, −1], 100 % of it."],
        },
    };

    private static List<(string Name, string Hash)> Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file => (file, ContentHash.OfFile(file)))];

    private string Page()
    {
        Report.Write(Target, [Section("benchmark")], paper: false);
        return File.ReadAllText(Path.Combine(Target, Report.PageName));
    }

    [GeneratedRegex(@":root \{[^}]*--ink[^}]*\}")]
    private static partial Regex Theme();

    [GeneratedRegex("--([a-z]+): (#[0-9a-f]{6})")]
    private static partial Regex Variable();
}
