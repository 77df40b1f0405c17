using System.Text.Json.Nodes;
using System.Xml.Linq;
using Experiments.Notebooks;
using Experiments.Tests.Models;
using Experiments.Tests.Notebooks;

namespace Experiments.Tests.Cli;

/// <summary><c>experiments run</c>: what papermill's users expect.</summary>
[Collection("console")]
public sealed class RunCommandTests : IDisposable
{
    private static readonly NotebookCell Parameters = NotebookCell.Code("p", "var alpha = 0.2; // strength\nint[] layers = [1]; // which\nvar name = \"a\";", "parameters");
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Parameters_come_from_a_file_from_yaml_and_one_by_one_and_the_later_wins()
    {
        File.WriteAllText(_folder.File("f.json"), "{\"alpha\": 1, \"name\": \"file\", \"layers\": [7]}");
        var (code, _, error) = await Run("-p", "alpha", "-0.5", Notebook("one", Parameters, NotebookCell.Code("v", "$\"{alpha} {layers.Length} {name}\"")), "-f", _folder.File("f.json"), "-y", "{layers: [3, 4], alpha: 9}", "-p", "name=a=b");
        Assert.True(code == 0, error);
        Assert.Equal("-0.5 2 a=b", Shown("one", "v"));
        Assert.Equal("[3,4]", Executed("one").Metadata["papermill"]!["parameters"]!["layers"]!.ToJsonString());
    }

    [Theory]
    [InlineData("no parameter 'beta'", "-p", "beta", "1")]
    [InlineData("no parameter 'beta'", "-y", "beta: 1")]
    [InlineData("'much' is not", "-y", "alpha: much")]
    [InlineData("type int[]", "-p", "layers", "[a]")]
    [InlineData("-p takes a name and a value", "-p", "alpha")]
    [InlineData("-y is not YAML", "-y", "{alpha")]
    [InlineData("none.yaml", "-f", "none.yaml")]
    [InlineData("--jobs is 0", "--jobs", "0")]
    [InlineData("--cell-timeout is -1", "--cell-timeout", "-1")]
    public async Task Wrong_usage_is_one_line_exit_code_2_and_nothing_runs(string what, params string[] args)
    {
        var (code, _, error) = await Run([Notebook("one", Parameters), .. args]);
        Assert.Equal(2, code);
        Assert.Contains(what, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.False(Directory.Exists(_folder.File("out/notebooks")));
    }

    [Fact]
    public async Task Inspect_lists_parameters_with_type_default_and_comment_and_runs_nothing()
    {
        var (code, output, _) = await CommandLine.Run("run", Notebook("one", Parameters), "--inspect");
        Assert.Equal(0, code);
        Assert.Matches(@"alpha +double +0\.2 +strength", output);
        Assert.Matches(@"layers +int\[\] +\[1\] +which", output);
        Assert.False(Directory.Exists(_folder.File("out")));
    }

    [Fact]
    public async Task JUnit_has_a_test_for_each_cell_with_its_failure_and_keep_going_reaches_the_rest()
    {
        string[] notebooks =
        [
            Notebook("one", NotebookCell.Code("good", "1"), NotebookCell.Code("bad", "throw new InvalidOperationException(\"<no>\\u001b\");"), NotebookCell.Code("allowed", "throw new Exception();", "raises-exception"), NotebookCell.Code("left", "2", "skip-execution")),
            Notebook("two", NotebookCell.Code("only", "3")),
        ];
        var (code, _, error) = await Run([.. notebooks, "--junit", _folder.File("j.xml"), "--keep-going"]);
        Assert.True(code == 1, error);
        Assert.Equal(("5", "1", "1"), Totals());
        var failure = Assert.Single(XDocument.Load(_folder.File("j.xml")).Descendants("failure"));
        Assert.Equal("02 bad", failure.Parent!.Attribute("name")!.Value);
        Assert.Equal("<no>\uFFFD", failure.Attribute("message")!.Value);
        Assert.Contains("In [2]:line 1", failure.Value, StringComparison.Ordinal);

        Assert.Equal(1, (await Run([.. notebooks, "--junit", _folder.File("j.xml")])).Code);
        Assert.Equal(("5", "1", "3"), Totals()); // what was not reached counts as skipped, also of a notebook that had run before
    }

    [Theory]
    [InlineData("--timeout", "the notebook")]
    [InlineData("--cell-timeout", "a cell")]
    public async Task Out_of_time_interrupts_is_exit_code_124_and_says_which_limit(string option, string what)
    {
        var notebook = Notebook("one", NotebookCell.Code("endless", "while (true) { }"), NotebookCell.Code("later", "1"));
        var (code, _, _) = await Run(notebook, option, "1", "--junit", _folder.File("j.xml"));
        Assert.Equal(124, code);
        Assert.Contains($"1 s is what {what} may take ({option})", XDocument.Load(_folder.File("j.xml")).Descendants("failure").Single().Attribute("message")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_begins_at_the_first_notebook_that_has_not_passed_with_these_parameters()
    {
        string[] notebooks = [Notebook("one", Parameters), Notebook("two", NotebookCell.Code("c", $"if (!System.IO.File.Exists(@\"{_folder.File("ready")}\")) throw new Exception();")), Notebook("three", NotebookCell.Code("c", "1"))];
        Assert.Equal(1, (await Run(notebooks)).Code);
        File.WriteAllText(_folder.File("ready"), "");
        var (first, before) = (_folder.File("out/notebooks/one.ipynb"), File.ReadAllText(_folder.File("out/notebooks/one.ipynb")));
        var (code, _, error) = await Run([.. notebooks, "--resume"]);
        Assert.True(code == 0, error);
        Assert.Equal(before, File.ReadAllText(first));
        Assert.Equal("1", Shown("three", "c"));
        Assert.Equal(0, (await Run([.. notebooks, "--resume", "-p", "alpha", "0.3"])).Code);
        Assert.NotEqual(before, File.ReadAllText(first));
    }

    [Fact]
    public async Task Jobs_are_processes_of_their_own_and_one_report_covers_them()
    {
        string[] notebooks = [Notebook("one", Parameters, NotebookCell.Code("c", "$\"{alpha} {Environment.ProcessId}\"")), Notebook("two", NotebookCell.Code("c", "throw new Exception(\"no\");"))];
        var (code, _, error) = await Run([.. notebooks, "--jobs", "2", "--keep-going", "-p", "alpha", "-3", "--junit", _folder.File("j.xml")]);
        Assert.True(code == 1, error);
        Assert.StartsWith("-3 ", Shown("one", "c"), StringComparison.Ordinal);
        Assert.NotEqual($"-3 {Environment.ProcessId}", Shown("one", "c"));
        Assert.Equal(("4", "1", "0"), Totals());
        Assert.Contains("two | cell c failed", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_of_an_executed_notebook_lies_beside_it()
    {
        Assert.Equal(0, (await Run(Notebook("one", NotebookCell.Code("c", "\"<shown>\"")), "--html")).Code);
        Assert.Contains("<pre>&lt;shown&gt;</pre>", File.ReadAllText(_folder.File("out/notebooks/one.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_notebooks_of_one_name_are_refused()
    {
        var first = Notebook("one", Parameters);
        Directory.CreateDirectory(_folder.File("sub"));
        File.Copy(first, _folder.File("sub/one.ipynb"));
        var (code, _, error) = await Run(first, _folder.File("sub/one.ipynb"));
        Assert.Equal(2, code);
        Assert.Contains("overwrite each other", error, StringComparison.Ordinal);
    }

    private string Notebook(string name, params NotebookCell[] cells) => NotebookFiles.Write(_folder.File($"{name}.ipynb"), cells);

    private Task<(int Code, string Output, string Error)> Run(params string[] args) => CommandLine.Run(["run", .. args, "--output", _folder.File("out")]);

    private NotebookDocument Executed(string name) => NotebookDocument.Load(_folder.File($"out/notebooks/{name}.ipynb"));

    private string Shown(string name, string id) => string.Concat(((JsonArray)Executed(name).Cells.First(cell => cell.Id == id).Json["outputs"]![0]!["data"]!["text/plain"]!).Select(line => line!.GetValue<string>()));

    private (string Tests, string Failures, string Skipped) Totals()
    {
        var root = XDocument.Load(_folder.File("j.xml")).Root!;
        return (root.Attribute("tests")!.Value, root.Attribute("failures")!.Value, root.Attribute("skipped")!.Value);
    }
}
