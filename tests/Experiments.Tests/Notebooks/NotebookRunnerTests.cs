using System.Text.Json.Nodes;
using Experiments.Notebooks;
using Experiments.Tests.Models;

namespace Experiments.Tests.Notebooks;

[Collection("console")]
public sealed class NotebookRunnerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_notebook_that_Jupyter_wrote_comes_back_byte_for_byte()
    {
        const string text = "{\n \"cells\": [\n  {\n   \"cell_type\": \"markdown\",\n   \"id\": \"a\",\n   \"metadata\": {\n    \"custom\": {}\n   },\n   \"source\": [\n    \"# 😀 \\\"q\\\" \u2028 é\\n\",\n    \"x\\ty\"\n   ]\n  }\n ],\n \"metadata\": {\n  \"foreign\": [\n   1,\n   2.5,\n   null\n  ]\n },\n \"nbformat\": 4,\n \"nbformat_minor\": 5\n}\n";
        Assert.Equal(text, NotebookDocument.Parse(text, "x.ipynb").ToString());
    }

    [Theory]
    [InlineData(2.4e-5, "2.4e-05\n")]
    [InlineData(1.5e-12, "1.5e-12\n")]
    [InlineData(0.25, "0.25\n")]
    public void Numbers_are_written_as_Python_writes_them(double number, string text) => Assert.Equal(text, IpynbText.Write(JsonValue.Create(number)));

    [Theory]
    [InlineData("not json", "not JSON")]
    [InlineData("{\"cells\": 3, \"nbformat\": 4}", "no list of cells")]
    [InlineData("{\"cells\": [], \"nbformat\": 3}", "nbformat 3")]
    public void What_is_no_notebook_is_refused_by_name(string text, string why)
    {
        var error = Assert.Throws<NotebookException>(() => NotebookDocument.Parse(text, "mine.ipynb"));
        Assert.Contains("mine.ipynb", error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parameters_are_typed_against_the_parameters_cell()
    {
        var input = Write(NotebookCell.Code("p", "var alpha = 0.2; // strength\nvar name = \"a\";\nvar deep = false;", "parameters"), NotebookCell.Code("v", "$\"{alpha} {name} {deep}\""));
        var outcome = await Run(input, new() { ["alpha"] = "0.5", ["name"] = "b\"c", ["deep"] = "true" });
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal("0.5 b\"c True", Output("v", "data", "text/plain"));
        Assert.Contains("alpha (double, default 0.2)", (await Assert.ThrowsAsync<NotebookException>(() => Run(input, new() { ["beta"] = "1" }))).Message, StringComparison.Ordinal);
        Assert.Contains("'much' is not", (await Assert.ThrowsAsync<NotebookException>(() => Run(input, new() { ["alpha"] = "much" }))).Message, StringComparison.Ordinal);
        Assert.Equal(new NotebookParameter("alpha", "double", "0.2", "strength"), NotebookParameters.Of(NotebookDocument.Load(input))[0]);
    }

    [Fact]
    public async Task A_failed_cell_stops_the_notebook_is_marked_and_later_cells_stay_empty()
    {
        var input = Write(NotebookCell.Code("bad", "throw new Exception(\"x\");"), NotebookCell.Code("later", "1"));
        var outcome = await Run(input);
        Assert.Equal(1, outcome.ExitCode);
        var written = NotebookDocument.Load(_folder.File("out.ipynb"));
        Assert.Equal("failed", written.Cells[0].Json["metadata"]!["papermill"]!["status"]!.GetValue<string>());
        Assert.True(written.Metadata["papermill"]!["exception"]!.GetValue<bool>());
        Assert.Empty((JsonArray)written.Cells[1].Json["outputs"]!);
        Assert.Equal(2, (await Run(input, options: new RunnerOptions { KeepGoing = true })).Cells.Count);
    }

    [Fact]
    public async Task Tags_allow_an_exception_and_skip_a_cell()
    {
        var outcome = await Run(Write(NotebookCell.Code("bad", "throw new Exception(\"x\");", "raises-exception"), NotebookCell.Code("no", "throw new Exception(\"y\");", "skip-execution"), NotebookCell.Code("good", "7")));
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal("7", Output("good", "data", "text/plain"));
    }

    [Fact]
    public async Task Out_of_time_is_exit_code_124_and_the_notebook_is_written()
    {
        var outcome = await Run(Write(NotebookCell.Code("first", "1"), NotebookCell.Code("endless", "while (true) { }")), options: new RunnerOptions { CellTimeout = TimeSpan.FromSeconds(10) });
        Assert.Equal(124, outcome.ExitCode);
        Assert.Equal("1", Output("first", "data", "text/plain"));
        Assert.Equal("Interrupted", NotebookDocument.Load(_folder.File("out.ipynb")).Cells[1].Json["outputs"]![0]!["ename"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_second_run_changes_nothing_but_timings_and_foreign_metadata_stays()
    {
        var input = _folder.File("in.ipynb");
        File.WriteAllText(input, """
            {"cells": [
              {"cell_type": "code", "execution_count": 9, "id": "a", "metadata": {"tags": ["mine"], "foreign": {"b": 1, "a": [1.50, null]}}, "outputs": [{"name": "stdout", "output_type": "stream", "text": "old"}], "source": "var shown = 1.Display();\nConsole.Write(\"é😀\");\nshown.Update(2);\nnew[] { new { A = 1 } }"},
              {"attachments": {"x.png": {"image/png": "AA=="}}, "cell_type": "markdown", "id": "m", "metadata": {"slide": true}, "source": ["text"]},
              {"cell_type": "raw", "id": "r", "metadata": {}, "source": "raw"}
            ], "extra": {"kept": true}, "metadata": {"vendor": {"x": 1e-7}}, "nbformat": 4, "nbformat_minor": 5}
            """);
        await Run(input);
        var first = File.ReadAllText(_folder.File("out.ipynb"));
        await Run(input);
        var second = File.ReadAllText(_folder.File("out.ipynb"));
        Assert.Equal(Timeless(first), Timeless(second));
        await new NotebookRunner().RunAsync(_folder.File("out.ipynb"), _folder.File("out.ipynb")); // in place
        Assert.Equal(Timeless(first).Replace("in.ipynb", "out.ipynb", StringComparison.Ordinal), Timeless(File.ReadAllText(_folder.File("out.ipynb"))));
        var json = JsonNode.Parse(first)!;
        Assert.True(json["extra"]!["kept"]!.GetValue<bool>());
        Assert.Contains("\"x\": 1e-7", first, StringComparison.Ordinal);
        Assert.Contains("1.50", first, StringComparison.Ordinal);
        Assert.Equal("AA==", json["cells"]![1]!["attachments"]!["x.png"]!["image/png"]!.GetValue<string>());
        Assert.True(json["cells"]![1]!["metadata"]!["slide"]!.GetValue<bool>());
        Assert.DoesNotContain("old", first, StringComparison.Ordinal);
    }

    /// <summary>A notebook's text without the values of times and durations.</summary>
    private static string Timeless(string text) => System.Text.RegularExpressions.Regex.Replace(text, "\"(duration|start_time|end_time)\": [^\n]*", "\"$1\": …");

    [Fact]
    public async Task Of_a_flood_of_text_the_beginning_is_saved_and_how_much_there_was()
    {
        var outcome = await Run(Write(NotebookCell.Code("c", "for (var i = 0; i < 40_000; i++) { Console.WriteLine(\"0123456789\"); }\n1")));
        Assert.Equal(0, outcome.ExitCode);
        var text = File.ReadAllText(_folder.File("out.ipynb"));
        Assert.InRange(text.Length, 100_000, 300_000);
        Assert.Contains("of 440,000 characters printed, the first 100,000 are saved", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Progress_in_a_notebook_changes_in_place_and_is_saved_as_one_line()
    {
        var input = Write(NotebookCell.Code("c", """
            var progress = new Experiments.Studies.LiveProgress();
            for (var i = 0; i <= 3; i++)
            {
                progress.Report(new Experiments.Studies.StudyProgress("count", i, 3, $"loss {3 - i}"));
            }
            """));
        var told = new Updates();
        Experiments.Runs.LiveDisplay.Source = CellDisplays.Open;
        await new NotebookRunner().RunAsync(input, _folder.File("out.ipynb"), observer: told);
        Assert.Single((JsonArray)NotebookDocument.Load(_folder.File("out.ipynb")).Cells[0].Json["outputs"]!);
        Assert.Matches("^count 3/3 .*loss 0$", Output("c", "data", "text/plain"));
        Assert.Matches("^count 3/3 .*loss 0$", Assert.Single(told.Texts));
    }

    private sealed class Updates : IRunObserver
    {
        internal List<string> Texts { get; } = [];

        public void Updated(JsonObject bundle) => Texts.Add(bundle["text/plain"]!.GetValue<string>());
    }

    [Fact]
    public void A_figure_and_a_table_show_as_their_own_representations()
    {
        var table = Experiments.Reporting.Table.From(new[] { 1.5 }, c => c.Number("x", v => v));
        Assert.Contains("<table", ValueFormatter.Bundle(table)["text/html"]!.GetValue<string>(), StringComparison.Ordinal);
        var figure = ValueFormatter.Bundle(Experiments.Reporting.AttentionFigures.LayerByHead(new double[,] { { 1 } }, "t", "v"));
        Assert.IsType<JsonObject>(figure["application/vnd.plotly.v1+json"]);
        Assert.NotEmpty(Convert.FromBase64String(figure["image/png"]!.GetValue<string>()));
        Assert.Equal("1.5", ValueFormatter.Bundle(1.5)["text/plain"]!.GetValue<string>());
    }

    private string Write(params NotebookCell[] cells) => NotebookFiles.Write(_folder.File("in.ipynb"), cells);

    private Task<NotebookOutcome> Run(string input, Dictionary<string, string>? parameters = null, RunnerOptions? options = null) =>
        new NotebookRunner(options).RunAsync(input, _folder.File("out.ipynb"), parameters);

    private string Output(string id, params string[] path)
    {
        JsonNode node = NotebookDocument.Load(_folder.File("out.ipynb")).Cells.First(cell => cell.Id == id).Json["outputs"]![0]!;
        foreach (var key in path)
        {
            node = node[key]!;
        }

        return string.Concat(((JsonArray)node).Select(line => line!.GetValue<string>()));
    }
}
