using Experiments.Reporting.Reports;
using Experiments.Runs;
using Experiments.Studies;
using Experiments.Tests.Architecture;
using Experiments.Tests.Cli;
using Experiments.Tests.Models;
using Experiments.Tests.Reporting;

namespace Experiments.Tests.Studies;

[Collection("console")]
public sealed class SavedResultsTests : IDisposable
{
    private static readonly string Reference = Path.Combine(FloorTests.Root(), "results", "reference");

    private readonly TemporaryFolder _folder = new();
    private readonly SmallRuns _runs;

    public SavedResultsTests() => _runs = new SmallRuns(_folder.File("results"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_table_and_figure_of_every_study_comes_again_from_its_saved_numbers()
    {
        var tuned = _runs.FineTuned();
        foreach (var run in new[] { tuned, _runs.Attention(EmbeddedModel.Folder, tuned.PathOf("checkpoint")), _runs.Benchmark(EmbeddedModel.Folder), _runs.Ablation(EmbeddedModel.Folder), _runs.Interventions(EmbeddedModel.Folder), _runs.Pretrained() })
        {
            var written = new[] { "tables", "figures" }.Where(kind => Directory.Exists(run.PathOf(kind))).SelectMany(kind => Directory.EnumerateFiles(run.PathOf(kind), "*.csv")).ToDictionary(file => Path.GetRelativePath(run.Folder, file), File.ReadAllText);
            var exhibits = SavedResults.ExhibitsOf(WithNumbersOnly(run));
            var again = exhibits.Tables.Select(named => ($"tables/{named.Name}.csv", named.Table.ToCsv())).Concat(exhibits.Figures.Select(named => ($"figures/{named.Name}.csv", named.Figure.ToTable().ToCsv()))).ToDictionary();
            Assert.Equal(written.OrderBy(file => file.Key, StringComparer.Ordinal), again.OrderBy(file => file.Key, StringComparer.Ordinal));
            Assert.NotEmpty(exhibits.Conclusions);
        }
    }

    [Fact]
    public async Task A_report_is_made_of_results_and_evaluations_and_says_what_it_had_to_leave_out()
    {
        _runs.Benchmark(EmbeddedModel.Folder);
        var ablation = _runs.Ablation(EmbeddedModel.Folder);
        File.Delete(ablation.PathOf("metrics.json"));
        var own = _folder.File("own");
        Assert.Equal(0, (await CommandLine.Run("evaluate", "--limit", "1", "--template", "compact-direct", "--output-path", own)).Code);
        var (code, output, error) = await CommandLine.Run("report", _folder.File("results"), own, "--output", _folder.File("report"));
        Assert.True(code == 0, error);
        Assert.StartsWith("2 runs, ", output, StringComparison.Ordinal);
        Assert.Equal($"Left out: ablation/{ablation.Id}: no metrics.json, its numbers are not here.", error.Trim());
        var page = File.ReadAllText(_folder.File("report/report.html"));
        Assert.Contains("Evaluation: own", page, StringComparison.Ordinal);
        Assert.Contains("% of 8 answers are right", page, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("report/paper")));
    }

    [Fact]
    public async Task A_report_names_the_runs_that_it_is_not_made_of()
    {
        var results = _folder.File("results");
        Assert.Equal(0, (await CommandLine.Run("attention", "--tokens", "1,5,7", "--output", results)).Code);
        var id = Path.GetFileName(Directory.GetDirectories(Path.Combine(results, "attention-text")).Single());
        var reason = $"attention-text/{id}: its tables and figures lie in its folder; reports are made of {string.Join(", ", SavedResults.Experiments)}.";
        Assert.Equal((1, "", $"experiments: No numbers to report. {reason}"), await ReportOn("results"));
        _runs.Benchmark(EmbeddedModel.Folder);
        var (code, _, error) = await ReportOn("results");
        Assert.Equal((0, $"Left out: {reason}"), (code, error));
    }

    [Fact]
    public void The_committed_report_is_what_the_committed_numbers_give()
    {
        Report.Write(_folder.File("report"), SavedResults.Read([Reference]).Sections, paper: false);
        Assert.Equal(Files(Path.Combine(Reference, "report")), Files(_folder.File("report")));

        static List<(string Name, string Hash)> Files(string folder) =>
            [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file => (Path.GetRelativePath(folder, file), ContentHash.OfFile(file)))];
    }

    [Fact]
    public async Task All_figures_and_tables_of_the_reference_compile_in_a_two_column_paper_without_overfull_boxes()
    {
        Report.Write(_folder.File("report"), SavedResults.Read([Reference]).Sections, paper: true);
        await LatexPaper.AssertCompilesAsync(_folder.File("report/paper"));
    }

    [Fact]
    public async Task Without_results_there_is_one_clear_error_and_no_folder()
    {
        Directory.CreateDirectory(_folder.File("empty"));
        Assert.Equal((1, "", $"experiments: '{_folder.File("empty")}' holds no results_*.json. Make some with 'experiments evaluate --output-path {_folder.File("empty")}'."), await ReportOn("empty"));
        Assert.Equal((1, "", $"experiments: There is no '{_folder.File("nowhere")}'. Name the folder of a run, of results, or of an evaluation."), await ReportOn("nowhere"));
        Assert.False(Directory.Exists(_folder.File("report")));
    }

    [Fact]
    public void The_executed_notebooks_are_small_and_show_pictures_without_a_script_and_no_path_of_their_machine()
    {
        var notebooks = Directory.EnumerateFiles(Path.Combine(FloorTests.Root(), "notebooks"), "*.ipynb").Select(file => Path.Combine(Reference, "notebooks", Path.GetFileName(file)));
        foreach (var notebook in notebooks)
        {
            var text = File.ReadAllText(notebook);
            Assert.InRange(text.Length, 10_000, 300_000);
            Assert.Contains("\"image/png\": ", text, StringComparison.Ordinal);
            var readable = text.Split('\n').Where(line => line.Length < 2000); // longer ones hold a picture or the explorer's patterns in base64
            Assert.All(readable, line => Assert.DoesNotMatch(@"(?<![\w.:~/<>\\])/\w[\w.-]*/|\b[A-Z]:[/\\]", line)); // an absolute path
        }
    }

    private CompletedRun WithNumbersOnly(CompletedRun run)
    {
        foreach (var name in new[] { "run.json", "metrics.json", "example.json" }.Where(run.Has))
        {
            _folder.Write($"{run.Id}/{name}", run.ReadText(name));
        }

        return CompletedRun.Open(_folder.File(run.Id));
    }

    private async Task<(int Code, string Output, string Error)> ReportOn(string name)
    {
        var (code, output, error) = await CommandLine.Run("report", _folder.File(name), "--output", _folder.File("report"));
        return (code, output, error.Trim());
    }
}
