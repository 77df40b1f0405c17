using Experiments.Notebooks;
using Experiments.Tests.Models;

namespace Experiments.Tests.Notebooks;

/// <summary>What notebooks written for .NET Interactive use beside plain C#.</summary>
[Collection("console")]
public sealed class DirectiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Recorder _output = new();
    private readonly CSharpEngine _engine;
    private int _count;

    public DirectiveTests() => _engine = new CSharpEngine(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Display_functions_of_DotNet_Interactive_show_what_they_are_given()
    {
        var result = await Run("display(1.5); HTML(\"<b>x</b>\").Display(); \"<i>y</i>\".DisplayAs(\"text/html\"); new { A = 1 }.Display(\"text/html\"); var shown = display(\"a\"); shown.Update(\"b\"); HTML(\"<u>z</u>\")");
        Assert.Null(result.Error);
        Assert.Equal("1.5", _output.Bundles[0]["text/plain"]!.GetValue<string>());
        Assert.Equal("<b>x</b>", _output.Bundles[1]["text/html"]!.GetValue<string>());
        Assert.Equal("<i>y</i>", _output.Bundles[2]["text/html"]!.GetValue<string>());
        Assert.Equal("<pre>{ A = 1 }</pre>", _output.Bundles[3]["text/html"]!.GetValue<string>());
        Assert.EndsWith("<a><~b>", _output.Text, StringComparison.Ordinal);
        Assert.Equal("<u>z</u>", ValueFormatter.Bundle(result.Value)["text/html"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_culture_that_a_package_asks_for_by_name_exists() =>
        Assert.Equal("en-US 1.5", (await Run("var culture = new System.Globalization.CultureInfo(\"en-US\");\nculture.Name + \" \" + 1.5.ToString(culture)")).Value);

    [Fact]
    public async Task Markdown_and_html_parts_are_shown_in_place_and_code_around_them_runs()
    {
        var result = await Run("var a = 1;\na\n#!markdown\n# Title *x*\n\ntext\n#!html\n<b>bold</b>\n#!c#\na + 1");
        Assert.Equal(2, result.Value);
        Assert.Equal("1", _output.Bundles[0]["text/plain"]!.GetValue<string>());
        Assert.Equal("# Title *x*\n\ntext", _output.Bundles[1]["text/markdown"]!.GetValue<string>());
        Assert.Equal("<b>bold</b>", _output.Bundles[2]["text/html"]!.GetValue<string>());
    }

    [Fact]
    public async Task Time_shows_the_value_and_the_duration()
    {
        var result = await Run("#!time\nSystem.Threading.Thread.Sleep(60);\n7");
        Assert.False(result.HasValue);
        Assert.Equal("7", _output.Bundles[0]["text/plain"]!.GetValue<string>());
        var shown = _output.Bundles[1]["text/plain"]!.GetValue<string>();
        Assert.StartsWith("Wall time: ", shown, StringComparison.Ordinal);
        Assert.True(double.Parse(shown.Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture) >= 59);
    }

    [Theory]
    [InlineData("1 + 1;\n#!fsharp\nlet x = 1", "In [1]:line 2: '#!fsharp' is not known here")]
    [InlineData("var a = 1;\n%%time\na", "In [1]:line 2: '%%time' is not known here")]
    [InlineData("#!import", "In [1]:line 1: #!import needs a file")]
    [InlineData("\n#!import absent.ipynb", "In [1]:line 2: absent.ipynb cannot be imported")]
    [InlineData("#!import data.csv", "none of .ipynb")]
    [InlineData("#r \"nuget Foo\"", "is not understood")]
    public async Task A_directive_that_cannot_be_followed_is_one_error_with_cell_and_line(string code, string message)
    {
        var result = await Run(code);
        Assert.Contains(message, result.Error!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', result.Error.Message);
        Assert.Empty(_output.Events);
    }

    [Fact]
    public async Task What_looks_like_a_directive_inside_a_string_or_comment_is_none()
    {
        Assert.Equal("\n#!fsharp\n#load x\n", (await Run("/*\n#!time\n*/\nvar text = @\"\n#!fsharp\n#load x\n\";\ntext")).Value);
        Assert.Empty(_output.Bundles);
    }

    [Fact]
    public async Task Errors_behind_directives_keep_their_line()
    {
        Assert.Contains("In [1]:line 4, column 1: CS0103", (await Run("#!time\n#!markdown\n#!csharp\nmissing")).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notebooks_and_scripts_are_imported_with_paths_from_their_own_folder()
    {
        Directory.CreateDirectory(_folder.File("sub"));
        File.WriteAllText(_folder.File("sub/deep.csx"), "int Deep() => 40;");
        File.WriteAllText(_folder.File("sub/tools.csx"), "#load \"deep.csx\"\nint Tool() => Deep() + 1;");
        File.WriteAllText(_folder.File("first.ipynb"), """
            {"cells": [
              {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "text"},
              {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": null, "source": ["var fromNotebook = 1;"]},
              {"cell_type": "code", "id": "b", "metadata": {"polyglot_notebook": {"kernelName": "html"}}, "outputs": [], "execution_count": null, "source": ["<p>hello</p>"]}
            ], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
            """);
        var result = await Run("#!import \"first.ipynb\"\n#load \"sub/tools.csx\"\nTool() + fromNotebook");
        Assert.True(result.Error is null, result.Error?.Message);
        Assert.Equal(42, result.Value);
        Assert.Equal("<p>hello</p>", Assert.Single(_output.Bundles)["text/html"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_error_in_an_imported_file_names_the_file_and_its_line_and_a_circle_is_refused()
    {
        File.WriteAllText(_folder.File("bad.csx"), "int Fail()\n{\n    throw new InvalidOperationException(\"no\");\n}");
        File.WriteAllText(_folder.File("wrong.csx"), "\nabsent");
        File.WriteAllText(_folder.File("round.csx"), "#load \"round.csx\"");
        Assert.Contains((await Run("#load \"bad.csx\"\nFail()")).Error!.Traceback, line => line.Contains("bad.csx:line 3", StringComparison.Ordinal));
        Assert.Contains("wrong.csx:line 2", (await Run("#load \"wrong.csx\"")).Error!.Message, StringComparison.Ordinal);
        Assert.Contains("imports itself", (await Run("#load \"round.csx\"")).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_formatter_that_a_cell_registers_is_used()
    {
        await Run("public class Celsius { public double Degrees = 21; }\nFormatter.Register<Celsius>(c => $\"<b>{c.Degrees} °C</b>\", \"text/html\");");
        var result = await Run("new Celsius()");
        Assert.True(result.Error is null, result.Error?.Message);
        Assert.Equal("<b>21 °C</b>", ValueFormatter.Bundle(result.Value)["text/html"]!.GetValue<string>());
    }

    private Task<CellResult> Run(string code) => _engine.RunAsync(code, ++_count, _output);
}
