using System.Text.Json.Nodes;
using Experiments.Notebooks;
using Experiments.Reporting;
using Microsoft.Data.Analysis;

namespace Experiments.Tests.Notebooks;

[Collection("console")]
public class ValueFormatterTests
{
    private sealed record Person(string Name, int Age);

    private sealed class Bare
    {
        public int Good => 1;

        public int Bad => throw new InvalidOperationException("not now");
    }

    [Fact]
    public void A_figure_is_a_picture_with_its_size_an_interactive_figure_and_a_sentence()
    {
        var bundle = ValueFormatter.Bundle(AttentionFigures.LayerByHead(new double[,] { { 1 } }, "Title of it", "v"));
        Assert.Equal(["application/vnd.plotly.v1+json", "image/png", "text/plain"], bundle.Select(pair => pair.Key).Order(StringComparer.Ordinal));
        var layout = bundle["application/vnd.plotly.v1+json"]!["layout"]!;
        var size = OutputMetadata.Of(bundle)["image/png"]!;
        Assert.Equal((int)layout["width"]!.GetValue<double>(), size["width"]!.GetValue<int>());
        Assert.Equal((int)layout["height"]!.GetValue<double>(), size["height"]!.GetValue<int>());
        Assert.Contains("Title of it", bundle["text/plain"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Empty(OutputMetadata.Of(ValueFormatter.Bundle("text")));
    }

    [Fact]
    public void A_long_collection_is_cut_with_its_count_and_enumerated_once()
    {
        var enumerated = 0;
        IEnumerable<int> Endless()
        {
            enumerated++;
            for (var i = 0; ; i++)
            {
                yield return i;
            }
        }

        Assert.EndsWith("24, … 25 of 12,345 items]", Plain(Enumerable.Range(0, 12345).ToList()), StringComparison.Ordinal);
        Assert.EndsWith("24, … 25 of 12,345 items]", Plain(Enumerable.Range(0, 12345).ToHashSet()), StringComparison.Ordinal);
        Assert.EndsWith("24, … the first 25 items]", Plain(Endless()), StringComparison.Ordinal);
        Assert.Equal(1, enumerated);
        Assert.Equal("[1, 2, 3]", Plain(new[] { 1, 2, 3 }));
        Assert.Equal("2×3 [0, 0, 0, 0, 0, 0]", Plain(new double[2, 3]));
        Assert.EndsWith("50,000 of 1,000,000 characters", Plain(new string('x', 1_000_000)), StringComparison.Ordinal);
    }

    [Fact]
    public void Records_are_a_table_and_what_comes_from_data_is_encoded()
    {
        var people = Enumerable.Range(0, 30).Select(i => new Person("<script>alert(1)</script>", i)).ToList();
        var html = ValueFormatter.Bundle(people)["text/html"]!.GetValue<string>();
        Assert.Contains("<th>Name</th><th>Age</th>", html, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.Contains("25 of 30 rows", html, StringComparison.Ordinal);
        Assert.Contains("<th>Key</th><th>Value</th>", ValueFormatter.Bundle(new Dictionary<string, int> { ["a"] = 1 })["text/html"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Null(ValueFormatter.Bundle(new[] { "a", "b" })["text/html"]);
    }

    [Fact]
    public void A_data_frame_shows_its_first_rows_and_how_many_there_are()
    {
        var frame = new DataFrame(new StringDataFrameColumn("<name>", Enumerable.Range(0, 1000).Select(i => $"a&{i}")), new DoubleDataFrameColumn("x", Enumerable.Range(0, 1000).Select(i => i / 2.0)));
        var bundle = ValueFormatter.Bundle(frame);
        var html = bundle["text/html"]!.GetValue<string>();
        Assert.Contains("<th>&lt;name&gt;</th>", html, StringComparison.Ordinal);
        Assert.Contains("<td>a&amp;3</td><td>1.5</td>", html, StringComparison.Ordinal);
        Assert.Contains("25 of 1,000 rows", html, StringComparison.Ordinal);
        Assert.True(bundle.ToJsonString().Length < 20_000);
    }

    [Fact]
    public void Pictures_json_and_latex_have_their_own_type()
    {
        using var bitmap = new SkiaSharp.SKBitmap(7, 5);
        var picture = ValueFormatter.Bundle(bitmap);
        Assert.Equal(7, OutputMetadata.Of(picture)["image/png"]!["width"]!.GetValue<int>());
        Assert.Equal(picture["image/png"]!.GetValue<string>(), ValueFormatter.Bundle(Convert.FromBase64String(picture["image/png"]!.GetValue<string>()))["image/png"]!.GetValue<string>());
        Assert.Null(ValueFormatter.Bundle(new byte[] { 1, 2, 3 })["image/png"]);
        var json = ValueFormatter.Bundle(JsonNode.Parse("{\"a\": [1, 2]}"));
        Assert.Equal(2, json["application/json"]!["a"]!.AsArray().Count);
        Assert.Contains("\"a\"", json["text/plain"]!.GetValue<string>(), StringComparison.Ordinal);
        var output = new Recorder();
        using (new CellContext(output, CancellationToken.None))
        {
            "$x^2$".DisplayAs("text/latex");
        }

        Assert.Equal("$x^2$", Assert.Single(output.Bundles)["text/latex"]!.GetValue<string>());
    }

    [Fact]
    public void An_object_without_text_shows_its_properties_and_one_bad_property_hides_no_other()
    {
        Assert.Equal("Bare { Good = 1, Bad = System.InvalidOperationException: not now }", Plain(new Bare()));
        Assert.Equal("System.FormatException: wrong", Plain(new FormatException("wrong")));
        Assert.Equal("Person { Name = a, Age = 1 }", Plain(new Person("a", 1)));
    }

    [Fact]
    public void A_representation_that_a_value_has_not_is_one_error_that_names_those_it_has() =>
        Assert.Contains("It has: text/plain", Assert.Throws<ArgumentException>(() => ValueFormatter.Bundle(1.5, "image/png")).Message, StringComparison.Ordinal);

    private static string Plain(object value) => ValueFormatter.Bundle(value)["text/plain"]!.GetValue<string>();
}
