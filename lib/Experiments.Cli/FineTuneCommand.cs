using System.CommandLine;
using Experiments.Models;
using Experiments.Reporting;
using Experiments.Runs;
using Experiments.Studies;
using Experiments.Training;
using Spectre.Console;

namespace Experiments.Cli;

internal static class FineTuneCommand
{
    internal static Command Create()
    {
        var defaults = new FineTuneOptions();
        var output = new Option<string?>("--output") { Description = "Folder for results; the repository's results/ by default", HelpName = "DIR" };
        var saveEvery = new Option<int>("--save-every") { Description = "Steps between two checkpoints, from which the same command goes on after a stop; 0 for none", DefaultValueFactory = _ => 50 };
        var saveLast = new Option<bool>("--save-last") { Description = "Save the weights of the last step too, as last/; checkpoint/ has those of the lowest validation loss" };
        var attention = new Option<int>("--attention-every") { Description = "Steps between two measurements of attention on 16 validation texts (first token, non-semantic tokens, outliers), from before the first step on; 0 for never", HelpName = "N" };
        var preview = new Option<bool>("--preview") { Description = "Show the first example as the model reads it, learned tokens marked, and stop" };
        var command = new Command("finetune", """
            Fine-tune a model on the structured dataset or on files of yours, loss on the answers only; about three minutes on two cores for the
            embedded model. Stopped or killed, the same command goes on where it was, to the same weights bit for bit.

            A file of --data holds one JSON object a line: prompt and completion; messages, written by the model's chat template; or Alpaca's instruction,
            input and output. Parquet with these columns will do too.

            With --lora-r a low-rank adapter is trained instead of all weights, and is saved in PEFT's format beside the merged model.

            Examples:
              experiments finetune
              experiments finetune --data chats.jsonl --data rules.jsonl:0.3 --preview
              experiments finetune --model ~/models/llama --steps 200 --learning-rate 2e-5
              experiments finetune --model ~/models/llama --lora-r 16 --target-modules q_proj,v_proj --dtype bfloat16 --learning-rate 2e-4
            """) { output, saveEvery, saveLast, attention, preview };
        var training = new TrainingArguments(command, defaults.Training);
        var lora = new LoraArguments(command);
        var data = new DataArguments(command);
        var model = new ModelArguments(command);
        command.SetAction((parsed, cancellation) =>
        {
            if (model.Rebalance(parsed) is not null || model.More(parsed).Count > 0)
            {
                throw new UsageException("Interventions are for use without training: leave out --preset, --alpha, --threshold and --intervention.");
            }

            if (parsed.GetValue(saveEvery) < 0)
            {
                throw new UsageException($"--save-every is {parsed.GetValue(saveEvery)}; it must be 0 (never) or a number of steps.");
            }

            if (parsed.GetValue(attention) < 0)
            {
                throw new UsageException($"--attention-every is {parsed.GetValue(attention)}; it must be 0 (never) or a number of steps.");
            }

            model.SetThreads(parsed);
            var options = data.Options(parsed, defaults) with
            {
                Seed = model.Seed(parsed),
                AttentionEvery = parsed.GetValue(attention),
                Lora = lora.Config(parsed),
                SaveLast = parsed.GetValue(saveLast),
                Training = training.Options(parsed) with { ComputeDtype = model.Dtype(parsed) },
            };
            if (parsed.GetValue(preview))
            {
                Show(FineTuneStudy.Preview(model.Folder(parsed), options, Console.Error.WriteLine));
                return Task.FromResult(0);
            }

            using var progress = new TerminalProgress();
            var result = FineTuneStudy.Run(
                Workspace.Open(output: parsed.GetValue(output)), model.Folder(parsed), options, model.Device(parsed), progress, parsed.GetValue(saveEvery), Console.Error.WriteLine, cancellation);
            Console.WriteLine(model.Json(parsed) ? RunJson.Document(new { result.Folder, result.Reused, result.Training.BestStep, result.Training.BestValidationLoss }).TrimEnd() : result.Folder);
            return Task.FromResult(0);
        });
        return command;
    }

    /// <summary>Colour in a terminal, marks elsewhere.</summary>
    private static void Show(TokenPreview preview)
    {
        if (Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Ansi)
        {
            Console.WriteLine(preview.ToPlainText());
            return;
        }

        foreach (var (text, isTarget) in preview.Tokens)
        {
            AnsiConsole.Markup($"[{(isTarget ? "black on green" : "default on default")}]{Markup.Escape(TokenPreview.Visible(text))}[/][grey]|[/]");
            Console.Write(text.EndsWith('\n') ? "\n" : "");
        }

        Console.WriteLine("\n" + preview.Caption);
    }
}

/// <summary>The options that say what a model is trained on.</summary>
internal sealed class DataArguments
{
    private readonly Option<string[]> _data = new("--data") { Description = "File of instruction data, with a weight behind a colon where it is not 1; may be given several times", HelpName = "FILE[:WEIGHT]", DefaultValueFactory = _ => [] };
    private readonly Option<string?> _validation = new("--validation") { Description = "File of instruction data for the validation loss; 5 % of each file otherwise", HelpName = "FILE" };
    private readonly Option<int> _length = new("--max-length") { Description = "Longest example in tokens; longer ones lose their end. 0 for the model's context" };

    internal DataArguments(Command command)
    {
        foreach (var option in new Option[] { _data, _validation, _length })
        {
            command.Options.Add(option);
        }
    }

    internal FineTuneOptions Options(ParseResult parsed, FineTuneOptions defaults)
    {
        var (data, validation, length) = (parsed.GetValue(_data)!, parsed.GetValue(_validation), parsed.GetValue(_length));
        return data.Length == 0 && (validation is not null || length != 0) ? throw new UsageException("--validation and --max-length are for --data.")
            : length < 0 ? throw new UsageException($"--max-length is {length}; it must be 0 (the context) or a number of tokens.")
            : defaults with { Data = [.. data.Select(DataShare.Parse)], ValidationData = validation, MaxLength = length };
    }
}

/// <summary>The options that set how a model is trained.</summary>
internal sealed class TrainingArguments
{
    private readonly TrainingOptions _defaults;
    private readonly Option<int> _steps;
    private readonly Option<int> _batch;
    private readonly Option<int> _parts;
    private readonly Option<double> _rate;
    private readonly Option<LearningRateSchedule> _schedule;
    private readonly Option<int> _warmup;
    private readonly Option<int> _evaluate;
    private readonly Option<int> _patience;
    private readonly Option<int> _packed;
    private readonly Option<bool> _checkpointing = new("--gradient-checkpointing") { Description = "Compute each layer again on the way back: less memory, a third more time" };

    internal TrainingArguments(Command command, TrainingOptions defaults)
    {
        _defaults = defaults;
        _steps = new("--steps") { Description = "Optimizer steps", DefaultValueFactory = _ => defaults.Steps };
        _batch = new("--batch-size") { Description = "Sequences per step", DefaultValueFactory = _ => defaults.BatchSize };
        _parts = new("--micro-batches") { Description = "Parts of a step whose gradients are accumulated: memory is that of one part a thread", DefaultValueFactory = _ => defaults.MicroBatches };
        _rate = new("--learning-rate") { Description = "Peak learning rate", DefaultValueFactory = _ => defaults.LearningRate };
        _schedule = new("--schedule") { Description = "How the rate falls after warm-up", DefaultValueFactory = _ => defaults.Schedule };
        _warmup = new("--warmup-steps") { Description = "Steps over which the rate rises", DefaultValueFactory = _ => defaults.WarmupSteps };
        _evaluate = new("--evaluate-every") { Description = "Steps between two measurements of the validation loss, whose best weights are kept; 0 for never", DefaultValueFactory = _ => defaults.EvaluateEvery };
        _patience = new("--early-stopping") { Description = "Measurements without a gain after which the training ends; 0 for never", DefaultValueFactory = _ => defaults.EarlyStoppingPatience };
        _packed = new("--packed-length") { Description = "Tokens up to which short sequences share a row, each seeing itself only; 0 for one a row", DefaultValueFactory = _ => defaults.PackedLength };
        foreach (var option in new Option[] { _steps, _batch, _parts, _rate, _schedule, _warmup, _evaluate, _patience, _packed, _checkpointing })
        {
            command.Options.Add(option);
        }
    }

    internal TrainingOptions Options(ParseResult parsed) => _defaults with
    {
        Steps = parsed.GetValue(_steps),
        BatchSize = parsed.GetValue(_batch),
        MicroBatches = parsed.GetValue(_parts),
        LearningRate = parsed.GetValue(_rate),
        Schedule = parsed.GetValue(_schedule),
        WarmupSteps = parsed.GetValue(_warmup),
        EvaluateEvery = parsed.GetValue(_evaluate),
        EarlyStoppingPatience = parsed.GetValue(_patience),
        PackedLength = parsed.GetValue(_packed),
        GradientCheckpointing = parsed.GetValue(_checkpointing),
    };
}

/// <summary>The options of a low-rank adapter, off unless a rank is given.</summary>
internal sealed class LoraArguments
{
    private static readonly LoraConfig Defaults = new();
    private readonly Option<int?> _rank = new("--lora-r") { Description = "Train a LoRA adapter of this rank instead of all weights" };
    private readonly Option<double?> _alpha = new("--lora-alpha") { Description = "The adapter counts lora-alpha / r; twice the rank by default" };
    private readonly Option<double> _dropout = new("--lora-dropout") { Description = "Share of the adapter's inputs set to zero in training" };
    private readonly Option<string> _targets = new("--target-modules") { Description = "Projections that get an adapter, such as q_proj,v_proj", DefaultValueFactory = _ => LoraConfig.AllLinear };

    internal LoraArguments(Command command)
    {
        foreach (var option in new Option[] { _rank, _alpha, _dropout, _targets })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The adapter that was asked for, or null.</summary>
    internal LoraConfig? Config(ParseResult parsed)
    {
        if (parsed.GetValue(_rank) is not { } rank)
        {
            return new Option[] { _alpha, _dropout, _targets }.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } alone
                ? throw new UsageException($"{alone.Name} is for LoRA: give a rank too, such as --lora-r 8.")
                : null;
        }

        return Defaults with
        {
            R = rank,
            LoraAlpha = parsed.GetValue(_alpha) ?? 2 * rank,
            LoraDropout = parsed.GetValue(_dropout),
            TargetModules = parsed.GetValue(_targets)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        };
    }
}
