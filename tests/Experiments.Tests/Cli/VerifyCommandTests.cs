using System.Text.Json.Nodes;
using Experiments.Studies;
using Experiments.Tests.Models;
using Experiments.Tests.Studies;

namespace Experiments.Tests.Cli;

[Collection("console")]
public sealed class VerifyCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SmallRuns _runs;

    public VerifyCommandTests() => _runs = new SmallRuns(_folder.File("results"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_number_changed_by_hand_is_named_with_both_values_unless_the_tolerance_allows_it()
    {
        var run = _runs.Benchmark(EmbeddedModel.Folder);
        var (equal, same, error) = await CommandLine.Run("verify", run.Folder + "/");
        Assert.True(equal == 0, error);
        Assert.Matches($"^benchmark/{run.Id}: [0-9]+ numbers compared, all within 1E-08 \\+ 0.0001 × \\|saved\\|\\.\n$", same.ReplaceLineEndings("\n"));

        var accuracy = 0.0;
        SmallRuns.Edit(run, "metrics.json", node =>
        {
            accuracy = (double)node[0]!["chance"]!;
            node[0]!["chance"] = accuracy + 0.125;
        });
        var (code, output, _) = await CommandLine.Run("verify", run.Folder);
        Assert.Equal(1, code);
        Assert.Matches(FormattableString.Invariant($@"\n\$\[0\]\.chance +{accuracy + 0.125} +{accuracy} "), output.ReplaceLineEndings("\n"));
        Assert.Contains("numbers compared, 1 differs; allowed is 1E-08 + 0.0001 × |saved|.", output, StringComparison.Ordinal);
        Assert.Equal(0, (await CommandLine.Run("verify", run.Folder, "--atol", "0.13")).Code);
        Assert.Equal(0, (await CommandLine.Run("verify", run.Folder, "--rtol", "0.5")).Code);
        Assert.Equal(1, (await CommandLine.Run("verify", run.Folder, "--atol", "0.12")).Code);

        var (_, json, _) = await CommandLine.Run("verify", run.Folder, "--json");
        var only = JsonNode.Parse(json)!["runs"]!.AsArray().Single()!;
        Assert.Equal((false, $"benchmark/{run.Id}"), ((bool)JsonNode.Parse(json)!["agrees"]!, (string)only["run"]!));
        Assert.Equal("$[0].chance", (string)only["differences"]!.AsArray().Single()!["path"]!);
        Assert.Equal(accuracy, (double)only["differences"]![0]!["now"]!);
    }

    [Fact]
    public async Task All_runs_of_a_results_folder_are_verified_one_that_cannot_be_among_them()
    {
        var tuned = _runs.FineTuned();
        var benchmark = _runs.Benchmark(tuned.PathOf("checkpoint"));
        var pretrained = _runs.Pretrained();
        Directory.Delete(tuned.PathOf("checkpoint"), recursive: true);
        File.Delete(tuned.PathOf("metrics.json"));
        var (code, output, _) = await CommandLine.Run("verify", _folder.File("results"));
        var lines = output.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        Assert.Equal(1, code);
        Assert.StartsWith($"pretrain/{pretrained.Id}: passed over, a pre-training takes 80 minutes", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"fine-tune/{tuned.Id}: not made again. The run '{tuned.Folder}' has no metrics.json", lines[1], StringComparison.Ordinal);
        Assert.StartsWith($"benchmark/{benchmark.Id}: ", lines[2], StringComparison.Ordinal);
        Assert.Contains("all within", lines[2], StringComparison.Ordinal);
        Assert.StartsWith($"  The model 'before' was made again by fine-tune/{tuned.Id}", lines[3], StringComparison.Ordinal);

        Directory.Delete(tuned.Folder, recursive: true);
        Assert.Equal(1, (await CommandLine.Run("verify", _folder.File("results"))).Code);
        Directory.Delete(benchmark.Folder, recursive: true);
        Assert.Equal(0, (await CommandLine.Run("verify", _folder.File("results"))).Code);
    }

    [Theory]
    [InlineData(1, "is no run and holds none", "{folder}")]
    [InlineData(1, "does not exist", "{folder}/none")]
    [InlineData(2, "--rtol is -1; it is a number of at least 0", "{folder}", "--rtol", "-1")]
    [InlineData(2, "--atol is NaN", "{folder}", "--atol", "NaN")]
    public async Task Bad_input_is_one_line(int expected, string what, params string[] arguments)
    {
        var (code, output, error) = await CommandLine.Run(["verify", .. arguments.Select(argument => argument.Replace("{folder}", _folder.Path, StringComparison.Ordinal))]);
        Assert.Equal(expected, code);
        Assert.Empty(output);
        Assert.Contains(what, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task A_run_without_metrics_is_one_line_on_stderr()
    {
        var run = _runs.Benchmark(EmbeddedModel.Folder);
        File.Delete(run.PathOf("metrics.json"));
        var (code, output, error) = await CommandLine.Run("verify", run.Folder);
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith($"experiments: The run '{run.Folder}' has no metrics.json, so there is nothing to compare with.", error, StringComparison.Ordinal);
    }
}
