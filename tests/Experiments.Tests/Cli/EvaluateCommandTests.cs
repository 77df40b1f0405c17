using System.Text.Json.Nodes;
using Experiments.Evaluation.Harness;
using Experiments.Studies;
using Experiments.Tests.Models;
using FileSystem = Microsoft.VisualBasic.FileIO.FileSystem;

namespace Experiments.Tests.Cli;

/// <summary><c>evaluate</c>, and the commands that read what it wrote.</summary>
[Collection("console")]
public sealed class EvaluateCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_evaluations_are_compared_from_their_files()
    {
        foreach (string[] arguments in new[] { ["--output-path", _folder.File("off")], new[] { "--output_path", _folder.File("on"), "--preset", "released-code", "--alpha", "0.9" } })
        {
            var (evaluated, _, trouble) = await CommandLine.Run(["evaluate", "--limit", "2", "--template", "compact-direct", "--num-fewshot", "1", "--method", "LogLikelihood", .. arguments]);
            Assert.True(evaluated == 0, trouble);
        }

        var (code, output, error) = await CommandLine.Run("compare", _folder.File("off"), _folder.File("on"));
        Assert.True(code == 0, error);
        Assert.Matches(@"overall +16 .*\n\noverall: (No detectable change|A (gain|loss) of).*n = 16\.", output.ReplaceLineEndings("\n"));
        Assert.Equal((1, "experiments: Cannot read"), await Fails("compare", _folder.File("off"), _folder.File("none.jsonl")));

        async Task<(int, string)> Fails(params string[] arguments)
        {
            var (failed, _, why) = await CommandLine.Run(arguments);
            return (failed, why[..24]);
        }
    }

    [Fact]
    public async Task Sampled_replies_are_repeated_with_other_seeds_each_in_a_folder_of_its_own()
    {
        string[] sampled = ["evaluate", "--limit", "1", "--template", "compact-direct", "--max-new-tokens", "2", "--gen-kwargs", "temperature=3,top_k=40", "--batch-size", "auto", "--max-memory", "16GB"];
        var (code, output, error) = await CommandLine.Run([.. sampled, "--repeats", "3", "--json", "--output-path", _folder.File("out")]);
        Assert.True(code == 0, error);
        var overall = JsonNode.Parse(output)!["seeds"]!.AsArray()[^1]!;
        Assert.Equal(("overall", 8, 3), ((string)overall["name"]!, (int)overall["n"]!, overall["accuracies"]!.AsArray().Count));
        Assert.Equal(["seed-1", "seed-2", "seed-3"], Directory.GetDirectories(_folder.File("out")).Select(Path.GetFileName).Order());
        string[] Replies(int seed) => [.. HarnessEvaluation.Read(_folder.File($"out/seed-{seed}")).Items.Select(item => item.Reply)];
        Assert.NotEqual(Replies(1), Replies(2));

        Assert.Equal(0, (await CommandLine.Run([.. sampled, "--seed", "1", "--output-path", _folder.File("again")])).Code);
        Assert.Equal(Replies(1), HarnessEvaluation.Read(_folder.File("again")).Items.Select(item => item.Reply));

        Assert.Equal(((double)overall["low"]!, (double)overall["high"]!), ((double)JsonNode.Parse(output)!["summary"]!["overall"]!["low"]!, (double)JsonNode.Parse(output)!["summary"]!["overall"]!["high"]!));
        var (compared, verdict, why) = await CommandLine.Run("compare", _folder.File("again"), _folder.File("out"));
        Assert.True(compared == 0, why);
        Assert.Contains("n = 8, 1 and 3 seeds.", verdict, StringComparison.Ordinal);
        Assert.Equal(0, (await CommandLine.Run("report", _folder.File("out"), "--output", _folder.File("report"))).Code);
        Assert.Contains("of 24 answers are right", File.ReadAllText(_folder.File("report/report.html")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "--repeats makes sense only where", "--repeats", "2")]
    [InlineData(1, "There are no questions", "--limit", "0", "--method", "LogLikelihood")]
    [InlineData(1, "batch-size is 0", "--batch-size", "0", "--method", "LogLikelihood")]
    [InlineData(2, "'heat=1' is not known", "--gen-kwargs", "heat=1")]
    [InlineData(2, "'temperature=warm' has no number", "--gen-kwargs", "temperature=warm")]
    [InlineData(2, "--batch-size is 'many'", "--batch-size", "many")]
    [InlineData(2, "--max-memory is 'lots'", "--max-memory", "lots")]
    [InlineData(1, "1 MB are allowed", "--max-memory", "1MB")]
    [InlineData(2, "There is no intervention 'heat'. Known: re-balancing", "--intervention", "heat")]
    [InlineData(2, "'heat' is not a setting. Known: tau", "--intervention", "uniform-boost", "--intervention", "softmax-temperature:heat=2")]
    [InlineData(1, "the model has layers 0 to 4", "--intervention", "span-steering:last-layer=9")]
    [InlineData(2, "give --apply-chat-template too", "--system-instruction", "Be brief.")]
    [InlineData(1, "has no chat template", "--apply-chat-template")]
    public async Task What_cannot_be_evaluated_is_said_in_one_line(int code, string why, params string[] arguments)
    {
        string[] few = arguments.Contains("--limit") ? [] : ["--limit", "1"];
        var (failed, _, error) = await CommandLine.Run(["evaluate", .. few, .. arguments]);
        Assert.Equal(code, failed);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_is_asked_in_its_own_chat_format()
    {
        FileSystem.CopyDirectory(EmbeddedModel.Folder, _folder.File("chat"));
        _folder.Write("chat/chat_template.jinja", "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token }}{% endfor %}");
        var (code, _, error) = await CommandLine.Run("evaluate", "--model", _folder.File("chat"), "--limit", "1", "--template", "compact-direct", "--max-new-tokens", "2", "--apply_chat_template", "--system_instruction", "Choose.", "--output-path", _folder.File("out"));
        Assert.True(code == 0, error);
        var results = JsonNode.Parse(File.ReadAllText(Directory.GetFiles(_folder.File("out"), "results_*.json", SearchOption.AllDirectories).Single()))!;
        Assert.Equal(("Choose.", true), ((string)results["system_instruction"]!, ((string)results["chat_template"]!).StartsWith("{{ bos_token }}", StringComparison.Ordinal)));
        Assert.Equal("compact-direct, chat, system message", (string)results["configs"]!.AsObject().First().Value!["metadata"]!["prompt"]!);
        var sample = File.ReadLines(Directory.GetFiles(_folder.File("out"), "samples_*.jsonl", SearchOption.AllDirectories)[0]).First();
        Assert.Contains("system: Choose.", (string)JsonNode.Parse(sample)!["arguments"]!["gen_args_0"]!["arg_0"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replies_are_reviewed_through_a_file()
    {
        var (evaluated, table, trouble) = await CommandLine.Run(["evaluate", "--limit", "1", "--template", "compact-direct", "--max-new-tokens", "1", "--output-path", _folder.File("first")]);
        Assert.True(evaluated == 0, trouble);
        Assert.Contains("header-then-cascade", table, StringComparison.Ordinal);

        var (written, count, _) = await CommandLine.Run("review", _folder.File("first"), "--write", _folder.File("doubtful.csv"));
        Assert.Equal((0, "8 doubtful replies of 8"), (written, count[..23])); // all are cut after one token
        File.WriteAllText(_folder.File("doubtful.csv"), File.ReadAllText(_folder.File("doubtful.csv")).Replace("cut at the length limit,", "cut,A", StringComparison.Ordinal));
        var (applied, report, _) = await CommandLine.Run("review", _folder.File("first"), "--apply", _folder.File("doubtful.csv"), "--output-path", _folder.File("second"));
        Assert.Equal(0, applied);
        Assert.Matches("^8 reviewed, [0-8] changed: .*results_", report);
        var (wrong, _, usage) = await CommandLine.Run("review", _folder.File("first"), "--apply", _folder.File("doubtful.csv"));
        Assert.Equal((2, true), (wrong, usage.Contains("--output-path DIR", StringComparison.Ordinal)));
    }
}
