using System.Text.Json.Nodes;
using Experiments.Data;
using Experiments.Data.ClosedWorld;
using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Tests.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Cli;

[Collection("console")]
public sealed class ProgramTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ProgramTests()
    {
        using var model = TinyModels.Make();
        Checkpoint.Save(model, Model);
    }

    private string Model => _folder.File("model");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Generate_takes_ids_as_given_from_a_folder_without_tokenizer_and_prints_json()
    {
        var (code, output, _) = await CommandLine.Run("generate", "--model", Model, "--tokens", "1,5,7", "--max-new-tokens", "6", "--ignore-eos", "--json");
        using var model = Checkpoint.Load(Model);
        var expected = TextGenerator.Generate(model, [[1, 5, 7]], new GenerationOptions { MaxNewTokens = 6, IgnoreEos = true })[0].Ids;
        Assert.Equal(0, code);
        Assert.Equal(expected, JsonNode.Parse(output)!["ids"]!.AsArray().Select(id => id!.GetValue<int>()));
    }

    [Fact]
    public async Task A_reply_is_the_same_text_whether_it_is_streamed_or_in_json()
    {
        string[] prompt = ["generate", "--model", Experiments.Studies.EmbeddedModel.Folder, "--prompt", "Ann likes tea.", "--max-new-tokens", "12", "--ignore-eos", "--temperature", "2"];
        var (code, output, _) = await CommandLine.Run(prompt);
        var (_, json, _) = await CommandLine.Run([.. prompt, "--json"]);
        Assert.Equal(0, code);
        Assert.Equal(System.Text.Json.Nodes.JsonNode.Parse(json)!["text"]!.GetValue<string>() + "\n", output);
    }

    [Fact]
    public async Task Interventions_are_composed_in_their_order_and_told_apart_in_results()
    {
        string[] prompt = ["generate", "--model", Model, "--tokens", "1,5,7,2,9", "--max-new-tokens", "6", "--ignore-eos", "--json"];
        var (code, output, _) = await CommandLine.Run([.. prompt, "--alpha", "4", "--threshold", "0.1", "--intervention", "sink-down-weighting:beta=0", "--intervention", "softmax-temperature:tau=0.2"]);
        using var model = Checkpoint.Load(Model);
        using var hook = InterventionChain.Of([new RebalanceOptions { Alpha = 4, Threshold = 0.1 }, new SinkDownWeighting { Beta = 0 }, new SoftmaxTemperature { Tau = 0.2 }], model);
        var expected = TextGenerator.Generate(model, [[1, 5, 7, 2, 9]], new GenerationOptions { MaxNewTokens = 6, IgnoreEos = true }, hook)[0].Ids;
        Assert.Equal(0, code);
        Assert.Equal(expected, JsonNode.Parse(output)!["ids"]!.AsArray().Select(id => id!.GetValue<int>()));

        Assert.Equal(0, (await CommandLine.Run("evaluate", "--limit", "1", "--template", "compact-direct", "--method", "LogLikelihood", "--preset", "released-code", "--intervention", "sink-down-weighting:beta=0", "--output-path", _folder.File("out"))).Code);
        var results = JsonNode.Parse(File.ReadAllText(Directory.GetFiles(_folder.File("out"), "results_*.json", SearchOption.AllDirectories).Single()))!;
        var used = results["config"]!["model_args"]!;
        Assert.Equal(("sink-down-weighting", 0), ((string)used["interventions"]![0]!["kind"]!, (double)used["interventions"]![0]!["beta"]!));
        Assert.Equal("alpha", used["rebalance"]!.AsObject().First().Key); // as before there were other interventions: earlier evaluations are found by it
    }

    [Theory]
    [InlineData("run")]
    [InlineData("dataset")]
    [InlineData("pretrain")]
    [InlineData("finetune")]
    [InlineData("attention")]
    [InlineData("generate")]
    [InlineData("evaluate")]
    [InlineData("compare")]
    [InlineData("verify")]
    [InlineData("merge")]
    [InlineData("slurm")]
    [InlineData("review")]
    [InlineData("doctor")]
    [InlineData("kernel install")]
    public async Task The_help_of_a_command_has_examples_and_calls_the_program_by_its_name(string command)
    {
        var (code, output, _) = await CommandLine.Run([.. command.Split(' '), "--help"]);
        Assert.Equal(0, code);
        Assert.Contains("Example", output, StringComparison.Ordinal);
        Assert.Contains($"\n    experiments {command}", output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Matches($@"\n  experiments {command}( <\w+>| \[<\w+>\.\.\.\])* \[options\]", output.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task A_slurm_script_is_shown_without_a_cluster_and_mistakes_are_found_before_the_queue()
    {
        string[] slurm = ["slurm", "--array", "3", "--gpus", "1", "--mem", "8G", "--dry-run", "--output-path", _folder.File("out"), "--"];
        var (code, script, error) = await CommandLine.Run([.. slurm, "--template", "compact-direct", "--data", "it's here"]);
        Assert.True(code == 0, error);
        Assert.Contains("#SBATCH --array=1-3\n", script, StringComparison.Ordinal);
        Assert.Contains("#SBATCH --gres=gpu:1\n", script, StringComparison.Ordinal);
        Assert.Contains($" evaluate --template compact-direct --data 'it'\\''s here' --shard \"$SLURM_ARRAY_TASK_ID/3\" --output-path {_folder.File("out/shards")}\n", script, StringComparison.Ordinal);
        Assert.Contains($" merge {_folder.File("out/shards")} --output-path {_folder.File("out")}\n", script, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("out")));

        foreach (var (arguments, what) in new[] { (new[] { "--shard", "1/3" }, "--shard is given by this command"), (["--limits", "3"], "evaluate: Unrecognized"), (["--repeats", "2"], "submit an array for each") })
        {
            var (wrong, _, why) = await CommandLine.Run([.. slurm, .. arguments]);
            Assert.Equal((2, true), (wrong, why.Contains(what, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task The_dataset_is_written_as_json_lines_that_read_back_as_the_questions()
    {
        var (code, _, error) = await CommandLine.Run("dataset", "--split", "Validation", "--limit", "3", "--seed", "5", "--output", _folder.File("v.jsonl"));
        Assert.True(code == 0, error);
        var read = File.ReadLines(_folder.File("v.jsonl")).Select(line => System.Text.Json.JsonSerializer.Deserialize<MultipleChoiceQuestion>(line, RunJson.Compact)!);
        var expected = ClosedWorldDataset.Generate(DatasetSplit.Validation, 3, 5);
        Assert.Equal(expected.Select(RunJson.Document), read.Select(RunJson.Document));
    }

    [Theory]
    [InlineData(2, "--limit is 0", "dataset", "--limit", "0")]
    [InlineData(1, "1 ≤ min ≤ max", "dataset", "--max-steps", "9")]
    [InlineData(2, "--prompt", "generate", "--model", "{model}")]
    [InlineData(2, "empty", "generate", "--model", "{model}", "--prompt", "")]
    [InlineData(2, "'x' is not a token id", "generate", "--model", "{model}", "--tokens", "1,x")]
    [InlineData(1, "outside the vocabulary", "generate", "--model", "{model}", "--tokens", "1,99")]
    [InlineData(1, "tokenizer.json, tokenizer.model (SentencePiece or tiktoken) or *.tiktoken", "generate", "--model", "{model}", "--prompt", "a")]
    [InlineData(1, "does not exist", "generate", "--model", "{folder}/none", "--tokens", "1")]
    [InlineData(1, "Unknown device", "generate", "--model", "{model}", "--tokens", "1", "--device", "tpu")]
    [InlineData(1, "is not JSON", "run", "{folder}/broken.ipynb", "--output", "{folder}/o")]
    [InlineData(2, "no parameter 'beta'", "run", "{folder}/empty.ipynb", "-p", "beta", "1", "--output", "{folder}/o")]
    [InlineData(2, "no parameter 'beta'", "run", "{folder}/empty.ipynb", "{folder}/second.ipynb", "-p", "beta", "1", "--output", "{folder}/o")]
    [InlineData(1, "Unknown device", "finetune", "--model", "{model}", "--device", "tpu", "--output", "{folder}/o")]
    [InlineData(2, "--attention-every is -1", "finetune", "--model", "{model}", "--attention-every", "-1", "--output", "{folder}/o")]
    [InlineData(1, "Unknown dtype", "finetune", "--model", "{model}", "--dtype", "int4", "--output", "{folder}/o")]
    [InlineData(1, "Unknown profile", "run", "{folder}/empty.ipynb", "--profile", "slow", "--output", "{folder}/o")]
    [InlineData(2, "nonsense", "nonsense")]
    public async Task Bad_input_is_one_line_on_stderr(int expected, string what, params string[] args)
    {
        await File.WriteAllTextAsync(_folder.File("broken.ipynb"), "not json");
        await File.WriteAllTextAsync(_folder.File("empty.ipynb"), "{\"cells\": [], \"metadata\": {}, \"nbformat\": 4, \"nbformat_minor\": 5}");
        File.Copy(_folder.File("empty.ipynb"), _folder.File("second.ipynb"));
        var (code, output, error) = await CommandLine.Run([.. args.Select(arg => arg.Replace("{model}", Model, StringComparison.Ordinal).Replace("{folder}", _folder.Path, StringComparison.Ordinal))]);
        Assert.Equal(expected, code);
        Assert.Empty(output);
        Assert.Contains(what, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task A_prompt_longer_than_the_context_needs_permission()
    {
        var ids = string.Join(",", Enumerable.Repeat(3, 80));
        Assert.Contains("context is 64", (await CommandLine.Run("generate", "--model", Model, "--tokens", ids)).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await CommandLine.Run("generate", "--model", Model, "--tokens", ids, "--allow-long-context", "--max-new-tokens", "2")).Code);
    }

    [Theory]
    [InlineData("truncated", "cut off")]
    [InlineData("nan", "NaN")]
    public async Task A_damaged_checkpoint_is_one_line(string damage, string what)
    {
        var file = Path.Combine(Model, "model.safetensors");
        if (damage == "truncated")
        {
            using var stream = File.OpenWrite(file);
            stream.SetLength(stream.Length - 10);
        }
        else
        {
            using var model = Checkpoint.Load(Model);
            using (no_grad())
            {
                model.parameters().First().fill_(float.NaN);
            }

            Checkpoint.Save(model, Model);
        }

        var (code, _, error) = await CommandLine.Run("generate", "--model", Model, "--tokens", "1");
        Assert.Equal(1, code);
        Assert.Contains(what, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task A_results_folder_that_cannot_be_made_is_one_line()
    {
        await File.WriteAllTextAsync(_folder.File("file"), "");
        var (code, _, error) = await CommandLine.Run("attention", "--model", Model, "--tokens", "1,2,3,4,5,6", "--output", _folder.File("file/results"));
        Assert.Equal(1, code);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Doctor_names_the_back_end()
    {
        var (code, output, _) = await CommandLine.Run("doctor");
        Assert.Equal(0, code);
        Assert.Contains("back end", output, StringComparison.Ordinal);
        Assert.Contains("embedded model", output, StringComparison.Ordinal);
    }
}
