using System.Runtime.CompilerServices;
using Experiments.Notebooks;

namespace Experiments.Tests.Notebooks;

/// <summary>What later cells find of earlier ones, of which only declarations are kept.</summary>
[Collection("console")]
public class CellDeclarationsTests
{
    private readonly CSharpEngine _engine = new(AppContext.BaseDirectory);
    private readonly Recorder _output = new();
    private int _count;

    [Theory]
    [InlineData("var a = 1; var b = \"x\"; int? c = null;", "$\"{a} {b.Length} {c is null}\"", "1 1 True")]
    [InlineData("var words = new List<string> { \"a\", \"bb\" }.Where(w => w.Length > 1).ToList();", "words[0].Length", 2)]
    [InlineData("var rows = new[] { 1, 2 }.Select(n => new { N = n, Half = n / 2.0 }).ToList();", "rows.Sum(row => row.N + row.Half) + new { N = 4, Half = 0.5 }.N", 8.5)]
    [InlineData("var pair = (First: 1, Second: \"s\");", "pair.Second + pair.First", "s1")]
    [InlineData("var (x, y) = (3, 4);", "x * y", 12)]
    [InlineData("int.TryParse(\"12\", out var parsed);", "parsed", 12)]
    [InlineData("object o = 5; if (o is int known) { }", "o", 5)]
    [InlineData("const int Size = 6; const string Name = \"n\";", "Name + Size", "n6")]
    [InlineData("static readonly int[] Fixed = [1, 2, 3];", "Fixed.Length", 3)]
    [InlineData("Func<int, int> twice = n => 2 * n; var thrice = (int n) => 3 * n;", "twice(thrice(2))", 12)]
    [InlineData("var add = (int n, int m = 5) => n + m;", "add(1)", 6)]
    [InlineData("int Next(int n, int step = 2) { return n + step; }", "Next(1) + Next(1, step: 5)", 9)]
    [InlineData("IEnumerable<int> Up() { yield return 1; yield return 2; }", "Up().Sum()", 3)]
    [InlineData("async Task<int> Later(int n) { await Task.Yield(); return n; }", "await Later(7)", 7)]
    [InlineData("T Same<T>(T value) where T : struct => value; static int Squared(this int n) => n * n;", "Same(3).Squared()", 9)]
    [InlineData("int[] cells = [1, 2]; ref int At(int i) => ref cells[i];", "At(1) = 5; cells[1]", 5)]
    [InlineData("int Count { get; set; } = 8; int Half => Count / 2;", "Count + Half", 12)]
    [InlineData("event Action Rung; void Ring() => Rung?.Invoke();", "var n = 0; Rung += () => n++; Ring(); n", 1)]
    [InlineData("record Point(int X, int Y) { public int Sum => X + Y; } var p = new Point(1, 2);", "(p with { Y = 5 }).Sum", 6)]
    [InlineData("class Base { public virtual int Value => 1; } class Derived : Base { public override int Value => base.Value + 1; } Base made = new Derived();", "made.Value", 2)]
    [InlineData("enum Colour { Red, Blue } delegate int Op(int n); interface IShape { int Sides { get; } } struct Box<T> { public T Held; }", "new Box<Colour> { Held = Colour.Blue }.Held.ToString()", "Blue")]
    [InlineData("dynamic late = \"abc\";", "(int)late.Length", 3)]
    [InlineData("nint native = 5; unsafe int* pointer = null;", "(long)native", 5L)]
    [InlineData("var @class = 4; var nested = new Dictionary<string, (int, List<int?>)[]>();", "@class + nested.Count", 4)]
    [InlineData("using System.Globalization; using Numbers = System.Collections.Generic.List<int>; var list = new Numbers { 2 };", "new Numbers(list).Count + CultureInfo.InvariantCulture.LCID", 128)]
    [InlineData("async Task<int> One() => 1; var one = await One(); var task = One();", "one + await task", 2)]
    public async Task Everything_declared_is_there_in_later_cells(string declaring, string later, object expected)
    {
        await Passes("1 + 1");
        await Passes(declaring);
        await Passes("Console.Write(\"between\");");
        await Passes("var between = 1;");
        Assert.Equal(expected, (await Passes(later)).Value);
        Assert.Equal(expected, (await Passes(later)).Value);
    }

    [Fact]
    public async Task A_variable_keeps_its_type_when_a_later_cell_has_another_type_of_that_name()
    {
        await Passes("record Row(int Old); var rows = new List<Row> { new(1) };");
        await Passes("record Row(string New); var copy = rows.ToList(); var mine = new Row(\"n\");");
        Assert.Equal("1 n", (await Passes("$\"{copy[0].Old} {mine.New}\"")).Value);
    }

    [Fact]
    public async Task Functions_call_those_of_earlier_cells_and_variables_hold_what_was_assigned_last()
    {
        await Passes("var total = 0; void Add(int n) => total += n;");
        await Passes("void AddTwice(int n) { Add(n); Add(n); }");
        await Passes("AddTwice(3);");
        await Passes("Add(1); total");
        Assert.Equal(7, (await Passes("total")).Value);
    }

    [Fact]
    public async Task A_cell_run_again_replaces_what_it_declared()
    {
        for (var i = 0; i < 3; i++)
        {
            await Passes($"var again = {i}; int Plus(int n) => n + again;");
            Assert.Equal(10 + i, (await Passes("Plus(10)")).Value);
        }
    }

    [Fact]
    public async Task Documentation_of_a_function_stays()
    {
        await Passes("/// <summary>Halves it.</summary>\nint Halved(int n) => n / 2;");
        var inspected = Experiments.Notebooks.Language.CellInspection.Describe(_engine, "Halved(3)", 2);
        Assert.Contains("Halves it.", inspected, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_of_a_cell_that_declares_nothing_goes_when_its_value_does()
    {
        await Passes("var kept = new List<object>();");
        var gone = await CodeOf("Enumerable.Range(0, 3).Select(n => new { N = n }).ToArray()[0]");
        var held = await CodeOf("kept.Add(new { M = 1 }); kept[0]");
        for (var i = 0; i < 10 && gone.IsAlive; i++)
        {
            await Passes("GC.Collect(); GC.WaitForPendingFinalizers();");
        }

        Assert.False(gone.IsAlive);
        Assert.True(held.IsAlive);
        Assert.Equal("{ M = 1 }", (await Passes("kept[0].ToString()")).Value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> CodeOf(string code) => new((await Passes(code)).Value!.GetType().Assembly);

    private async Task<CellResult> Passes(string code)
    {
        var result = await _engine.RunAsync(code, ++_count, _output);
        Assert.True(result.Error is null, $"{code}: {result.Error?.Message}");
        return result;
    }
}
