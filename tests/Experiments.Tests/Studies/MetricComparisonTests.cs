using System.Text.Json.Nodes;
using Experiments.Studies;

namespace Experiments.Tests.Studies;

public class MetricComparisonTests
{
    private static readonly Tolerance Exact = new(0, 0);

    [Theory]
    [InlineData("1000", "1000.9", true)]
    [InlineData("1000", "1001.2", false)]
    [InlineData("-1000", "-1001.2", false)]
    [InlineData("0", "0.09", true)]
    [InlineData("0", "-0.11", false)]
    public void A_number_may_be_off_by_the_absolute_and_the_relative_tolerance_of_the_saved_one(string saved, string now, bool equal) =>
        Assert.Equal(equal, Compare(saved, now, new Tolerance(0.001, 0.1)).Differences.Count == 0);

    [Fact]
    public void Every_number_is_counted_and_a_difference_is_named_by_its_path()
    {
        var comparison = Compare("""[{"a": 1, "b": [1, 2, {"non-STEM": 3}]}, 4]""", """[{"a": 1, "b": [1, 2, {"non-STEM": 30}]}, 5]""");
        Assert.Equal(5, comparison.Numbers);
        Assert.Equal(["$[0].b[2]['non-STEM']: 3 30", "$[1]: 4 5"], Lines(comparison)); // the largest first
    }

    [Fact]
    public void Words_missing_values_and_lists_of_another_length_differ_whatever_the_tolerance()
    {
        var comparison = Compare("""{"name": "off", "n": 1, "old": 2, "list": [1, 2], "loss": null}""", """{"name": "on", "n": "1", "new": 3, "list": [1], "loss": 0.5}""", new Tolerance(1, 100));
        Assert.Equal(1, comparison.Numbers);
        Assert.Equal(["$.name: 'off' 'on'", "$.n: 1 '1'", "$.old: 2 '(none)'", "$.list: '(2 values)' '(1 values)'", "$.loss: null 0.5", "$.new: '(none)' 3"], Lines(comparison));
    }

    [Fact]
    public void Times_and_speeds_do_not_count_and_NaN_is_equal_to_itself_alone()
    {
        var comparison = Compare("""{"seconds": 1, "tokensPerSecond": 9, "p": "NaN", "tokens": 4}""", """{"seconds": 2, "tokensPerSecond": 8, "p": "NaN", "tokens": 4}""");
        Assert.Empty(comparison.Differences);
        Assert.Equal(1, comparison.Numbers);
        Assert.Equal(["$.p: 'NaN' 1"], Lines(Compare("""{"p": "NaN"}""", """{"p": 1}""")));
    }

    [Fact]
    public void The_table_shows_the_twenty_largest_with_all_their_digits()
    {
        string List(double by) => new JsonArray([.. Enumerable.Range(1, 30).Select(i => JsonValue.Create(100 + (i * by)))]).ToJsonString();
        var table = Compare(List(0), List(0.125)).Table;
        Assert.Equal(20, table.RowCount);
        Assert.Equal(["$[29]", "100", "103.75"], table.Columns.Take(3).Select(column => column.Shown(0)));
        Assert.Equal("$[10]", table.Columns[0].Shown(19));
    }

    [Fact]
    public void Of_long_words_the_table_shows_where_they_part()
    {
        var row = Compare($$"""["{{new string('a', 60)}} -0.1 points {{new string('b', 60)}}"]""", $$"""["{{new string('a', 60)}} -0.3 points {{new string('b', 60)}}"]""").Table.Columns;
        Assert.Equal(("…aaaaaaaaaaaaaaaa -0.1 points bbbbbbbbbbb…", "…aaaaaaaaaaaaaaaa -0.3 points bbbbbbbbbbb…"), (row[1].Shown(0), row[2].Shown(0)));
    }

    private static MetricComparison Compare(string saved, string now, Tolerance? tolerance = null) => MetricComparison.Of(JsonNode.Parse(saved), JsonNode.Parse(now), tolerance ?? Exact);

    private static IEnumerable<string> Lines(MetricComparison comparison) =>
        comparison.Differences.Select(difference => $"{difference.Path}: {difference.Saved?.ToJsonString() ?? "null"} {difference.Now?.ToJsonString() ?? "null"}".Replace('"', '\''));
}
