using System.CommandLine;
using Experiments.Runs;
using Experiments.Studies;

namespace Experiments.Cli;

internal static class FineTuneCommand
{
    internal static Command Create()
    {
        var defaults = new FineTuneOptions();
        var output = new Option<string?>("--output") { Description = "Folder for results; the repository's results/ by default", HelpName = "DIR" };
        var steps = new Option<int>("--steps") { Description = "Optimizer steps", DefaultValueFactory = _ => defaults.Training.Steps };
        var batch = new Option<int>("--batch-size") { Description = "Sequences per step", DefaultValueFactory = _ => defaults.Training.BatchSize };
        var rate = new Option<double>("--learning-rate") { Description = "Peak learning rate", DefaultValueFactory = _ => defaults.Training.LearningRate };
        var command = new Command("finetune", """
            Fine-tune a model on the structured dataset, loss on the answers only; about three minutes on two cores.

            Examples:
              experiments finetune
              experiments finetune --model ~/models/llama --steps 200 --learning-rate 2e-5
            """) { output, steps, batch, rate };
        var model = new ModelArguments(command);
        command.SetAction((parsed, cancellation) =>
        {
            if (model.Rebalance(parsed) is not null || model.More(parsed).Count > 0)
            {
                throw new UsageException("Interventions are for use without training: leave out --preset, --alpha, --threshold and --intervention.");
            }

            model.SetThreads(parsed);
            var options = defaults with
            {
                Seed = model.Seed(parsed),
                Training = defaults.Training with { Steps = parsed.GetValue(steps), BatchSize = parsed.GetValue(batch), LearningRate = parsed.GetValue(rate), ComputeDtype = model.Dtype(parsed) },
            };
            using var progress = new TerminalProgress();
            var result = FineTuneStudy.Run(Workspace.Open(output: parsed.GetValue(output)), model.Folder(parsed), options, model.Device(parsed), progress, cancellation);
            Console.WriteLine(model.Json(parsed) ? RunJson.Document(new { result.Folder, result.Reused, result.Training.BestStep, result.Training.BestValidationLoss }).TrimEnd() : result.Folder);
            return Task.FromResult(0);
        });
        return command;
    }
}
