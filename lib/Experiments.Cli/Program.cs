using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Experiments.Notebooks;
using Experiments.Runs;

namespace Experiments.Cli;

/// <summary>The <c>experiments</c> program: wires library and notebook engine together.</summary>
public static class Program
{
    /// <summary>Exit code of a command line that cannot be understood.</summary>
    public const int WrongUsage = 2;

    /// <summary>What an interrupted command may take to stop and save.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs a command line.</summary>
    /// <param name="args">Arguments.</param>
    /// <returns>0 on success, 1 on failure, 2 on wrong usage, 124 when out of time.</returns>
    public static async Task<int> Main(string[] args)
    {
        Interruption.Source = () => CellCancellation.Token;
        LiveDisplay.Source = CellDisplays.Open;
        var root = Root();
        root.Subcommands.ToList().ForEach(RunInBackground);
        var parsed = root.Parse(RunParameters.Join(args));
        if (parsed.Errors.Count > 0)
        {
            await Console.Error.WriteLineAsync($"experiments: {string.Join(" ", parsed.Errors.Select(error => error.Message).Distinct())} See --help.");
            return WrongUsage;
        }

        try
        {
            // A kernel handles signals itself; everything else gets time to write down what it has.
            var patience = KernelCommand.TakesSignals(parsed) ? (TimeSpan?)null : Patience;
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = patience });
        }
        catch (UsageException e)
        {
            await Console.Error.WriteLineAsync("experiments: " + e.Message);
            return WrongUsage;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("experiments: interrupted. Nothing half-written is left.");
            return 130;
        }
        catch (Exception e) when (e is ExperimentException or NotebookException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync("experiments: " + e.Message.ReplaceLineEndings(" "));
            return 1;
        }
    }

    /// <summary>Has a command's work done on another thread: signals are listened for only when the work's task is there, so work that blocks could not be interrupted.</summary>
    private static void RunInBackground(Command command)
    {
        command.Action = command.Action is AsynchronousCommandLineAction action ? new BackgroundAction(action) : command.Action;
        command.Subcommands.ToList().ForEach(RunInBackground);
    }

    // A RootCommand would take its name from the file, Experiments.Cli, and show that in every usage line.
    private static Command Root() => new("experiments", "Attention, computed tokens and reasoning in LLaMA-family models: train, look, re-balance, measure.")
    {
        new HelpOption(),
        new VersionOption(),
        RunCommand.Create(),
        DatasetCommand.Create(),
        FetchCommand.Create(),
        PretrainCommand.Create(),
        FineTuneCommand.Create(),
        AttentionCommand.Create(),
        GenerateCommand.Create(),
        EvaluateCommand.Create(),
        SweepCommand.Create(),
        CompareCommand.Create(),
        VerifyCommand.Create(),
        MergeCommand.Create(),
        SlurmCommand.Create(),
        ReviewCommand.Create(),
        ReportCommand.Create(),
        KernelCommand.Create(),
        DoctorCommand.Create(),
    };
}

/// <summary>Does an action's work on a thread of the pool.</summary>
internal sealed class BackgroundAction(AsynchronousCommandLineAction action) : AsynchronousCommandLineAction
{
    public override Task<int> InvokeAsync(ParseResult parseResult, CancellationToken cancellationToken = default) =>
        Task.Run(() => action.InvokeAsync(parseResult, cancellationToken), CancellationToken.None);
}

/// <summary>The command line is understood but contradicts itself.</summary>
/// <param name="message">What to change.</param>
internal sealed class UsageException(string message) : Exception(message);
