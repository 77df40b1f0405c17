using System.CommandLine;
using Experiments.Evaluation;
using Experiments.Evaluation.Harness;

namespace Experiments.Cli;

internal static class ReviewCommand
{
    internal static Command Create()
    {
        var evaluation = new Argument<string>("evaluation") { Description = "Evaluation by generation: its folder, or its results file" };
        var write = new Option<string?>("--write") { Description = "Write the doubtful replies to this CSV file", HelpName = "F" };
        var apply = new Option<string?>("--apply") { Description = "Take the corrections of this CSV file", HelpName = "F" };
        var output = new Option<string?>("--output-path", "--output_path") { Description = "Where the corrected evaluation goes, with --apply", HelpName = "DIR" };
        var command = new Command("review", """
            Correct by hand how replies were read; no model runs. A reply is doubtful if no answer was found, if it was guessed from the
            closest option or a lone letter, if it was cut, or if the readers differ. Fill the column 'corrected' with a letter, or - for no
            answer, and leave it empty where the answer was read right.

            Examples:
              experiments review results/own --write doubtful.csv
              experiments review results/own --apply doubtful.csv --output-path results/own-reviewed
              experiments compare results/own results/own-reviewed
            """) { evaluation, write, apply, output };
        command.SetAction(parsed =>
        {
            HarnessEvaluation Read() => HarnessEvaluation.Read(parsed.GetValue(evaluation)!);
            switch (parsed.GetValue(write), parsed.GetValue(apply), parsed.GetValue(output))
            {
                case ({ } file, null, null):
                    var replies = Read().Replies();
                    Console.WriteLine($"{ReviewFile.Write(file, replies)} doubtful replies of {replies.Count} in {file}");
                    break;
                case (null, { } file, { } folder):
                    var read = Read();
                    var corrections = ReviewFile.Read(file, read.Replies().ToDictionary(reply => reply.Question.Id, reply => reply.Question.Options.Count));
                    var changed = read.Correct(corrections);
                    Console.WriteLine($"{corrections.Count} reviewed, {changed} changed: {read.Write(folder, DateTimeOffset.UtcNow)}");
                    break;
                default:
                    throw new UsageException("Give --write F, or --apply F with --output-path DIR.");
            }

            return Task.FromResult(0);
        });
        return command;
    }
}
