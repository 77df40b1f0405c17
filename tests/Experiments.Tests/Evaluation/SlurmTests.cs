using System.Diagnostics;
using Experiments.Evaluation.Harness;
using Experiments.Runs;
using Experiments.Tests.Notebooks.Jupyter;

namespace Experiments.Tests.Evaluation;

public class SlurmTests
{
    private static readonly string[] Evaluate = ["--template", "compact-direct", "--limit", "12", "--max-new-tokens", "3", "--batch-size", "2", "--threads", "1"];

    [Fact]
    public void An_array_of_which_a_task_is_killed_gives_what_one_process_gives()
    {
        using var cluster = new SlurmCluster();
        var output = cluster.File("results");
        Assert.Contains("Submitted array", cluster.Run(KernelProcess.Program, ["slurm", "--array", "4", "--output-path", output, "--", .. Evaluate]), StringComparison.Ordinal);

        cluster.WaitFor("answer of the second shard", () => Directory.Exists(output) && Directory.GetFiles(output, "unfinished_*_2-of-4.jsonl", SearchOption.AllDirectories).Any(file => new FileInfo(file).Length > 200)); // more than its first line
        Kill("--shard\02/4\0");
        cluster.WaitFor("merged results", () => Directory.GetFiles(output, "results_*.json", SearchOption.AllDirectories).Any(file => !file.StartsWith(Path.Combine(output, "shards"), StringComparison.Ordinal)));
        var log = File.ReadAllText(Directory.GetFiles(Path.Combine(output, "slurm"), "*_2.log").Single());
        Assert.Contains("answers are known from an interrupted evaluation", log, StringComparison.Ordinal);

        cluster.Run(KernelProcess.Program, ["evaluate", .. Evaluate, "--output-path", cluster.File("alone")]);
        var merged = Directory.GetDirectories(output).Single(folder => Path.GetFileName(folder) is not ("shards" or "slurm"));
        Assert.Equal(HarnessEvaluation.Read(cluster.File("alone")).Items.Select(RunJson.Document), HarnessEvaluation.Read(merged).Items.Select(RunJson.Document));
    }

    /// <summary>Kills the process whose command line holds a text, as a cluster that is out of memory would.</summary>
    private static void Kill(string commandLine)
    {
        foreach (var process in Process.GetProcessesByName("Experiments.Cli"))
        {
            using (process)
            {
                if (File.ReadAllText($"/proc/{process.Id}/cmdline").Contains(commandLine, StringComparison.Ordinal))
                {
                    process.Kill();
                    return;
                }
            }
        }

        Assert.Fail($"No process has {commandLine.Replace('\0', ' ')}.");
    }
}
