using System.Globalization;
using Experiments.Evaluation;
using Experiments.Reporting;

namespace Experiments.Studies;

/// <summary>Tables and figures of a benchmark, from its numbers alone.</summary>
public static class BenchmarkTables
{
    /// <summary>The table of the paper: groups × template, before and after, with the paired difference.</summary>
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
            .Number("Before", r => r.Row.Before, "0.0%")
            .Text("95% interval", r => Interval(r.Before.Low, r.Before.High))
            .Number("After", r => r.Row.After, "0.0%")
            .Text("95% interval ", r => Interval(r.After.Low, r.After.High))
            .Number("Difference", r => r.Row.Difference, "+0.0%;-0.0%;0.0%")
            .Text("95% interval  ", r => Interval(r.Row.Low, r.Row.High))
            .Integer("Gained", r => r.Row.Gained)
            .Integer("Lost", r => r.Row.Lost)
            .PValue("p", r => r.Row.P)
            .PValue("p (Holm)", r => r.Row.AdjustedP)) with
    {
        Caption = $"Accuracy on the same questions, before ({options.Before.Name}) and after ({options.After.Name}). Wilson intervals; paired bootstrap interval of the difference; McNemar's exact test, Holm-corrected over categories.",
        Label = "tab:before-after",
    };

    /// <summary>Computed tokens and unreadable replies.</summary>
    /// <param name="parts">One per template.</param>
    /// <param name="options">For the names of the conditions.</param>
    /// <returns>One row per template and condition.</returns>
    public static Table Replies(IEnumerable<BenchmarkPart> parts, BenchmarkOptions options) => Table.From(
        parts.SelectMany(part => new[] { (part.Template, Condition: options.Before.Name, Summary: part.Before), (part.Template, Condition: options.After.Name, Summary: part.After) }),
        c => c
            .Text("Prompt", r => r.Template)
            .Text("Condition", r => r.Condition)
            .Number("Accuracy", r => r.Summary.Overall.Accuracy, "0.0%")
            .Number("Macro", r => r.Summary.Macro, "0.0%")
            .Number("Tokens per answer", r => r.Summary.MeanTokens, "0.0")
            .Number("Median", r => r.Summary.MedianTokens, "0")
            .Integer("Unparsed", r => r.Summary.Unparsed)
            .Integer("Truncated", r => r.Summary.Truncated)
            .Integer("Fallback", r => r.Summary.Fallback)) with
    {
        Caption = "Computed tokens per answer, and replies that could not be read, were cut off, or were read by the closest option.",
        Label = "tab:replies",
    };

    /// <summary>Accuracy per group before and after, with Wilson intervals and the chance level.</summary>
    /// <param name="part">One template.</param>
    /// <param name="options">For the names of the conditions.</param>
    /// <returns>The figure.</returns>
    public static BarFigure Accuracy(BenchmarkPart part, BenchmarkOptions options)
    {
        static BarSeries Series(string name, EvaluationSummary summary) => new(name, [.. summary.Rows.Select(row => row.Accuracy)])
        {
            Low = [.. summary.Rows.Select(row => row.Low)],
            High = [.. summary.Rows.Select(row => row.High)],
        };
        return ResultFigures.Accuracy(part.Before.Rows.Select(row => row.Name), [Series(options.Before.Name, part.Before), Series(options.After.Name, part.After)], chance: 0.25) with
        {
            Title = $"Accuracy, {options.Before.Name} and {options.After.Name}: {part.Template}",
        };
    }

    private static string Interval(double low, double high) => string.Create(CultureInfo.InvariantCulture, $"[{100 * low:0.0}, {100 * high:0.0}]");
}
