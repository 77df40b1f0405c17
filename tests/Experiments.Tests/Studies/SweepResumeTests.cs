using System.Diagnostics;
using Experiments.Tests.Cli;
using Experiments.Tests.Models;

namespace Experiments.Tests.Studies;

[Collection("console")]
public sealed class SweepResumeTests : IDisposable
{
    private const int Kills = 10;
    private static readonly string[] Arguments = ["sweep", "--questions", "1", "--test-questions", "1", "--alphas", "0.5,1", "--thresholds", "0.01,0.2", "--max-new-tokens", "4", "--batch-size", "2", "--threads", "1"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_sweep_that_is_killed_at_random_moments_ends_in_the_files_of_an_undisturbed_one()
    {
        var clock = Stopwatch.StartNew();
        Assert.Equal(0, await RunAsync("undisturbed", patience: null));
        var undisturbed = clock.Elapsed;
        var (random, resumed, finished) = (new Random(1), 0, 0);
        for (var kills = 0; kills < Kills || finished == 0;)
        {
            var target = $"killed-{finished}";
            resumed += Answers(target).Count > 0 ? 1 : 0;
            var code = await RunAsync(target, kills < Kills ? undisturbed * (0.3 + (0.6 * random.NextDouble())) : null);
            Assert.True(code is 0 or ProgramProcess.Killed);
            kills += code == ProgramProcess.Killed ? 1 : 0;
            if (code == 0)
            {
                Assert.Equal(Files("undisturbed"), Files(target));
                Assert.Equal(Answers("undisturbed"), Answers(target));
                Assert.Single(Directory.GetFileSystemEntries(_folder.File($"{target}/ablation"))); // nothing half-written
                finished++;
            }
        }

        Assert.True(resumed > 0, "No start found answers of a killed one.");
    }

    [Fact]
    public async Task What_the_command_line_says_wrong_is_told_by_option()
    {
        Assert.Equal("experiments: --alphas: 'strong' is no number. Example: 0.1,0.2,0.5", await Error("--alphas", "0.1,strong"));
        Assert.Equal("experiments: --layer-ranges: '4-1' is no range of layers. Write all, one layer such as 2, or first and last such as 1-4.", await Error("--layer-ranges", "4-1"));
        Assert.Equal("experiments: --head-sharing: 'Half' is unknown. Known: PerHead, MeanOverHeads.", await Error("--head-sharing", "Half"));
        Assert.StartsWith("experiments: A sweep sets re-balancing itself", await Error("--alpha", "0.1"), StringComparison.Ordinal);

        static async Task<string> Error(params string[] more)
        {
            var (code, output, error) = await CommandLine.Run(["sweep", .. more]);
            Assert.Equal((2, ""), (code, output));
            return error.Trim();
        }
    }

    /// <summary>All files of the run but its manifest, which names times.</summary>
    private Dictionary<string, string> Files(string output)
    {
        var run = Directory.GetDirectories(_folder.File($"{output}/ablation"), "2*").Single();
        return Directory.GetFiles(run, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "run.json").ToDictionary(file => Path.GetRelativePath(run, file), file => Convert.ToHexString(File.ReadAllBytes(file)));
    }

    /// <summary>The answers that are kept, without the line that says when they were begun.</summary>
    private Dictionary<string, string> Answers(string output) => Directory.Exists(_folder.File($"{output}/.answers"))
        ? Directory.GetFiles(_folder.File($"{output}/.answers")).ToDictionary(file => Path.GetFileName(file), file => string.Join('\n', File.ReadLines(file).Skip(1)))
        : [];

    /// <summary>Sweeps in a process, and kills it after a time.</summary>
    private async Task<int> RunAsync(string output, TimeSpan? patience) => (await ProgramProcess.RunAsync([.. Arguments, "--output", _folder.File(output)], patience)).Code;
}
