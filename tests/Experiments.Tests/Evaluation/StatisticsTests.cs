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
        Assert.Equal([15, 65, 15, 65, 40], summary.Rows.Select(row => row.MeanTokens!.Value));
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

    [Fact]
    public void Repeats_are_averaged_and_the_interval_is_over_items()
    {
        List<IReadOnlyList<ItemResult>> repeats =
        [
            [Item("a", true, true, id: "1"), Item("a", true, true, id: "2"), Item("a", true, false, id: "3"), Item("b", true, false, id: "4")],
            [Item("b", true, false, id: "4"), Item("a", true, true, id: "1"), Item("a", true, false, id: "2"), Item("a", true, false, id: "3")],
        ];
        var overall = RepeatedAccuracy.Of(repeats)[^1];
        Assert.Equal(("overall", 4, 0.375), (overall.Name, overall.N, overall.Mean));
        Assert.Equal([0.5, 0.25], overall.Accuracies);
        Assert.Equal(0.1768, overall.StandardDeviation, 1e-4);
        // items' means 1, 1/2, 0, 0: standard deviation 0.4787, standard error 0.2394
        Assert.Equal((0.375 - (1.96 * 0.2394), 0.375 + (1.96 * 0.2394)), (overall.Low, overall.High), (one, other) => Math.Abs(one.Item1 - other.Item1) < 1e-3 && Math.Abs(one.Item2 - other.Item2) < 1e-3);
        Assert.Contains("different items", Assert.Throws<ExperimentException>(() => RepeatedAccuracy.Of([repeats[0], [Item("a", true, true, id: "9")]])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Repeats_are_compared_item_by_item_over_their_means()
    {
        IReadOnlyList<ItemResult> Answers(params bool[] correct) => [.. correct.Select((right, i) => Item(i < 3 ? "a" : "b", true, right, id: $"{i}"))];
        var comparison = RepeatedComparison.Of([Answers(true, false, false, false)], [Answers(true, true, false, true), Answers(true, true, true, true)]);
        var overall = comparison.Rows[^1];
        // differences of the items' means 0, 1, 1/2, 1: mean 0.625, standard deviation 0.4787, standard error 0.2394, z = 2.611
        Assert.Equal((4, 0.25, 0.875), (overall.N, overall.Before, overall.After));
        Assert.Equal(0.625 - (1.96 * 0.2394), overall.Low, 1e-3);
        Assert.Equal(0.0090, overall.P, 1e-3);
        Assert.Equal("overall: A gain: +62.5 points [+15.6, +109.4], p = 0.0090, n = 4, 1 and 2 seeds.", comparison.Verdict);
        Assert.Contains("different items (4 and 3)", Assert.Throws<ExperimentException>(() => RepeatedComparison.Of([Answers(true, true, true, true)], [Answers(true, true, true)])).Message, StringComparison.Ordinal);
        Assert.Contains("seeds of one evaluation are of different items", Assert.Throws<ExperimentException>(() => RepeatedComparison.Of([Answers(true, true)], [Answers(true, true), Answers(true)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Length_and_being_right_are_told_together()
    {
        var tokens = TokenCounts.Of([.. Enumerable.Range(1, 8).Select(length => Item("a", true, length <= 4, length * 10))]);
        Assert.Equal((45, 45), (tokens.Mean, tokens.Median));
        Assert.Equal([("10 to 20 tokens", 2, 2), ("30 to 40 tokens", 2, 2), ("50 to 60 tokens", 2, 0), ("70 to 80 tokens", 2, 0)], tokens.ByLength.Select(row => (row.Name, row.N, row.Correct)));
        Assert.Equal(-0.8729, tokens.Correlation!.Value, 1e-4); // covariance -10 over the deviations 22.91 and 1/2, of the population

        var equal = TokenCounts.Of([Item("a", true, true, 2), Item("a", true, false, 2)]);
        Assert.Null(equal.Correlation);
        Assert.Equal([new(2, 2)], equal.Lengths);
        Assert.Equal([new(5, 2), new(40, 1)], TokenCounts.Of([Item("a", true, true, 40), Item("a", true, true, 5), Item("a", true, false, 5)]).Lengths);
        Assert.Equal(["2 tokens"], equal.ByLength.Select(row => row.Name));
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
