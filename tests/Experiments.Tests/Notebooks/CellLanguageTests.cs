using Experiments.Notebooks;
using Experiments.Notebooks.Jupyter;
using Experiments.Notebooks.Language;

namespace Experiments.Tests.Notebooks;

/// <summary>Completion and inspection. The cursor is where <c>|</c> stands.</summary>
[Collection("console")]
public sealed class CellLanguageTests : IDisposable
{
    private readonly Models.TemporaryFolder _folder = new();
    private readonly CSharpEngine _engine;

    public CellLanguageTests() => _engine = new CSharpEngine(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("names.Whe|", "Where", "Length")]
    [InlineData("names.|", "Count", "Equals2")]
    [InlineData("names?.Cou|", "Count", "Where")]
    [InlineData("nam|", "names", "alpha")]
    [InlineData("var b = al| + 1;\nvar c = 2;", "alpha", "names")]
    [InlineData("Console.Wri|", "WriteLine", "ReadLine")]
    [InlineData("System.Tex|", "Text", "Threading")]
    [InlineData("using System.Glo|", "Globalization", "Text")]
    [InlineData("new Lis|", "List", "names")]
    [InlineData("new Point { Wid|", "Width", "Console")]
    [InlineData("new Point { Width = 1, He| }", "Height", "Width")]
    [InlineData("Scale(fact|", "factor", "names")]
    [InlineData("void Inner(int parameter) { par| }", "parameter", "names")]
    [InlineData("names.Select(one => one.Len|", "Length", "Count")]
    [InlineData("forea|", "foreach", "names")]
    [InlineData("alpha.ToS|\nvar next = 1;", "ToString", "names")]
    public async Task Completion_offers_what_fits(string marked, string offered, string notOffered)
    {
        await Run("var alpha = 1; var names = new List<string>(); class Point { public int Width { get; set; } public int Height { get; set; } }\nint Scale(int factor) => factor;");
        var (code, index) = Cursor(marked);
        var list = CellCompletion.Complete(_engine, code, index);
        var items = list.Items.Select(item => item.Text).ToList();
        Assert.Contains(offered, items);
        Assert.DoesNotContain(notOffered, items);
        Assert.Equal(items.Distinct().Count(), items.Count);
        Assert.Equal(index, list.End);
        Assert.StartsWith(code[list.Start..list.End], offered, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("\"inside nam|\"")]
    [InlineData("// comment nam|")]
    [InlineData("12|")]
    [InlineData("nowhere.Mem|")]
    public async Task Completion_offers_nothing_where_nothing_fits(string marked)
    {
        await Run("var names = new List<string>();");
        var (code, index) = Cursor(marked);
        Assert.Empty(CellCompletion.Complete(_engine, code, index).Items);
    }

    [Fact]
    public void Paths_complete_in_directives()
    {
        Directory.CreateDirectory(_folder.File("inner"));
        File.WriteAllText(_folder.File("inner/Some.dll"), "");
        File.WriteAllText(_folder.File("inner/notes.txt"), "");
        File.WriteAllText(_folder.File("helpers.ipynb"), "");
        Assert.Equal(["inner/"], Paths("#r \"in|"));
        Assert.Equal(["Some.dll"], Paths("var a = 1;\n#r \"inner/|"));
        Assert.Equal(["helpers.ipynb", "inner/"], Paths("#!import \"|"));
        Assert.Empty(Paths("#r \"nuget: in|"));
        Assert.Empty(Paths("#r \"missing/|"));
        Assert.Empty(Paths("#r \"inner/Some.dll\"|"));
    }

    [Theory]
    [InlineData("alp|ha", "(variable) int alpha")]
    [InlineData("alpha|", "(variable) int alpha")]
    [InlineData("Twi|ce(2)", "(method) int Twice(int x)\n\nDoubles.\n\nx: What is doubled.\n\nReturns: Twice Twice.")]
    [InlineData("Twice(|", "(method) int Twice(int x)")]
    [InlineData("new List<int>().AddRange(|", "void List<int>.AddRange(IEnumerable<int> collection)")]
    [InlineData("new System.Text.StringBuilder(|", "StringBuilder.StringBuilder(int capacity)")]
    [InlineData("new System.Text.StringBuil|der()", "StringBuilder")]
    [InlineData("\"a\".Tri|m()", "string string.Trim()\n\nRemoves all leading and trailing white-space characters")]
    [InlineData("Experiments.Runs.Interrup|tion.Token", "How a host, such as the notebook engine, interrupts long work")]
    [InlineData("var later = 1.5; lat|er", "double later")]
    public async Task Inspection_says_type_and_documentation(string marked, string expected)
    {
        await Run("var alpha = 1;\n/// <summary>Doubles.</summary>\n/// <param name=\"x\">What is doubled.</param>\n/// <returns>Twice <see cref=\"Twice\"/>.</returns>\nint Twice(int x) => 2 * x;");
        var (code, index) = Cursor(marked);
        Assert.Contains(expected, CellInspection.Describe(_engine, code, index), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 3, 0)]
    [InlineData("abc", 2, 2)]
    [InlineData("🙂b", 1, 2)]
    [InlineData("a🙂🙂b", 3, 5)]
    [InlineData("abc", 99, 3)]
    public void Code_points_become_indexes_and_back(string text, int position, int index)
    {
        Assert.Equal(index, CodePoints.ToIndex(text, position));
        Assert.Equal(Math.Min(position, text.EnumerateRunes().Count()), CodePoints.FromIndex(text, index));
    }

    private static (string Code, int Index) Cursor(string marked) => (marked.Remove(marked.IndexOf('|', StringComparison.Ordinal), 1), marked.IndexOf('|', StringComparison.Ordinal));

    private IEnumerable<string> Paths(string marked)
    {
        var (code, index) = Cursor(marked);
        return CellCompletion.Complete(_engine, code, index).Items.Select(item => item.Text);
    }

    private async Task Run(string code)
    {
        var result = await _engine.RunAsync(code, 1, new Recorder());
        Assert.True(result.Error is null, result.Error?.Message);
    }
}
