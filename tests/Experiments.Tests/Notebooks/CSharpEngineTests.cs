using System.Diagnostics;
using Experiments.Notebooks;

namespace Experiments.Tests.Notebooks;

[Collection("console")]
public class CSharpEngineTests
{
    private readonly CSharpEngine _engine = new(AppContext.BaseDirectory);
    private readonly Recorder _output = new();
    private int _count;

    [Fact]
    public async Task Variables_types_and_usings_stay_also_after_a_failed_cell()
    {
        await Run("using System.Globalization;");
        await Run("var a = 1;\nrecord Point(int X);\nint Twice(int x) => 2 * x;");
        var failed = await Run("a = 5;\nvar b = 7;\nthrow new InvalidOperationException(\"no\");");
        Assert.Equal("InvalidOperationException", failed.Error!.Name);
        var last = await Run("string.Create(CultureInfo.InvariantCulture, $\"{a} {b} {Twice(a)} {new Point(3)}\")");
        Assert.True(last.Error is null, last.Error?.Message);
        Assert.Equal("5 7 10 Point { X = 3 }", last.Value);
    }

    [Theory]
    [InlineData("1 + 1", 2)]
    [InlineData("var x = 1;", null)]
    [InlineData("await Task.FromResult(4)", 4)]
    [InlineData("return 5;", 5)]
    [InlineData("// nothing", null)]
    public async Task The_last_expression_is_the_value(string code, object? value) => Assert.Equal(value, (await Run(code)).Value);

    [Fact]
    public async Task The_warm_up_compiles_and_leaves_neither_text_nor_variables()
    {
        await _engine.WarmUpAsync();
        var compiled = _engine.WarmUpCompiler();
        Assert.True(compiled.Success, string.Join('\n', compiled.Diagnostics));
        Assert.Empty(_output.Events);
        Assert.Contains("CS0103", (await Run("words")).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_name_the_cell_and_the_line()
    {
        var compilation = await Run("var ok = 1;\nvar wrong = missing;");
        Assert.Contains("In [1]:line 2, column 13: CS0103", compilation.Error!.Message, StringComparison.Ordinal);
        var runtime = await Run("for (var i = 0; i < 3; i++)\n{\n    if (i == 1)\n    {\n        throw new ArgumentException(\"bad\");\n    }\n}");
        Assert.Contains(runtime.Error!.Traceback, line => line.Contains("In [2]:line 5", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Errors_stay_short()
    {
        var compilation = await Run(string.Join('\n', Enumerable.Range(0, 50).Select(i => $"missing{i};")));
        Assert.Equal(21, compilation.Error!.Traceback.Count);
        Assert.Contains("more", compilation.Error.Traceback[^1], StringComparison.Ordinal);
        var deep = await Run("void Fall(int n)\n{\n    if (n == 0) throw new Exception(new string('x', 60000), new Exception(\"inner\"));\n    Fall(n - 1);\n}\nFall(100);");
        Assert.True(string.Join('\n', deep.Error!.Traceback).Length < 5000);
        Assert.Contains(deep.Error.Traceback, line => line.Contains("In [2]:line 3", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Console_text_and_displays_come_in_order()
    {
        await Run("Console.WriteLine(\"a\"); Console.Error.Write(\"b\"); var shown = 1.5.Display(); shown.Update(2.5); Console.Write(\"c\");");
        Assert.Equal("a\n!b<1.5><~2.5>c", _output.Text);
    }

    [Fact]
    public async Task A_reference_to_a_host_assembly_gives_the_host_types_and_a_missing_one_says_so()
    {
        var workspace = await Run("#r \"Experiments.dll\"\nnew Experiments.Models.GenerationOptions { MaxNewTokens = 3 }");
        Assert.Equal(3, Assert.IsType<Experiments.Models.GenerationOptions>(workspace.Value).MaxNewTokens);
        Assert.Contains("In [2]:line 1", (await Run("#r \"nowhere/Absent.dll\"")).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reference_outlives_a_mistake_in_its_cell()
    {
        using var folder = new Models.TemporaryFolder();
        File.WriteAllBytes(folder.File("Outside.dll"), CompiledLibrary.Bytes("Outside", "namespace Outside; public static class Answer { public const int Value = 42; }"));
        Assert.Contains("CS0103", (await Run($"#r \"{folder.File("Outside.dll")}\"\nmissing")).Error!.Message, StringComparison.Ordinal);
        Assert.Equal(42, (await Run("Outside.Answer.Value")).Value);
        File.WriteAllText(folder.File("text.dll"), "no assembly");
        Assert.Contains("In [3]:line 1", (await Run($"#r \"{folder.File("text.dll")}\"")).Error!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("var n = 0L; while (true) n++;")]
    [InlineData("System.Threading.Thread.Sleep(60000);")]
    public async Task An_endless_cell_is_interrupted_soon_and_its_variables_survive(string code)
    {
        await Run("var kept = 42;");
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        var watch = Stopwatch.StartNew();
        var result = await _engine.RunAsync(code, ++_count, _output, stop.Token);
        Assert.Equal("Interrupted", result.Error!.Name);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(6), $"took {watch.Elapsed}");
        Assert.Equal(42, (await Run("kept")).Value);
    }

    [Fact]
    public async Task Engines_of_one_process_share_the_files_that_they_refer_to()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Open files are counted in /proc.");
        await Run("1");
        var open = Directory.GetFiles("/proc/self/fd").Length;
        var others = Enumerable.Range(0, 5).Select(_ => new CSharpEngine(AppContext.BaseDirectory)).ToList();
        foreach (var other in others)
        {
            Assert.Null((await other.RunAsync("1", 1, _output)).Error);
        }

        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length - open, int.MinValue, 5 * 100); // each would open some 240
        GC.KeepAlive(others);
    }

    private Task<CellResult> Run(string code) => _engine.RunAsync(code, ++_count, _output);
}
