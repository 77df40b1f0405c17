using Experiments.Evaluation;
using Experiments.Runs;
using Experiments.Studies;

namespace Experiments.Tests.Studies;

public sealed class ReasoningTableTests
{
    private static readonly BenchmarkOptions Options = new();

    [Fact]
    public void Groups_come_before_categories_each_with_three_conditions_and_their_differences()
    {
        var table = BenchmarkTables.Reasoning(Parts(direct: 10, worked: 40, rebalanced: 38), Options);
        Assert.Equal(
            from name in new[] { "STEM", "non-STEM", "overall", "units", "story" }
            from condition in new[] { "direct", "Chain of Thought", "Chain of Thought, re-balancing on" }
            select (name, condition),
            Enumerable.Range(0, table.RowCount).Select(row => (table.Columns[0].Shown(row), table.Columns[1].Shown(row))));

        var lines = table.ToCsv().Split("\r\n");
        Assert.Equal("Questions,Condition,n,Accuracy,Accuracy low,Accuracy high,Difference,Difference low,Difference high,p (Holm),Tokens", lines[0]);
        Assert.StartsWith("STEM,direct,40,0.25,", lines[1], StringComparison.Ordinal);
        Assert.EndsWith(",,,,,2", lines[1], StringComparison.Ordinal);
        Assert.Matches("^STEM,Chain of Thought,40,1,0\\.9.*,0\\.75,0\\.6.*,30$", lines[2]);
        Assert.Matches("^STEM,\"Chain of Thought, re-balancing on\",40,0\\.95,.*,-0\\.05.*,0\\.50*[0-9]*,31$", lines[3]);
    }

    /// <summary>Of 40 questions; 30 gained or 20 lost are significant, 2 lost are not.</summary>
    [Theory]
    [InlineData(10, 40, 20, "Chain of Thought")]
    [InlineData(10, 20, 40, "Chain of Thought, re-balancing on")]
    [InlineData(40, 10, 12, "direct")]
    [InlineData(10, 40, 38, null)]
    [InlineData(10, 40, 40, null)]
    [InlineData(40, 38, 20, null)]
    public void The_best_is_strong_only_if_every_comparison_it_takes_part_in_is_significant(int direct, int worked, int rebalanced, string? strong)
    {
        var table = BenchmarkTables.Reasoning(Parts(direct, worked, rebalanced), Options);
        var (conditions, marks) = (table.Columns[1], table.Columns[3].Strong);
        Assert.Equal(strong is null ? [] : [.. Enumerable.Repeat(strong, 5)], Enumerable.Range(0, table.RowCount).Where(row => marks[row]).Select(conditions.Shown));
    }

    [Fact]
    public void Without_direct_answers_there_are_no_rows() =>
        Assert.Equal(0, BenchmarkTables.Reasoning([.. Parts(10, 40, 40).Skip(1).Select(part => part with { AgainstDirect = null })], Options).RowCount);

    [Fact]
    public void Several_chain_of_thought_templates_are_told_apart()
    {
        var parts = Parts(10, 40, 40);
        var table = BenchmarkTables.Reasoning([.. parts, parts[1] with { Template = "paper-cot" }], Options);
        Assert.Equal(
            ["direct", "Chain of Thought (compact-cot)", "Chain of Thought (compact-cot), re-balancing on", "Chain of Thought (paper-cot)", "Chain of Thought (paper-cot), re-balancing on"],
            Enumerable.Range(0, 5).Select(table.Columns[1].Shown));
    }

    [Fact]
    public void Metrics_without_the_newer_numbers_are_read()
    {
        const string summary = """{"categories":[],"overall":{"name":"overall","n":4,"correct":3,"low":0.3,"high":0.95,"accuracy":0.75,"standardError":0.25},"macro":0.75,"tokens":{"mean":2,"median":2,"low":2,"high":2,"correlation":null,"byLength":[]},"unparsed":0,"truncated":0,"fallback":0,"contextCut":0,"nearTies":0}""";
        using var folder = new Models.TemporaryFolder();
        var part = RunJson.Read<List<BenchmarkPart>>(folder.Write("metrics.json", $$"""[{"template":"compact-cot","promptHash":"x","before":{{summary}},"after":{{summary}},"comparison":{"rows":[]},"chance":0.25}]"""))[0];
        Assert.Equal((null, null, 0), (part.AgainstDirect, part.Before.Overall.MeanTokens, part.Before.Tokens.Lengths.Count));
        Assert.DoesNotContain("againstDirect", RunJson.Document(part), StringComparison.Ordinal);
        Assert.DoesNotContain("meanTokens", RunJson.Document(part), StringComparison.Ordinal);
        Assert.Equal(0, BenchmarkTables.Reasoning([part], Options).RowCount);
    }

    private static List<BenchmarkPart> Parts(int direct, int worked, int rebalanced)
    {
        var (asked, before, after) = (Items(direct, 2), Items(worked, 30), Items(rebalanced, 31));
        BenchmarkPart Part(string template, List<ItemResult> off, List<ItemResult> on) =>
            new(template, "", EvaluationSummary.Of(off), EvaluationSummary.Of(on), PairedComparison.Of(off, on, resamples: 100), 0.25);
        return [Part("compact-direct", asked, asked), Part("compact-cot", before, after) with { AgainstDirect = PairedComparison.Of(asked, before, resamples: 100) }];
    }

    /// <summary>40 questions in each of two categories, the first of which are answered right.</summary>
    private static List<ItemResult> Items(int right, int tokens) =>
        [.. from category in new[] { "units", "story" }
            from i in Enumerable.Range(0, 40)
            select new ItemResult { Id = $"{category}{i}", Category = category, Stem = category == "units", Target = 1, Predicted = i < right ? 1 : 0, Rule = ExtractionRule.Header, Reply = "", NewTokens = tokens, Truncated = false }];
}
