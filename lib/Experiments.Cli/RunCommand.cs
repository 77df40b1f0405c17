using System.CommandLine;
using Experiments.Notebooks;
using Experiments.Runs;
using Experiments.Studies;

namespace Experiments.Cli;

internal static class RunCommand
{
    internal static Command Create()
    {
        var notebooks = new Argument<string[]>("notebooks") { Description = "Notebook files; all of the repository's, in order, by default", Arity = ArgumentArity.ZeroOrMore };
        var profile = new Option<string?>("--profile") { Description = "quick: under three minutes; full: under fifteen, the reported numbers (default)" };
        var inspect = new Option<bool>("--inspect") { Description = "List the notebooks' parameters with types, defaults and comments; run nothing" };
        var timeout = Seconds("--timeout", "Seconds after which a notebook is interrupted");
        var cellTimeout = Seconds("--cell-timeout", "Seconds after which a cell is interrupted");
        var keepGoing = new Option<bool>("--keep-going") { Description = "Go on with the next cell and notebook behind a failure" };
        var resume = new Option<bool>("--resume") { Description = "Begin at the first notebook that has not been executed to its end with these parameters" };
        var processes = new Option<int>("--jobs") { Description = "Notebooks executed at the same time, each in a process of its own", HelpName = "N", DefaultValueFactory = _ => 1 };
        var junit = new Option<string?>("--junit") { Description = "Write JUnit XML, one test a cell", HelpName = "FILE" };
        var html = new Option<bool>("--html") { Description = "Write a page beside each executed notebook that shows it without Jupyter and network" };
        var output = new Option<string?>("--output") { Description = "Folder for results and executed notebooks; the repository's results/ by default", HelpName = "DIR" };
        var command = new Command("run", """
            Execute notebooks on the C# engine, headless. This is the main job: it fine-tunes, looks at attention, re-balances and benchmarks.

            Examples:
              experiments run
              experiments run --profile quick --output /tmp/look --html
              experiments run notebooks/04-rebalance-attention.ipynb --inspect
              experiments run notebooks/04-rebalance-attention.ipynb -p alpha 0.5 -p threshold 0.02
              experiments run notebooks/*.ipynb -y "{alpha: 0.5, seed: 2}" --resume
              experiments run notebooks/*.ipynb -f settings.yaml --jobs 2 --keep-going --cell-timeout 600 --junit results.xml

            Exit code: 0 all cells passed, 1 a cell failed, 2 wrong usage, 124 out of time, 130 interrupted.
            """) { notebooks, profile, inspect, timeout, cellTimeout, keepGoing, resume, processes, junit, html, output };
        var parameters = new RunParameters(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var files = parsed.GetValue(notebooks) is { Length: > 0 } given ? given : NotebookJob.Default();
            if (parsed.GetValue(inspect))
            {
                await Console.Out.WriteAsync(NotebookInspection.Of(files));
                return 0;
            }

            var workspace = Workspace.Open(output: parsed.GetValue(output));
            var jobs = NotebookJob.Plan(files, Path.Combine(workspace.Results, "notebooks"), parameters.Values(parsed), parsed.GetValue(profile) is { } name ? Profile.Find(name).Name : null);
            var runs = new NotebookRuns(jobs, new RunnerOptions { KeepGoing = parsed.GetValue(keepGoing), Timeout = Time(parsed, timeout), CellTimeout = Time(parsed, cellTimeout) }, Console.Error);
            if (parsed.GetValue(resume))
            {
                runs.Resume();
            }

            switch (parsed.GetValue(processes))
            {
                case < 1:
                    throw new UsageException($"--jobs is {parsed.GetValue(processes)}; it must be at least 1.");
                case 1:
                    Environment.SetEnvironmentVariable("EXPERIMENTS_RESULTS", workspace.Results); // the notebooks' workspace
                    await runs.RunInOrderAsync(cancellation);
                    break;
                case var several:
                    await runs.RunInProcessesAsync(several, workspace.Results, cancellation);
                    break;
            }

            if (parsed.GetValue(html))
            {
                runs.WriteHtml();
            }

            if (parsed.GetValue(junit) is { } file)
            {
                runs.WriteJUnit(file);
            }

            return runs.ExitCode == 0 && cancellation.IsCancellationRequested ? 130 : runs.ExitCode;
        });
        return command;
    }

    private static Option<double?> Seconds(string name, string description) => new(name) { Description = description, HelpName = "SECONDS" };

    private static TimeSpan? Time(ParseResult parsed, Option<double?> option) => parsed.GetValue(option) switch
    {
        null => null,
        > 0 and < 1e8 and var seconds => TimeSpan.FromSeconds(seconds),
        var other => throw new UsageException(FormattableString.Invariant($"{option.Name} is {other}; it is a number of seconds above 0.")),
    };
}
