using Experiments.Evaluation;
using Experiments.Reporting;

namespace Experiments.Studies;

/// <summary>What Chain of Thought gains over direct answers, and what the second condition adds to it, group by group.</summary>
internal static class ReasoningTable
{
    private const double Significant = 0.05;

    /// <summary>Makes the table.</summary>
    /// <param name="parts">One per template; those that were not compared with direct answers have no rows.</param>
    /// <param name="options">For the names of the conditions.</param>
    public static Table Of(IReadOnlyList<BenchmarkPart> parts, BenchmarkOptions options) => Table.From(
        Lines(parts, options),
        c => c
            .Text("Questions", r => r.Group)
            .Text("Condition", r => r.Condition)
            .Integer("n", r => r.Result.N)
            .Estimate("Accuracy", r => r.Result.Accuracy, r => r.Result.Low, r => r.Result.High, "0.0%", r => r.Best)
            .Difference("Difference", r => r.Change?.Difference, r => r.Change?.Low, r => r.Change?.High)
            .PValue("p (Holm)", r => r.Change?.AdjustedP)
            .Number("Tokens", r => r.Result.MeanTokens, "0.0")) with
    {
        Caption = FormattableString.Invariant($"Accuracy on the same questions: direct and Chain of Thought ({options.Before.Name}), and Chain of Thought ({options.After.Name}), with Wilson intervals. Difference: Chain of Thought to direct, and {options.After.Name} to {options.Before.Name}, with paired bootstrap intervals. p: McNemar's exact test, Holm-corrected over categories. Tokens: computed per answer, on average. Bold: the best of its group, if each difference it takes part in is significant (p < {Significant})."),
        Label = "reasoning",
    };

    private static IEnumerable<Line> Lines(IReadOnlyList<BenchmarkPart> parts, BenchmarkOptions options)
    {
        var worked = parts.Where(part => part.AgainstDirect is not null).ToList();
        if (worked.Count == 0 || parts.FirstOrDefault(part => options.Template(part.Template).Style == AnswerStyle.Direct) is not { } direct)
        {
            return [];
        }

        string Name(BenchmarkPart part) => worked.Count == 1 ? "Chain of Thought" : $"Chain of Thought ({part.Template})";
        IEnumerable<Line> Group(AccuracyRow asked)
        {
            var name = asked.Name;
            List<Line> lines = [new(name, "direct", asked, null, [.. worked.Select(part => part.AgainstDirect![name])])];
            foreach (var part in worked)
            {
                var (step, change) = (part.AgainstDirect![name], part.Comparison[name]);
                lines.Add(new(name, Name(part), Row(part.Before, name), step, [step, change]));
                lines.Add(new(name, $"{Name(part)}, {options.After.Name}", Row(part.After, name), change, [change]));
            }

            var best = lines.Max(line => line.Result.Accuracy);
            return lines.Select(line => line with { Best = line.Result.Accuracy == best && line.Comparisons.All(pair => pair.AdjustedP < Significant) });
        }

        var sums = new[] { direct.Before.Stem, direct.Before.NonStem, direct.Before.Overall }.OfType<AccuracyRow>();
        return sums.Concat(direct.Before.Categories).SelectMany(Group);
    }

    private static AccuracyRow Row(EvaluationSummary summary, string name) => summary.Rows.First(row => row.Name == name);

    /// <summary>One row: a group under one condition, its change to the condition it is judged by, and all comparisons that it takes part in.</summary>
    private sealed record Line(string Group, string Condition, AccuracyRow Result, PairedRow? Change, IReadOnlyList<PairedRow> Comparisons)
    {
        public bool Best { get; init; }
    }
}
