using System.CommandLine;
using System.Text.Json;
using Experiments.Data.ClosedWorld;
using Experiments.Runs;

namespace Experiments.Cli;

internal static class DatasetCommand
{
    internal static Command Create()
    {
        var defaults = new Difficulty();
        var split = new Option<DatasetSplit>("--split") { Description = "Train, Validation or Test", DefaultValueFactory = _ => DatasetSplit.Test };
        var limit = new Option<int>("--limit") { Description = "Questions per category", DefaultValueFactory = _ => ClosedWorldDataset.ReportedPerCategory };
        var seed = new Option<int>("--seed") { Description = "Same seed, same questions", DefaultValueFactory = _ => 1 };
        var minSteps = new Option<int>("--min-steps") { Description = "Fewest steps to chain", DefaultValueFactory = _ => defaults.MinSteps };
        var maxSteps = new Option<int>("--max-steps") { Description = "Most steps to chain", DefaultValueFactory = _ => defaults.MaxSteps };
        var distractors = new Option<int>("--distractors") { Description = "Facts that are not needed", DefaultValueFactory = _ => defaults.Distractors };
        var output = new Option<string?>("--output") { Description = "File to write; stdout by default", HelpName = "F" };
        var command = new Command("dataset", """
            Write the structured reasoning dataset as JSON lines: id, category, stem, question, options, answer (0-based), analysis.

            Examples:
              experiments dataset > test.jsonl
              experiments dataset --split Train --limit 3000 --output train.jsonl
            """) { split, limit, seed, minSteps, maxSteps, distractors, output };
        command.SetAction(parsed =>
        {
            var difficulty = new Difficulty { MinSteps = parsed.GetValue(minSteps), MaxSteps = parsed.GetValue(maxSteps), Distractors = parsed.GetValue(distractors) };
            if (parsed.GetValue(limit) < 1)
            {
                throw new UsageException($"--limit is {parsed.GetValue(limit)}; it must be at least 1.");
            }

            var lines = string.Concat(ClosedWorldDataset.Generate(parsed.GetValue(split), parsed.GetValue(limit), parsed.GetValue(seed), difficulty)
                .Select(question => JsonSerializer.Serialize(question, RunJson.Compact) + "\n"));
            if (parsed.GetValue(output) is { } file)
            {
                AtomicFile.WriteAllText(file, lines);
            }
            else
            {
                Console.Write(lines);
            }

            return 0;
        });
        return command;
    }
}
