using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Experiments.Runs;

namespace Experiments.Cli;

/// <summary>Spreads an evaluation over a Slurm cluster: a job array with one shard a task, then a job that merges.</summary>
internal static class SlurmCommand
{
    internal static Command Create()
    {
        var array = new Option<int>("--array") { Description = "Tasks, one shard each", HelpName = "N", Required = true };
        var output = new Option<string>("--output-path", "--output_path") { Description = "Where results, shards, scripts and logs go; all nodes must see it", HelpName = "DIR", Required = true };
        var partition = new Option<string?>("--partition") { Description = "Partition" };
        var time = new Option<string?>("--time") { Description = "Time limit of a task: 02:00:00" };
        var gpus = new Option<int>("--gpus") { Description = "GPUs of a task" };
        var cpus = new Option<int?>("--cpus-per-task") { Description = "Processors of a task" };
        var memory = new Option<string?>("--mem") { Description = "Memory of a task: 16G" };
        var retries = new Option<int>("--retries") { Description = "How often a killed task is put back into the queue", DefaultValueFactory = _ => 3 };
        var dry = new Option<bool>("--dry-run") { Description = "Print the scripts, and submit nothing" };
        var evaluate = new Argument<string[]>("arguments") { Description = "Arguments of evaluate, behind --", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("slurm", """
            Evaluate on a Slurm cluster: submits a job array with one shard a task, and a job that merges them. A task that is killed or preempted is
            queued again and goes on where it stopped; the same command, submitted again, computes only what is missing.

            Examples:
              experiments slurm --array 8 --gpus 1 --mem 24G --time 02:00:00 --output-path results/mmlu -- --model ~/models/llama --task mmlu --data ~/data/mmlu --device cuda
              experiments slurm --array 4 --dry-run --output-path results/closed-world -- --template compact-direct
            """) { array, output, partition, time, gpus, cpus, memory, retries, dry, evaluate };
        command.SetAction(parsed =>
        {
            var (tasks, folder, arguments) = (parsed.GetValue(array), Path.GetFullPath(parsed.GetValue(output)!), parsed.GetValue(evaluate)!);
            Check(tasks, arguments);
            string[] common = [.. Given("--partition", parsed.GetValue(partition))];
            string[] resources =
            [
                .. common,
                .. Given("--time", parsed.GetValue(time)),
                .. Given("--mem", parsed.GetValue(memory)),
                .. Given("--cpus-per-task", parsed.GetValue(cpus)?.ToString(CultureInfo.InvariantCulture)),
                .. Given("--gres", parsed.GetValue(gpus) is > 0 and var number ? $"gpu:{number}" : null),
            ];
            var (shards, merge) = (ArrayScript(tasks, folder, resources, parsed.GetValue(retries), arguments), MergeScript(folder, common));
            if (parsed.GetValue(dry))
            {
                Console.Write($"{shards}\n{merge}");
                return Task.FromResult(0);
            }

            Directory.CreateDirectory(Path.Combine(folder, "slurm")); // Slurm does not make the folder of its logs
            var job = Submit(Path.Combine(folder, "slurm", "evaluate.sbatch"), shards);
            var merging = Submit(Path.Combine(folder, "slurm", "merge.sbatch"), merge, $"--dependency=afterok:{job}", "--kill-on-invalid-dep=yes");
            Console.WriteLine($"Submitted array {job} of {tasks} tasks, and job {merging}, which merges them into {folder}. Logs: {Path.Combine(folder, "slurm")}");
            return Task.FromResult(0);
        });
        return command;
    }

    /// <summary>Finds mistakes here, and not after an hour in the queue.</summary>
    private static void Check(int tasks, string[] arguments)
    {
        if (tasks < 1)
        {
            throw new UsageException($"--array is {tasks}; it must be at least 1.");
        }

        if (arguments.FirstOrDefault(argument => argument is "--shard" or "--output-path" or "--output_path") is { } taken)
        {
            throw new UsageException($"{taken} is given by this command; leave it out behind --.");
        }

        if (arguments.Contains("--repeats"))
        {
            throw new UsageException("--repeats makes one evaluation a seed; submit an array for each, with --seed and an --output-path of its own.");
        }

        if (EvaluateCommand.Create().Parse(arguments).Errors.FirstOrDefault() is { } error)
        {
            throw new UsageException($"evaluate: {error.Message}");
        }
    }

    private static string ArrayScript(int tasks, string folder, string[] resources, int retries, string[] arguments) => $$"""
        #!/bin/bash
        #SBATCH --job-name=experiments
        #SBATCH --array=1-{{tasks}}
        #SBATCH --requeue
        #SBATCH --open-mode=append
        #SBATCH --output="{{folder}}/slurm/%A_%a.log"
        {{Directives(resources)}}cd {{Quote(Directory.GetCurrentDirectory())}}
        {{Line([.. ThisProgram.Command, "evaluate", .. arguments])}} --shard "$SLURM_ARRAY_TASK_ID/{{tasks}}" --output-path {{Quote(Path.Combine(folder, "shards"))}}
        code=$?
        # 1 and 2 are mistakes that would come again; anything else was killed, and goes on where it stopped.
        if [ "$code" -gt 2 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt {{retries}} ]; then
          scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" && sleep 300 # ends this task
        fi
        exit "$code"

        """.ReplaceLineEndings("\n");

    private static string MergeScript(string folder, string[] resources) => $"""
        #!/bin/bash
        #SBATCH --job-name=experiments-merge
        #SBATCH --output="{folder}/slurm/%j.log"
        {Directives(resources)}cd {Quote(Directory.GetCurrentDirectory())}
        {Line([.. ThisProgram.Command, "merge", Path.Combine(folder, "shards"), "--output-path", folder])}

        """.ReplaceLineEndings("\n");

    private static string Directives(IEnumerable<string> resources) => string.Concat(resources.Select(resource => $"#SBATCH {resource}\n"));

    private static IEnumerable<string> Given(string name, string? value) => value is null ? [] : [$"{name}={value}"];

    private static string Line(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    private static string Quote(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or '=' or ':') ? word : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    /// <summary>Writes a script and submits it.</summary>
    /// <returns>Id of the job.</returns>
    private static string Submit(string path, string script, params string[] options)
    {
        AtomicFile.WriteAllText(path, script);
        try
        {
            using var sbatch = Process.Start(new ProcessStartInfo("sbatch", ["--parsable", .. options, path]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var (output, error) = (sbatch.StandardOutput.ReadToEndAsync(), sbatch.StandardError.ReadToEndAsync());
            sbatch.WaitForExit();
            return sbatch.ExitCode == 0
                ? output.Result.Trim().Split(';')[0]
                : throw new ExperimentException($"sbatch refuses {path}: {error.Result.Trim().ReplaceLineEndings(" ")} See it with --dry-run.");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new ExperimentException($"There is no sbatch here. Run this on a login node of the cluster; --dry-run prints {path} anywhere.", e);
        }
    }
}
