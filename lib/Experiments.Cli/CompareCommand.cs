using System.CommandLine;
using Experiments.Evaluation;
using Experiments.Evaluation.Harness;
using Experiments.Reporting;
using Experiments.Runs;

namespace Experiments.Cli;

internal static class CompareCommand
{
    internal static Command Create()
    {
        var before = new Argument<string>("before") { Description = "Evaluation: its folder, or its results file" };
        var after = new Argument<string>("after") { Description = "Another of the same questions" };
        var seed = new Option<int>("--seed") { Description = "Seed of the bootstrap", DefaultValueFactory = _ => 1 };
        var json = new Option<bool>("--json") { Description = "Print JSON" };
        var command = new Command("compare", """
            Compare two evaluations of the same questions, item by item: what was gained and lost, with intervals and McNemar's exact test.

            Evaluations with --repeats are compared over all their seeds: the interval and p then come from the items' mean differences.

            Examples:
              experiments evaluate --output-path off
              experiments evaluate --output-path on --preset released-code
              experiments compare off on
            """) { before, after, seed, json };
        command.SetAction(parsed =>
        {
            var (first, second) = (Seeds(parsed.GetValue(before)!), Seeds(parsed.GetValue(after)!));
            if (first.Count > 1 || second.Count > 1)
            {
                var repeated = RepeatedComparison.Of(first, second);
                Console.WriteLine(parsed.GetValue(json) ? RunJson.Document(repeated).TrimEnd() : $"{Differences(repeated).ToPlainText()}\n{repeated.Verdict}");
                return Task.FromResult(0);
            }

            var comparison = PairedComparison.Of(first[0], second[0], parsed.GetValue(seed));
            Console.WriteLine(parsed.GetValue(json) ? RunJson.Document(comparison).TrimEnd() : $"{Differences(comparison).ToPlainText()}\n{comparison.Overall.Verdict}");
            return Task.FromResult(0);
        });
        return command;
    }

    private static List<IReadOnlyList<ItemResult>> Seeds(string path) => [.. HarnessEvaluation.ReadSeeds(path).Select(evaluation => evaluation.Items)];

    private static Table Differences(RepeatedComparison comparison) => Table.From(
        comparison.Rows,
        c => c.Text("Questions", r => r.Name).Integer("n", r => r.N).Number("Before", r => r.Before, "0.0%").Number("After", r => r.After, "0.0%")
            .Difference("Difference", r => r.Difference, r => r.Low, r => r.High).PValue("p", r => r.P).PValue("p (Holm)", r => r.AdjustedP));

    private static Table Differences(PairedComparison comparison) => Table.From(
        comparison.Rows,
        c => c.Text("Questions", r => r.Name).Integer("n", r => r.N).Number("Before", r => r.Before, "0.0%").Number("After", r => r.After, "0.0%")
            .Difference("Difference", r => r.Difference, r => r.Low, r => r.High)
            .Integer("Gained", r => r.Gained).Integer("Lost", r => r.Lost).PValue("p", r => r.P).PValue("p (Holm)", r => r.AdjustedP));
}
