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
        var command = new Command("pretrain", """
            Pre-train the embedded model from scratch on the closed world; about 80 minutes on two cores.

            Examples, the one that made the embedded model, then a look at the result:
              experiments pretrain --output results
              experiments evaluate --model results/pretrain/<run>/checkpoint
            """) { output, steps, seed, rate };
        command.SetAction((parsed, cancellation) =>
        {
            var workspace = Workspace.Open(output: parsed.GetValue(output));
            var options = defaults with { Seed = parsed.GetValue(seed), Training = defaults.Training with { Steps = parsed.GetValue(steps), LearningRate = parsed.GetValue(rate) } };
            using var progress = new TerminalProgress();
            var run = PretrainStudy.Run(workspace, options, progress, cancellation);
            Console.WriteLine(run.PathOf("checkpoint"));
            return Task.FromResult(0);
        });
        return command;
    }
}
