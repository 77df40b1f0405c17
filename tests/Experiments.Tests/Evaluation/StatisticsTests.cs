using Experiments.Evaluation;
using Experiments.Runs;

namespace Experiments.Tests.Evaluation;

public class StatisticsTests
{
    [Theory]
    [InlineData(0, 10, 0, 0.2775)]
    [InlineData(8, 10, 0.4902, 0.9433)]
    [InlineData(50, 100, 0.4038, 0.5962)]
    public void Wilson_gives_the_published_intervals(int correct, int n, double low, double high)
    {
        var interval = Wilson.Interval(correct, n);
        Assert.Equal(low, interval.Low, 1e-4);
        Assert.Equal(high, interval.High, 1e-4);
    }

    [Theory]
    [InlineData(10, 2, 0.03857)]
    [InlineData(2, 10, 0.03857)]
    [InlineData(5, 0, 0.0625)]
    [InlineData(0, 0, 1)]
    [InlineData(3, 3, 1)]
    public void McNemar_counts_the_binomial_tails(int gained, int lost, double p) => Assert.Equal(p, McNemar.ExactP(gained, lost), 1e-5);

    [Fact]
    public void Holm_steps_down_and_keeps_the_order() =>
        Assert.Equal([0.03, 0.06, 0.06, 0.02], McNemar.Holm([0.01, 0.04, 0.03, 0.005]).Select(p => Math.Round(p, 10)));

    [Fact]
    public void A_summary_counts_groups_replies_and_tokens()
    {
        var summary = EvaluationSummary.Of([Item("a", true, true, 10), Item("a", true, false, 20), Item("b", false, true, 30, ExtractionRule.ClosestOption), Item("b", false, true, 100, truncated: true)]);
        Assert.Equal([("a", 0.5), ("b", 1), ("STEM", 0.5), ("non-STEM", 1), ("overall", 0.75)], summary.Rows.Select(row => (row.Name, row.Accuracy)));
        Assert.Equal((0.75, 40, 25, 1, 1), (summary.Macro, summary.Tokens.Mean, summary.Tokens.Median, summary.Fallback, summary.Truncated));
    }

    [Fact]
    public void A_comparison_counts_gains_and_losses_and_its_verdict_says_what_they_mean()
    {
        var before = Enumerable.Range(0, 400).Select(i => Item("a", true, i < 200, id: $"{i}")).ToList();
        var worse = before.Select((item, i) => Item("a", true, i < 160, id: $"{i}")).ToList();
        var row = PairedComparison.Of(before, worse).Overall;
        Assert.Equal((0, 40, -0.1), (row.Gained, row.Lost, Math.Round(row.Difference, 10)));
        Assert.InRange(-0.1, row.Low, row.High);
        Assert.StartsWith("overall: A loss of 10.0 points", row.Verdict, StringComparison.Ordinal);
        Assert.StartsWith("overall: A gain of 10.0 points", PairedComparison.Of(worse, before).Overall.Verdict, StringComparison.Ordinal);
        Assert.StartsWith("overall: No detectable change: 0.0 points", PairedComparison.Of(before, before).Overall.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluations_of_different_items_are_not_compared()
    {
        var error = Assert.Throws<ExperimentException>(() => PairedComparison.Of([Item("a", true, true, id: "x")], [Item("a", true, true, id: "y")]));
        Assert.Contains("'x'", error.Message, StringComparison.Ordinal);
    }

    private static ItemResult Item(string category, bool stem, bool correct, int tokens = 1, ExtractionRule rule = ExtractionRule.Header, bool truncated = false, string? id = null) => new()
    {
        Id = id ?? Guid.NewGuid().ToString(),
        Category = category,
        Stem = stem,
        Target = 1,
        Predicted = correct ? 1 : 2,
        Rule = rule,
        Reply = "",
        NewTokens = tokens,
        Truncated = truncated,
    };
}
