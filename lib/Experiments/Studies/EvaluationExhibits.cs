using System.Globalization;
using Experiments.Evaluation;
using Experiments.Evaluation.Harness;
using Experiments.Reporting;
using Experiments.Reporting.Reports;

namespace Experiments.Studies;

/// <summary>What an evaluation of <c>experiments evaluate --output-path</c> shows.</summary>
internal static class EvaluationExhibits
{
    public static ReportSection Section(string path, IReadOnlyList<HarnessEvaluation> seeds)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        var answers = EvaluationSummary.Of([.. seeds.SelectMany(evaluation => evaluation.Items)]);
        var summary = seeds.Count == 1 ? answers : answers.WithIntervals(RepeatedAccuracy.Of([.. seeds.Select(evaluation => evaluation.Items)]));
        return new ReportSection
        {
            Slug = ReportSection.SlugOf($"evaluation-{name}"),
            Title = $"Evaluation: {name}",
            Provenance = [.. seeds[0].Provenance, .. seeds.Count == 1 ? [] : new[] { ("seeds", $"{seeds.Count}, all of them in the numbers") }],
            Exhibits = Of(summary, name, seeds.Count == 1 ? "Wilson 95 % intervals" : "95 % intervals over questions"),
        };
    }

    private static Exhibits Of(EvaluationSummary summary, string name, string intervals)
    {
        var (shown, tokens) = (BenchmarkTables.Shown(summary), summary.Tokens.Lengths);
        var overall = summary.Overall;
        return new Exhibits
        {
            Tables = [("accuracy", Table.From(summary.Rows, c => c.Text("Questions", r => r.Name).Integer("n", r => r.N).Estimate("Accuracy", r => r.Accuracy, r => r.Low, r => r.High, "0.0%")) with
            {
                Caption = $"Accuracy by category, {name}, with {intervals}.",
            })],
            Figures =
            [
                ("accuracy", ResultFigures.Accuracy(shown.Select(row => row.Name), [BenchmarkTables.Bars(name, shown)]) with
                {
                    Caption = string.Create(CultureInfo.InvariantCulture, $"Accuracy by category, {name}, {overall.N:N0} answers. Whiskers: {intervals}."),
                }),
                .. tokens.Any(length => length.Tokens > 0)
                    ? new (string, Figure)[] { ("tokens", ResultFigures.Distribution([(name, [.. tokens.Select(length => (length.Tokens, length.Replies))])], "Computed tokens per answer", "tokens per answer")) }
                    : [],
            ],
            Conclusions = [string.Create(CultureInfo.InvariantCulture, $"{100 * overall.Accuracy:0.0} % of {overall.N:N0} answers are right [{100 * overall.Low:0.0}, {100 * overall.High:0.0}], with {summary.Tokens.Mean:0.0} computed tokens per answer; {summary.Unparsed:N0} replies could not be read.")],
        };
    }
}
