using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Studies;
using Experiments.Tests.Models;
using Experiments.Tests.Notebooks.Jupyter;

namespace Experiments.Tests.Cli;

[Collection("console")]
public sealed class AttentionTextsTests : IDisposable
{
    private const string Words = "Ann likes tea.\n\nBob likes what Ann likes. What does Bob like?\nTea.\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Statistics_and_means_over_a_file_are_those_of_the_library_and_are_written()
    {
        var (code, output, error) = await Run(_folder.Write("texts.txt", Words), "--json", "--seed", "4", "--preset", "released-code", "--save-tensors", _folder.File("m.safetensors"), "--capture", "pattern,hidden", "--layers", "1", "--positions", "0,3-5");
        Assert.True(code == 0, error);

        using var loaded = LoadedModel.Open(EmbeddedModel.Folder);
        using var hook = new Rebalancing(RebalancePresets.Find("released-code"));
        int[][] texts = [.. Words.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => loaded.Tokenizer.Encode(text))];
        var options = new AttentionStudyOptions { Seed = 4, Laboratory = new() };
        var expected = AttentionStudy.Run(loaded.Model, texts, loaded.Tokenizer.Piece, hook, options, cancellation: TestContext.Current.CancellationToken);
        var statistics = JsonNode.Parse(output)!["statistics"]!;
        Assert.Equal((3, texts.Sum(ids => ids.Length)), ((int)statistics["sequences"]!, (int)statistics["tokens"]!));
        Assert.Equal(expected.ClassMasses.Select(mass => mass.Low!.Value), statistics["classMasses"]!.AsArray().Select(mass => (double)mass!["low"]!), (a, b) => Math.Abs(a - b) < 1e-6);

        var folder = (string)JsonNode.Parse(output)!["folder"]!;
        Assert.StartsWith(_folder.File("results/attention-texts"), folder, StringComparison.Ordinal);
        Assert.Equal(["heads", "hidden-states", "token-classes", "value-weighting"], Names(folder, "tables", "*.csv"));
        Assert.Equal(["bos-mass", "entropy", "layers", "sink-rate", "token-classes"], Names(folder, "figures", "*.svg"));

        var means = ActivationMeans.Run(loaded.Model, texts, new() { What = [Activation.Pattern, Activation.Hidden], Layers = [1], Positions = [0, 3, 4, 5] }, hook, cancellation: TestContext.Current.CancellationToken);
        var saved = SafeTensorsFile.Open(_folder.File("m.safetensors"));
        using var scope = TorchSharp.torch.NewDisposeScope();
        Assert.Equal(means.Tensors[0].Means(), saved.Read("blocks.1.attn.hook_pattern").data<float>().ToArray(), (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.Equal(7, saved.Names.Count());
    }

    [Fact]
    public async Task Without_json_the_tables_are_printed()
    {
        var (code, output, error) = await Run(_folder.Write("texts.txt", Words));
        Assert.True(code == 0, error);
        Assert.Matches(@"Class +Tokens +Mass +Expected", output);
        Assert.Matches(@"Layer +Head +Category", output);
        Assert.Matches(@"Mass +Value-weighted", output);
        Assert.Matches(@"Massive activations +Largest entry", output);
        Assert.Contains("3 texts, ", output, StringComparison.Ordinal);
        Assert.Contains("attention 3/3", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "--texts looks at the many texts of a file, --prompt, --explorer, --generate at one", Words, "--prompt", "a", "--explorer", "a.html", "--generate", "3")]
    [InlineData(2, "With --texts, --layers and --heads say what --save-tensors writes", Words, "--heads", "0")]
    [InlineData(1, "texts.txt', line 3: The text has 2", "a\n\n{long}")]
    [InlineData(1, "holds no texts", "\n")]
    [InlineData(1, "the longest text has positions 0 to", Words, "--save-tensors", "{folder}/m.safetensors", "--positions", "400")]
    public async Task What_cannot_be_looked_at_is_one_line_and_writes_nothing(int expected, string what, string text, params string[] more)
    {
        var file = _folder.Write("texts.txt", text.Replace("{long}", string.Concat(Enumerable.Repeat("tea ", 2000)), StringComparison.Ordinal));
        var (code, output, error) = await Run(file, [.. more.Select(part => part.Replace("{folder}", _folder.Path, StringComparison.Ordinal))]);
        Assert.Equal(expected, code);
        Assert.Empty(output);
        Assert.Contains(what, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.Equal(file, Assert.Single(Directory.GetFileSystemEntries(_folder.Path)));
    }

    [Fact]
    public async Task An_interrupt_stops_between_two_texts_with_exit_code_130_and_writes_nothing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signals.");
        var file = _folder.Write("texts.txt", string.Concat(Enumerable.Repeat(Words, 1000)));
        using var process = Process.Start(new ProcessStartInfo(KernelProcess.Program, ["attention", "--texts", file, "--output", _folder.File("results"), "--save-tensors", _folder.File("m.safetensors")]) { RedirectStandardError = true })!;
        Assert.Contains("means ", await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(130, process.ExitCode);
        Assert.EndsWith("experiments: interrupted. Nothing half-written is left.\n", error, StringComparison.Ordinal);
        Assert.Equal(file, Assert.Single(Directory.GetFileSystemEntries(_folder.Path)));
    }

    private static IEnumerable<string?> Names(string folder, string kind, string pattern) => Directory.GetFiles(Path.Combine(folder, kind), pattern).Select(Path.GetFileNameWithoutExtension).Order();

    private Task<(int Code, string Output, string Error)> Run(string file, params string[] more) => CommandLine.Run(["attention", "--texts", file, "--output", _folder.File("results"), .. more]);
}
