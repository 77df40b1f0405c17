using System.CommandLine;
using Experiments.Runs;
using Experiments.Studies;

namespace Experiments.Cli;

internal static class PretrainCommand
{
    internal static Command Create()
    {
        var defaults = new PretrainOptions();
        var output = new Option<string?>("--output") { Description = "Folder for results", HelpName = "DIR" };
        var steps = new Option<int>("--steps") { Description = "Optimizer steps", DefaultValueFactory = _ => defaults.Training.Steps };
        var seed = new Option<int>("--seed") { Description = "Seed of weights and texts", DefaultValueFactory = _ => defaults.Seed };
        var rate = new Option<double>("--learning-rate") { Description = "Peak learning rate", DefaultValueFactory = _ => defaults.Training.LearningRate };
        var from = new Option<string?>("--from") { Description = "Go on from this checkpoint with the last stage of the curriculum", HelpName = "DIR" };
        var command = new Command("pretrain", """
            Pre-train the embedded model from scratch on the closed world; about 45 minutes on two cores, and 25 more of practice.

            Examples, the two that made the embedded model, then look at the result:
              experiments pretrain --output results
              experiments pretrain --output results --from results/pretrain/<run>/checkpoint --steps 4200 --learning-rate 0.0012
              experiments evaluate --model results/pretrain/<run>/checkpoint
            """) { output, from, steps, seed, rate };
        command.SetAction((parsed, cancellation) =>
        {
            var workspace = Workspace.Open(output: parsed.GetValue(output));
            var options = defaults with { From = parsed.GetValue(from), Seed = parsed.GetValue(seed), Training = defaults.Training with { Steps = parsed.GetValue(steps), LearningRate = parsed.GetValue(rate) } };
            using var progress = new TerminalProgress();
            var run = PretrainStudy.Run(workspace, options, progress, cancellation);
            Console.WriteLine(run.PathOf("checkpoint"));
            return Task.FromResult(0);
        });
        return command;
    }
}
