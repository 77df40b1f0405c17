using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Experiments.Notebooks;
using Experiments.Notebooks.Jupyter;
using Experiments.Tests.Architecture;

namespace Experiments.Tests.Notebooks.Jupyter;

/// <summary>The kernel under the front ends that people use.</summary>
[Collection("kernel")]
public sealed partial class JupyterClientTests : IDisposable
{
    private readonly JupyterClients _clients = new();

    public void Dispose() => _clients.Dispose();

    [Fact]
    public async Task Nbconvert_executes_every_committed_notebook_with_its_figures()
    {
        JupyterClients.Need("jupyter-nbconvert");
        var sources = Directory.GetFiles(Path.Combine(FloorTests.Root(), "notebooks"), "*.ipynb").Order(StringComparer.Ordinal).ToArray();
        var names = Array.ConvertAll(sources, source => Path.GetFileName(source)!);
        Assert.Equal(8, names.Length);
        foreach (var (source, name) in sources.Zip(names))
        {
            await File.WriteAllTextAsync(_clients.File(name), (await File.ReadAllTextAsync(source)).Replace("var profile = \\\"full\\\"", "var profile = \\\"quick\\\"", StringComparison.Ordinal));
        }

        var (code, text) = await _clients.RunAsync("jupyter-nbconvert", ["--to", "notebook", "--execute", "--ExecutePreprocessor.timeout=400", "--output-dir", "executed", .. names]);
        Assert.True(code == 0, text);
        var pictures = new Dictionary<string, int>();
        foreach (var name in names)
        {
            var executed = _clients.File(Path.Combine("executed", name));
            var outputs = NotebookDocument.Load(executed).Cells.Where(cell => cell.IsExecuted).SelectMany(cell => cell.Json["outputs"]!.AsArray()).ToList();
            Assert.DoesNotContain(outputs, output => Type(output) == "error");
            pictures[name] = outputs.Count(output => output!["data"]?["image/png"] is not null);
            Assert.True(pictures[name] > 0, $"{name} shows no picture");
            Assert.True(name[..2] is not ("03" or "05" or "06" or "07" or "08") || outputs.Any(output => output!["data"]?["text/html"] is not null), $"{name} shows no table");
            Assert.InRange(new FileInfo(executed).Length, 10_000, 300_000);
        }

        Assert.Equal(2, pictures["07-your-own-model.ipynb"]);
        (code, text) = await _clients.RunAsync("jupyter-nbconvert", ["--to", "html", "executed/07-your-own-model.ipynb"]);
        Assert.True(code == 0, text);
        var page = await File.ReadAllTextAsync(_clients.File("executed/07-your-own-model.html"));
        Assert.Equal(1, Picture().Count(page));
        Assert.Contains("<iframe", page, StringComparison.Ordinal); // the explorer
    }

    [Fact]
    public async Task The_kernel_passes_the_kernel_test_of_the_jupyter_project()
    {
        const string python = "/usr/bin/python3"; // Debian's, whatever else is on the path: the module is a Debian package
        JupyterClients.Need(python, "/usr/lib/python3/dist-packages/jupyter_kernel_test/__init__.py");
        await File.WriteAllTextAsync(_clients.File("kernel_test.py"), """
            import unittest

            import jupyter_kernel_test


            class CSharpKernel(jupyter_kernel_test.KernelTests):
                kernel_name = ".net-csharp"
                language_name = "C#"
                file_extension = ".cs"
                code_hello_world = 'Console.Write("hello, world");'
                code_stderr = 'Console.Error.Write("oh");'
                completion_samples = [{"text": "Math.Sqr", "matches": {"Sqrt"}}]
                complete_code_samples = ["1 + 1", "var x = 1;", "if (true) { }"]
                incomplete_code_samples = ["if (true) {", "Console.WriteLine("]
                code_generate_error = 'throw new InvalidOperationException("wrong");'
                code_execute_result = [{"code": "6 * 7", "result": "42"}, {"code": "1 + 41", "result": "42"}]
                code_display_data = [{"code": 'display(HTML("<b>bold</b>"));', "mime": "text/html"}]
                supported_history_operations = ("tail",)
                code_inspect_sample = "Math.Sqrt"
                code_clear_output = "ClearOutput();"


            unittest.main()

            """);
        var (code, text) = await _clients.RunAsync(python, ["kernel_test.py"]);
        Assert.True(code == 0, text);
        Assert.Matches(@"Ran 12 tests .*\n\nOK \(skipped=3\)", text.ReplaceLineEndings("\n")); // no pager, and of the history only its tail
    }

    [Fact]
    public async Task Nbclient_interrupts_a_cell_that_is_out_of_time_and_goes_on()
    {
        JupyterClients.Need("jupyter-nbconvert");
        Write("slow.ipynb", "var kept = 5;", "while (true) { System.Threading.Thread.Sleep(1); }", "kept + 1");
        var (code, text) = await _clients.RunAsync("jupyter-nbconvert",
            ["--to", "notebook", "--execute", "--allow-errors", "--ExecutePreprocessor.timeout=60", "--ExecutePreprocessor.interrupt_on_timeout=True", "--output", "done.ipynb", "slow.ipynb"]);
        Assert.True(code == 0, text);
        var cells = NotebookDocument.Load(_clients.File("done.ipynb")).Cells;
        Assert.Equal("Interrupted", cells[1].Json["outputs"]![0]!["ename"]!.GetValue<string>());
        Assert.Equal("[\"6\"]", cells[2].Json["outputs"]![0]!["data"]?["text/plain"]?.ToJsonString() ?? cells[2].Json["outputs"]!.ToJsonString());
    }

    [Fact]
    public async Task Nbclient_executes_in_place_and_reports_the_failing_line()
    {
        JupyterClients.Need("jupyter-execute");
        Write("good.ipynb", "Console.WriteLine(\"to the notebook\");", "var shown = \"a\".Display(); shown.Update(\"b\");");
        var (code, text) = await _clients.RunAsync("jupyter-execute", ["good.ipynb"]);
        Assert.True(code == 0, text);
        Assert.DoesNotContain("to the notebook", text, StringComparison.Ordinal);
        Write("bad.ipynb", "1", "var a = 1;\nthrow new InvalidOperationException(\"the reason\");");
        (code, text) = await _clients.RunAsync("jupyter-execute", ["bad.ipynb"]);
        Assert.NotEqual(0, code);
        Assert.Contains("the reason", text, StringComparison.Ordinal);
        Assert.Contains("In [2]:line 2", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_console_dialogue_keeps_variables_and_asks_for_input()
    {
        JupyterClients.Need("jupyter-console");
        const string Dialogue = """
            var q = 4;
            q * 2
            foreach (var i in new[] { 1, 2 }) Console.WriteLine($"line {i}");
            var name = Console.ReadLine();
            Ann
            $"hello {name}"

            """;
        var (_, text) = await _clients.RunAsync("jupyter-console", ["--kernel", KernelSpec.DefaultName, "--simple-prompt"], Dialogue);
        Assert.Contains("]: 8", text, StringComparison.Ordinal);
        Assert.Contains("line 1\nline 2", text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Contains("]: hello Ann", text, StringComparison.Ordinal);
    }

    private void Write(string name, params string[] cells)
    {
        var notebook = new JsonObject
        {
            ["cells"] = new JsonArray([.. cells.Select((cell, i) => NotebookCell.Code($"c{i}", cell).Json)]),
            ["metadata"] = new JsonObject { ["kernelspec"] = new JsonObject { ["name"] = ".net-csharp", ["display_name"] = ".NET (C#)", ["language"] = "C#" } },
            ["nbformat"] = 4,
            ["nbformat_minor"] = 5,
        };
        File.WriteAllText(_clients.File(name), notebook.ToJsonString());
    }

    private static string? Type(JsonNode? output) => output?["output_type"]?.GetValue<string>();

    [GeneratedRegex("<img[^>]*src=\"data:image/png")]
    private static partial Regex Picture();
}
