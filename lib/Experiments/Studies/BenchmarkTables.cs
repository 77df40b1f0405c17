using System.Globalization;
using Experiments.Data;
using Experiments.Evaluation;
using Experiments.Reporting;

namespace Experiments.Studies;

/// <summary>Tables and figures of a benchmark, from its numbers alone.</summary>
public static class BenchmarkTables
{
    /// <summary>
    /// The table of the paper: groups × direct answers, Chain of Thought, and Chain of Thought under the second condition, each with its difference to the one
    /// it is judged by. Strong is the best of a group whose every difference is significant.
    /// </summary>
    /// <param name="parts">One per template; those without <see cref="BenchmarkPart.AgainstDirect"/> have no rows.</param>
    /// <param name="options">For the names of the conditions.</param>
    /// <returns>STEM, non-STEM and overall, then the categories.</returns>
    public static Table Reasoning(IEnumerable<BenchmarkPart> parts, BenchmarkOptions options) => ReasoningTable.Of([.. parts], options);

    /// <summary>Groups × template, before and after, with the paired difference.</summary>
    /// <param name="parts">One per template.</param>
    /// <param name="options">For the names of the conditions.</param>
    /// <returns>One row per template and group.</returns>
    public static Table BeforeAfter(IEnumerable<BenchmarkPart> parts, BenchmarkOptions options) => Table.From(
        from part in parts
        from row in part.Comparison.Rows
        let before = part.Before.Rows.First(r => r.Name == row.Name)
        let after = part.After.Rows.First(r => r.Name == row.Name)
        select (part.Template, Row: row, Before: before, After: after),
        c => c
            .Text("Prompt", r => r.Template)
            .Text("Questions", r => r.Row.Name)
            .Integer("n", r => r.Row.N)
            .Estimate("Before", r => r.Row.Before, r => r.Before.Low, r => r.Before.High, "0.0%")
            .Estimate("After", r => r.Row.After, r => r.After.Low, r => r.After.High, "0.0%")
            .Difference("Difference", r => r.Row.Difference, r => r.Row.Low, r => r.Row.High)
            .Integer("Gained", r => r.Row.Gained)
            .Integer("Lost", r => r.Row.Lost)
            .PValue("p", r => r.Row.P)
            .PValue("p (Holm)", r => r.Row.AdjustedP)) with
    {
        Caption = $"Accuracy on the same questions, before ({options.Before.Name}) and after ({options.After.Name}). Wilson intervals; paired bootstrap interval of the difference; McNemar's exact test, Holm-corrected over categories.",
        Label = "before-after",
    };

    /// <summary>Computed tokens and unreadable replies.</summary>
    /// <param name="parts">One per template.</param>
    /// <param name="options">For the names of the conditions.</param>
    /// <returns>One row per template and condition.</returns>
    public static Table Replies(IEnumerable<BenchmarkPart> parts, BenchmarkOptions options) => Table.From(
        Conditions(parts, options),
        c => c
            .Text("Prompt", r => r.Template)
            .Text("Condition", r => r.Condition)
            .Estimate("Accuracy", r => r.Summary.Overall.Accuracy, r => r.Summary.Overall.Low, r => r.Summary.Overall.High, "0.0%")
            .Number("Macro", r => r.Summary.Macro, "0.0%")
            .Number("Tokens per answer", r => r.Summary.Tokens.Mean, "0.0")
            .Number("Median", r => r.Summary.Tokens.Median, "0")
            .Number("5%", r => r.Summary.Tokens.Low, "0")
            .Number("95%", r => r.Summary.Tokens.High, "0")
            .Integer("Unparsed", r => r.Summary.Unparsed)
            .Integer("Truncated", r => r.Summary.Truncated)
            .Integer("Fallback", r => r.Summary.Fallback)) with
    {
        Caption = "Accuracy with Wilson intervals, computed tokens per answer, and replies that could not be read, were cut off, or were read by the closest option.",
        Label = "replies",
    };

    /// <summary>Accuracy by the length of the reply.</summary>
    /// <param name="parts">One per template; those whose replies are all of one length have no rows.</param>
    /// <param name="options">For the names of the conditions.</param>
    /// <returns>One row per template, condition and quarter of the replies.</returns>
    public static Table Lengths(IEnumerable<BenchmarkPart> parts, BenchmarkOptions options) => Table.From(
        from condition in Conditions(parts, options)
        where condition.Summary.Tokens.ByLength.Count > 1
        from row in condition.Summary.Tokens.ByLength
        select (condition.Template, condition.Condition, Row: row, condition.Summary.Tokens.Correlation),
        c => c
            .Text("Prompt", r => r.Template)
            .Text("Condition", r => r.Condition)
            .Text("Reply", r => r.Row.Name)
            .Integer("n", r => r.Row.N)
            .Estimate("Accuracy", r => r.Row.Accuracy, r => r.Row.Low, r => r.Row.High, "0.0%")
            .Number("Correlation", r => r.Correlation, "0.00")) with
    {
        Caption = "Accuracy of the shortest to the longest quarter of the replies (computed tokens), with Wilson intervals, and the correlation of length with being right. Category and chain decide how long a reply must be: this is no effect of length alone.",
        Label = "lengths",
    };

    /// <summary>Questions whose answer changed, with both replies.</summary>
    /// <param name="pairs">The results before and after.</param>
    /// <param name="asked">The questions by id.</param>
    /// <param name="options">For the names of the conditions.</param>
    /// <returns>One row per question.</returns>
    public static Table Flipped(IEnumerable<(ItemResult Before, ItemResult After)> pairs, IReadOnlyDictionary<string, MultipleChoiceQuestion> asked, BenchmarkOptions options) => Table.From(
        pairs,
        c => c
            .Text("Change", r => r.After.Correct ? "gained" : "lost")
            .Text("Question", r => asked[r.Before.Id].Question)
            .Text("Right", r => $"{asked[r.Before.Id].Letter}. {asked[r.Before.Id].Options[r.Before.Target]}")
            .Text(options.Before.Name, r => r.Before.Reply.Trim())
            .Text(options.After.Name, r => r.After.Reply.Trim())) with
    {
        Caption = "Questions whose answer became right or wrong, with both replies.",
        Label = "flipped",
    };

    /// <summary>Paired differences per group, with bootstrap intervals.</summary>
    /// <param name="part">One template.</param>
    /// <param name="options">For the names of the conditions.</param>
    /// <returns>The figure.</returns>
    public static IntervalFigure Differences(BenchmarkPart part, BenchmarkOptions options) => ResultFigures.Differences(
        Shown(part).Select(name => part.Comparison[name]).Select(row => (row.Name, row.Difference, row.Low, row.High)),
        $"Accuracy, {options.After.Name} − {options.Before.Name}: {part.Template}") with
    {
        Caption = $"Difference of accuracy, {options.After.Name} minus {options.Before.Name}, {part.Template}, {Items(part)}: the same items, paired bootstrap 95 % intervals.",
    };

    /// <summary>Accuracy per group before and after, with Wilson intervals and the chance level.</summary>
    /// <param name="part">One template.</param>
    /// <param name="options">For the names of the conditions.</param>
    /// <returns>The figure.</returns>
    public static BarFigure Accuracy(BenchmarkPart part, BenchmarkOptions options)
    {
        var names = Shown(part);
        BarSeries Series(string name, EvaluationSummary summary) => Bars(name, [.. summary.Rows.Where(row => names.Contains(row.Name))]);
        return ResultFigures.Accuracy(names, [Series(options.Before.Name, part.Before), Series(options.After.Name, part.After)], part.Chance) with
        {
            Title = $"Accuracy, {options.Before.Name} and {options.After.Name}: {part.Template}",
            Caption = $"Accuracy, {options.Before.Name} and {options.After.Name}, {part.Template}, {Items(part)}. Whiskers: Wilson 95 % intervals.",
        };
    }

    /// <summary>How many tokens the replies took under both conditions.</summary>
    /// <param name="part">One template, with <see cref="TokenCounts.Lengths"/>.</param>
    /// <param name="options">For the names of the conditions.</param>
    /// <returns>The figure.</returns>
    public static BarFigure TokensPerAnswer(BenchmarkPart part, BenchmarkOptions options)
    {
        IReadOnlyList<(int, int)> Counts(EvaluationSummary summary) => [.. summary.Tokens.Lengths.Select(length => (length.Tokens, length.Replies))];
        return ResultFigures.Distribution(
            [(options.Before.Name, Counts(part.Before)), (options.After.Name, Counts(part.After))], $"Computed tokens per answer: {part.Template}", "tokens per answer") with
        {
            Caption = $"Computed tokens per answer, {options.Before.Name} and {options.After.Name}, {part.Template}, {Items(part)}.",
        };
    }

    private static string Items(BenchmarkPart part) => string.Create(CultureInfo.InvariantCulture, $"{part.Comparison.Overall.N:N0} questions");

    /// <summary>The groups that a figure has room for: all, or the sums alone where there are too many categories (MMLU has 57).</summary>
    internal static IReadOnlyList<AccuracyRow> Shown(EvaluationSummary summary)
    {
        const int most = 20;
        return [.. summary.Rows.Skip(summary.Categories.Count > most ? summary.Categories.Count : 0)];
    }

    /// <summary>Accuracies with their intervals as bars.</summary>
    internal static BarSeries Bars(string name, IReadOnlyList<AccuracyRow> rows) =>
        new(name, [.. rows.Select(row => row.Accuracy)]) { Low = [.. rows.Select(row => row.Low)], High = [.. rows.Select(row => row.High)] };

    private static IReadOnlyList<string> Shown(BenchmarkPart part) => [.. Shown(part.Before).Select(row => row.Name)];

    private static IEnumerable<(string Template, string Condition, EvaluationSummary Summary)> Conditions(IEnumerable<BenchmarkPart> parts, BenchmarkOptions options) =>
        parts.SelectMany(part => new[] { (part.Template, options.Before.Name, part.Before), (part.Template, options.After.Name, part.After) });
}
