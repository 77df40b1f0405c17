using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Experiments.Notebooks;
using Experiments.Reporting.Explorer;
using Experiments.Runs;
using Experiments.Tests.Models;

namespace Experiments.Tests.Reporting;

public class ExplorerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(33)]
    public void The_page_gives_every_weight_back_within_the_error_it_states(int tokens)
    {
        var (explorer, page) = (ExplorerPatterns.Explorer(tokens), Data(ExplorerPatterns.Explorer(tokens)));
        Assert.Equal(1, page.GetProperty("block").GetInt32());
        Assert.InRange(page.GetProperty("error").GetDouble(), 0, 0.02);
        var expected = explorer.Patterns(explorer.Off).Concat(explorer.Patterns(explorer.On!)).SelectMany(pattern => Resolution.Finest.Cells(pattern));
        AssertClose(expected, Weights(page).Cells, page);
        var received = from pattern in explorer.Patterns(explorer.Off).Concat(explorer.Patterns(explorer.On!))
                       from key in Enumerable.Range(0, tokens)
                       select Enumerable.Range(key, tokens - key).Average(query => pattern[query, key]);
        AssertClose(received, Weights(page).Received, page);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(33)]
    public void A_text_too_long_for_the_size_becomes_means_over_squares_of_tokens_and_the_page_says_so(int tokens)
    {
        var explorer = ExplorerPatterns.Explorer(tokens, on: false);
        var small = explorer with { MaxBytes = explorer.ToHtmlPage().Length - 2700 };
        var page = Data(small);
        Assert.InRange(small.ToHtmlPage().Length, 1, small.MaxBytes);
        Assert.Equal(2, page.GetProperty("block").GetInt32());
        Assert.Contains("Cells are means of 2 &#215; 2 tokens", small.ToHtmlPage(), StringComparison.Ordinal);

        var expected = from pattern in explorer.Patterns(explorer.Off)
                       from row in Enumerable.Range(0, (tokens + 1) / 2)
                       from column in Enumerable.Range(0, row + 1)
                       select (from query in new[] { 2 * row, (2 * row) + 1 }
                               from key in new[] { 2 * column, (2 * column) + 1 }
                               where query < tokens && key <= query
                               select pattern[query, key]).Average();
        AssertClose(expected, Weights(page).Cells, page);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Eight_layers_of_eight_heads_at_512_tokens_stay_under_3_MB(bool on)
    {
        var page = ExplorerPatterns.Explorer(512, 8, 8, on).ToHtmlPage();
        Assert.InRange(Encoding.UTF8.GetByteCount(page), 500_000, 3_000_000);
        TestContext.Current.TestOutputHelper!.WriteLine(page[page.IndexOf("<p>", StringComparison.Ordinal)..page.IndexOf("</p>", StringComparison.Ordinal)]);
    }

    [Fact]
    public void Equal_patterns_give_equal_pages_that_load_nothing()
    {
        var page = ExplorerPatterns.Explorer(20).ToHtmlPage();
        Assert.Equal(page, ExplorerPatterns.Explorer(20).ToHtmlPage());
        Assert.DoesNotMatch("src=|href=|@import|url\\(|fetch\\(|https?:", page);
        Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_are_data_whatever_they_hold()
    {
        string[] tokens = ["</script><b>", "\"'&", "😀", "\u2028", "\n", " a b", "\t", "▁x", new string('-', 30), "averyveryverylongtoken"];
        var explorer = ExplorerPatterns.Explorer(tokens.Length) with { Tokens = tokens, Title = "<i>\u2028é" };
        Assert.Equal(["</script><b>", "\"'&", "😀", "⏎", "⏎", "␣a␣b", "⇥", "␣x", "-×30", "averyveryverylongtoken"], Data(explorer).GetProperty("tokens").EnumerateArray().Select(token => token.GetString()));
        var page = explorer.ToHtmlPage();
        Assert.Equal(2, page.Split("</script>").Length - 1);
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.Contains("<title>&lt;i&gt;\u2028&#233;</title>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_causal_pattern_of_the_text_is_a_clear_error()
    {
        static string Error(AttentionExplorer explorer) => Assert.Throws<ExperimentException>(explorer.ToHtmlPage).Message;
        var explorer = ExplorerPatterns.Explorer(3);
        Assert.Contains("it was given 0, 2 and 3", Error(explorer with { Tokens = [] }), StringComparison.Ordinal);
        Assert.Contains("a pattern of 3 x 3 weights for 2 tokens", Error(explorer with { Tokens = ["a", "b"] }), StringComparison.Ordinal);
        foreach (var (query, key, weight) in new[] { (1, 0, double.NaN), (2, 2, -0.5), (0, 1, 0.25), (1, 1, double.PositiveInfinity) })
        {
            double[,] Wrong(int layer, int head)
            {
                var pattern = ExplorerPatterns.Of(3, layer, head);
                pattern[query, key] = weight;
                return pattern;
            }

            Assert.StartsWith($"Layer 0, head 0: query {query} gives key {key} the weight", Error(explorer with { On = Wrong }), StringComparison.Ordinal);
        }

        Assert.Contains("Choose fewer layers or heads", Error(ExplorerPatterns.Explorer(64) with { MaxBytes = 25_000 }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_notebook_shows_it_in_a_frame_of_its_own()
    {
        var explorer = ExplorerPatterns.Explorer(5);
        var bundle = ValueFormatter.Bundle(explorer);
        Assert.Equal(["image/png", "text/html", "text/plain"], bundle.Select(pair => pair.Key).Order(StringComparer.Ordinal));
        var frame = bundle["text/html"]!.GetValue<string>();
        Assert.StartsWith("<iframe sandbox=\"allow-scripts\"", frame, StringComparison.Ordinal);
        var source = frame[(frame.IndexOf("srcdoc=\"", StringComparison.Ordinal) + "srcdoc=\"".Length)..frame.IndexOf("\"></iframe>", StringComparison.Ordinal)];
        Assert.Equal(explorer.ToHtmlPage(), System.Net.WebUtility.HtmlDecode(source));
        Assert.Contains("5 tokens, 2 layers, 3 heads, off and on", bundle["text/plain"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_that_fails_leaves_the_older_file()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("attention.html");
        ExplorerPatterns.Explorer(3).Save(file);
        var before = File.ReadAllText(file);
        Assert.Throws<ExperimentException>(() => (ExplorerPatterns.Explorer(3) with { Tokens = ["one"] }).Save(file));
        Assert.Equal(before, File.ReadAllText(file));
    }

    private static JsonElement Data(AttentionExplorer explorer)
    {
        var page = explorer.ToHtmlPage();
        const string Start = "id=\"data\">";
        var from = page.IndexOf(Start, StringComparison.Ordinal) + Start.Length;
        return JsonDocument.Parse(page[from..page.IndexOf("</script>", from, StringComparison.Ordinal)]).RootElement;
    }

    /// <summary>What tokens receive and all cells, read as the page's script reads them.</summary>
    private static (List<double> Received, List<double> Cells) Weights(JsonElement page)
    {
        using var zlib = new ZLibStream(new MemoryStream(page.GetProperty("patterns").GetBytesFromBase64()), CompressionMode.Decompress);
        using var whole = new MemoryStream();
        zlib.CopyTo(whole);
        var codes = whole.ToArray();
        for (var i = codes.Length / 2; i < codes.Length && page.GetProperty("names").GetArrayLength() == 2; i++)
        {
            codes[i] += codes[i - (codes.Length / 2)];
        }

        double Number(string name) => page.GetProperty(name).GetDouble();
        int Count(string name) => page.GetProperty(name).GetArrayLength();
        double Weight(byte code, double levels) => code == 0 ? 0 : Number("floor") * Math.Pow(Number("top") / Number("floor"), (code - 1) / (levels - 1));
        var patterns = codes.Chunk(codes.Length / (Count("names") * Count("layers") * Count("heads"))).ToList();
        return ([.. patterns.SelectMany(pattern => pattern.Take(Count("tokens"))).Select(code => Weight(code, 255))], [.. patterns.SelectMany(pattern => pattern.Skip(Count("tokens"))).Select(code => Weight(code, Number("levels")))]);
    }

    private static void AssertClose(IEnumerable<double> expected, IReadOnlyList<double> found, JsonElement page)
    {
        var (error, floor) = (page.GetProperty("error").GetDouble(), page.GetProperty("floor").GetDouble());
        var weights = expected.ToList();
        Assert.Equal(weights.Count, found.Count);
        Assert.All(weights.Zip(found), pair => Assert.InRange(pair.Second, pair.First < floor ? 0 : pair.First / (1 + error) * (1 - 1e-9), pair.First < floor ? 0 : pair.First * (1 + error) * (1 + 1e-9)));
    }
}
