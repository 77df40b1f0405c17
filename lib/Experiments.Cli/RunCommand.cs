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
        var parameters = new Option<string[]>("-p", "--parameter") { Description = "Set a notebook parameter: -p name value", HelpName = "NAME VALUE", Arity = new ArgumentArity(0, 200), AllowMultipleArgumentsPerToken = true };
        var profile = new Option<string?>("--profile") { Description = "quick: under three minutes; full: under fifteen, the reported numbers (default)" };
        var timeout = new Option<double?>("--timeout") { Description = "Seconds after which a notebook is interrupted" };
        var keepGoing = new Option<bool>("--keep-going") { Description = "Go on with the next cell and notebook behind a failure" };
        var output = new Option<string?>("--output") { Description = "Folder for results and executed notebooks; the repository's results/ by default", HelpName = "dir" };
        var command = new Command("run", """
            Execute notebooks on the C# engine, headless. This is the main job: it fine-tunes, looks at attention, re-balances and benchmarks.

            Examples:
              experiments run
              experiments run --profile quick --output /tmp/look
              experiments run notebooks/04-rebalance-attention.ipynb -p alpha 0.5 -p threshold 0.02
            """) { notebooks, parameters, profile, timeout, keepGoing, output };
        command.SetAction(async (parsed, cancellation) =>
        {
            var workspace = Workspace.Open(output: parsed.GetValue(output));
            var files = parsed.GetValue(notebooks) is { Length: > 0 } given ? given : Default(workspace);
            var runs = Assign(files, Values(parsed.GetValue(parameters) ?? []), parsed.GetValue(profile) is { } name ? Profile.Find(name).Name : null);
            Environment.SetEnvironmentVariable("EXPERIMENTS_RESULTS", workspace.Results); // the notebooks' workspace
            var options = new RunnerOptions { KeepGoing = parsed.GetValue(keepGoing), Timeout = parsed.GetValue(timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null };
            var exitCode = 0;
            foreach (var (file, own) in runs)
            {
                var target = Path.Combine(workspace.Results, "notebooks", Path.GetFileName(file));
                await Console.Error.WriteLineAsync($"{Path.GetFileName(file)}");
                var outcome = await new NotebookRunner(options).RunAsync(file, target, own, new RunLines(Console.Error), cancellation);
                await Console.Error.WriteLineAsync($"  {(outcome.ExitCode == 0 ? "passed" : outcome.ExitCode == 124 ? "timed out" : "FAILED")} in {outcome.Duration.TotalSeconds:0.0} s → {target}");
                exitCode = exitCode == 0 ? outcome.ExitCode : exitCode;
                if (outcome.ExitCode != 0 && (!options.KeepGoing || outcome.ExitCode == 130))
                {
                    break;
                }
            }

            return exitCode;
        });
        return command;
    }

    private static string[] Default(Workspace workspace)
    {
        var folder = workspace.Root is null ? null : Path.Combine(workspace.Root, "notebooks");
        return folder is not null && Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.ipynb").Order(StringComparer.Ordinal)]
            : throw new UsageException("There is no notebooks folder here. Name the notebooks, or start inside the repository.");
    }

    private static Dictionary<string, string> Values(string[] words) => words.Length % 2 == 0
        ? words.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal)
        : throw new UsageException("-p takes a name and a value: -p alpha 0.5.");

    /// <summary>A value goes to the notebooks that declare it. One that none declares is a mistake, and so is one of the wrong type.</summary>
    private static List<(string File, Dictionary<string, string> Values)> Assign(string[] files, Dictionary<string, string> values, string? profile)
    {
        var declared = files.ToDictionary(file => file, file => NotebookParameters.Of(NotebookDocument.Load(file)).Select(parameter => parameter.Name).ToHashSet(StringComparer.Ordinal));
        if (values.Keys.FirstOrDefault(name => !declared.Values.Any(names => names.Contains(name))) is { } unknown)
        {
            var known = declared.Values.SelectMany(names => names).Distinct().Order(StringComparer.Ordinal).ToList();
            throw new UsageException($"{(files.Length == 1 ? Path.GetFileName(files[0]) + " has" : "The notebooks have")} no parameter '{unknown}'. Known: {(known.Count == 0 ? "none" : string.Join(", ", known))}.");
        }

        if (profile is not null)
        {
            values["profile"] = profile; // notebooks without profiles do not mind
        }

        return [.. files.Select(file => (file, Fitting(file, values.Where(pair => declared[file].Contains(pair.Key)).ToDictionary(StringComparer.Ordinal))))];
    }

    private static Dictionary<string, string> Fitting(string file, Dictionary<string, string> values)
    {
        try
        {
            NotebookParameters.Inject(NotebookDocument.Load(file), values, Path.GetFileName(file));
            return values;
        }
        catch (NotebookException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>Progress as lines: a cell that takes longer than a moment says so, and its text passes through.</summary>
    private sealed class RunLines(TextWriter writer) : IRunObserver
    {
        private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

        public void Wrote(string name, string text) => writer.Write("    " + text.TrimEnd('\n').Replace("\n", "\n    ", StringComparison.Ordinal) + "\n");

        public void CellFinished(CellOutcome outcome)
        {
            if (outcome.Status == "failed")
            {
                writer.WriteLine($"  cell {outcome.Id} failed: {string.Join("\n    ", outcome.Error!.Traceback)}");
            }
            else if (outcome.Duration > Moment)
            {
                writer.WriteLine($"  cell {outcome.Id}: {outcome.Duration.TotalSeconds:0.0} s");
            }
        }
    }
}
