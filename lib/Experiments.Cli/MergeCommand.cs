using System.CommandLine;
using Experiments.Evaluation.Harness;

namespace Experiments.Cli;

internal static class MergeCommand
{
    internal static Command Create()
    {
        var shards = new Argument<string>("shards") { Description = "Folder in which the results of all shards lie" };
        var output = new Option<string>("--output-path", "--output_path") { Description = "Where the whole evaluation goes", HelpName = "DIR", Required = true };
        var command = new Command("merge", """
            Put the shards of an evaluation together: the files are those of one undivided evaluation.

            Examples:
              experiments evaluate --shard 1/2 --output-path shards
              experiments evaluate --shard 2/2 --output-path shards
              experiments merge shards --output-path results/whole
            """) { shards, output };
        command.SetAction(parsed =>
        {
            Console.WriteLine(HarnessEvaluation.Merge(parsed.GetValue(shards)!).Write(parsed.GetValue(output)!, DateTimeOffset.UtcNow));
            return Task.FromResult(0);
        });
        return command;
    }
}
