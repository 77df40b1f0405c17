using System.Text.Json.Nodes;
using Experiments.Data;
using Experiments.Data.Benchmarks;
using Experiments.Evaluation;
using Experiments.Evaluation.Harness;
using Experiments.Runs;
using Experiments.Tests.Models;

namespace Experiments.Tests.Evaluation;

public sealed class HarnessEvaluationTests : IDisposable
{
    private static readonly DateTimeOffset Date = new(2026, 3, 4, 5, 6, 7, 123, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Tasks_and_groups_have_the_harness_metrics()
    {
        var path = HarnessEvaluation.Of(Record(ScoringMethod.LogLikelihood)).Write(_folder.Path, Date);
        Assert.Equal("results_2026-03-04T05-06-07.123000.json", Path.GetFileName(path));
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        // anatomy: 2 of 4 right; virology: 1 of 2.
        Assert.Equal(0.5, (double)json["results"]!["mmlu_anatomy"]!["acc,none"]!);
        Assert.Equal(Math.Sqrt(0.25 / 3), (double)json["results"]!["mmlu_anatomy"]!["acc_stderr,none"]!, 12); // sample sd of 1, 1, 0, 0 over root 4
        Assert.Equal(0.5, (double)json["groups"]!["mmlu"]!["acc,none"]!);
        Assert.Equal(Math.Sqrt(1.5 / 4 / 6), (double)json["groups"]!["mmlu"]!["acc_stderr,none"]!, 12); // pooled variance (1 + 0.5) / (6 - 2), over root 6
        Assert.Equal(["mmlu_anatomy"], json["group_subtasks"]!["mmlu_stem"]!.AsArray().Select(task => (string)task!));
        Assert.Equal(["mmlu_virology"], json["group_subtasks"]!["mmlu_other"]!.AsArray().Select(task => (string)task!));
        Assert.Equal((100, 4), ((int)json["n-samples"]!["mmlu_anatomy"]!["original"]!, (int)json["n-samples"]!["mmlu_anatomy"]!["effective"]!));
        Assert.All(
            ["configs", "versions", "n-shot", "higher_is_better"],
            key => Assert.Equal(["mmlu_anatomy", "mmlu_virology"], json[key]!.AsObject().Select(pair => pair.Key).Order()));
        Assert.All(["config", "git_hash", "date", "pretty_env_info", "model_name", "total_evaluation_time_seconds"], key => Assert.True(json.AsObject().ContainsKey(key), key));
    }

    [Fact]
    public void A_sample_holds_prompt_replies_and_hashes()
    {
        var path = HarnessEvaluation.Of(Record(ScoringMethod.Generation)).Write(_folder.Path, Date);
        var lines = File.ReadAllLines(Path.Combine(Path.GetDirectoryName(path)!, "samples_mmlu_anatomy_2026-03-04T05-06-07.123000.jsonl"));
        Assert.Equal(4, lines.Length);
        var sample = JsonNode.Parse(lines[1])!;
        Assert.Equal(PromptTemplates.CompactDirect.Render(Record(ScoringMethod.Generation).Set.Questions[1]), (string)sample["arguments"]!["gen_args_0"]!["arg_0"]!);
        Assert.Equal((1, "B", 1.0, "header-then-cascade"), ((int)sample["doc_id"]!, (string)sample["target"]!, (double)sample["exact_match"]!, (string)sample["filter"]!));
        Assert.Equal(" B", (string)sample["resps"]![0]![0]!);
        Assert.Equal("B", (string)sample["filtered_resps"]![0]!);
        Assert.Equal("q1", (string)sample["doc"]!["question"]!);
        Assert.All(["doc_hash", "prompt_hash", "target_hash"], key => Assert.Equal(64, ((string)sample[key]!).Length));
        Assert.Equal("[invalid]", (string)JsonNode.Parse(lines[3])!["filtered_resps"]![0]!);
    }

    [Theory]
    [InlineData(ScoringMethod.Generation)]
    [InlineData(ScoringMethod.LogLikelihood)]
    public void Samples_read_back_as_the_results_that_were_written(ScoringMethod method)
    {
        var record = Record(method);
        HarnessEvaluation.Of(record with { Results = [.. record.Results.Select(item => item with { Predicted = 0 })] }).Write(_folder.Path, Date.AddHours(-1));
        var path = HarnessEvaluation.Of(record).Write(_folder.Path, Date);
        Assert.Equal(record.Results.Select(RunJson.Document), HarnessEvaluation.Read(_folder.Path).Items.Select(RunJson.Document));
        Assert.Equal(6, HarnessEvaluation.Read(path).Items.Count);
    }

    [Fact]
    public void What_is_no_evaluation_of_ours_is_refused_in_words()
    {
        string Why(string path) => Assert.Throws<ExperimentException>(() => HarnessEvaluation.Read(path)).Message;
        Assert.Contains("holds no results_*.json", Why(_folder.Path), StringComparison.Ordinal);
        Assert.Contains("there is no samples_*_1.jsonl", Why(_folder.Write("results_1.json", "{}")), StringComparison.Ordinal);
        _folder.Write("samples_a_1.jsonl", "{\"doc_id\": 0}\n");
        Assert.Contains("line 1: no 'result'", Why(_folder.File("results_1.json")), StringComparison.Ordinal);
        _folder.Write("samples_a_1.jsonl", "{\n");
        Assert.Contains("line 1: not a sample", Why(_folder.File("results_1.json")), StringComparison.Ordinal);
        Assert.Contains("not a results file", Why(_folder.Write("results_2.json", "[")), StringComparison.Ordinal);
        Assert.Contains("Cannot read", Why(_folder.File("no.json")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ScoringMethod.Generation)]
    [InlineData(ScoringMethod.LogLikelihood)]
    public void Shards_merge_to_what_one_evaluation_writes(ScoringMethod method)
    {
        var record = Record(method);
        var whole = HarnessEvaluation.Of(record).Write(_folder.File("whole"), Date);
        foreach (var number in Enumerable.Range(1, 4))
        {
            var shard = new Shard(number, 4);
            var asked = shard.Of(record.Set.Questions).Select(question => question.Id).ToHashSet();
            HarnessEvaluation.Of(record with { Shard = shard, Results = [.. record.Results.Where(item => asked.Contains(item.Id))], Elapsed = record.Elapsed / 4 }).Write(_folder.File("shards"), Date.AddSeconds(number));
        }

        Assert.EndsWith("results_2026-03-04T05-06-09.123000.json", HarnessEvaluation.FindFinished(_folder.File("shards"), record with { Shard = new Shard(2, 4) }), StringComparison.Ordinal);
        Assert.Null(HarnessEvaluation.FindFinished(_folder.File("shards"), record with { Shard = new Shard(2, 3) }));
        Assert.Null(HarnessEvaluation.FindFinished(_folder.File("shards"), record with { Shard = new Shard(2, 4), ModelHash = "1" }));

        var merged = HarnessEvaluation.Merge(_folder.File("shards")).Write(_folder.File("merged"), Date);
        Assert.Equal(File.ReadAllText(whole), File.ReadAllText(merged));
        var names = Directory.GetFiles(Path.GetDirectoryName(whole)!).Select(Path.GetFileName).Order().ToArray();
        Assert.Equal(names, Directory.GetFiles(Path.GetDirectoryName(merged)!).Select(Path.GetFileName).Order());
        Assert.All(names, name => Assert.Equal(File.ReadAllText(Path.Combine(Path.GetDirectoryName(whole)!, name!)), File.ReadAllText(Path.Combine(Path.GetDirectoryName(merged)!, name!))));

        string Why() => Assert.Throws<ExperimentException>(() => HarnessEvaluation.Merge(_folder.File("shards"))).Message;
        HarnessEvaluation.Of(record with { Shard = new Shard(2, 4) }).Write(_folder.File("shards"), Date.AddHours(1));
        Assert.Contains("Shard 2 of 4 is there 2 times", Why(), StringComparison.Ordinal);
        Array.ForEach(Directory.GetFiles(_folder.File("shards"), "results_2026-03-04T06*", SearchOption.AllDirectories), File.Delete);
        Array.ForEach(Directory.GetFiles(_folder.File("shards"), "results_2026-03-04T05-06-10*", SearchOption.AllDirectories), File.Delete);
        Assert.Contains("Shard 3 of 4 is missing", Why(), StringComparison.Ordinal);
        HarnessEvaluation.Of(record with { Shard = new Shard(3, 4), Seed = 7 }).Write(_folder.File("shards"), Date.AddHours(2));
        Assert.Contains("shards of different evaluations", Why(), StringComparison.Ordinal);
        Assert.Contains("holds no results of shards", Assert.Throws<ExperimentException>(() => HarnessEvaluation.Merge(_folder.File("whole"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shards_divide_every_category_evenly()
    {
        var questions = Enumerable.Range(0, 24).Select(i => Record(ScoringMethod.Generation).Set.Questions[0] with { Id = $"{i}", Category = $"{i % 4}" }).ToList();
        var shards = Enumerable.Range(1, 3).Select(number => new Shard(number, 3).Of(questions)).ToList();
        Assert.Equal(questions.Select(question => question.Id).Order(), shards.SelectMany(shard => shard).Select(question => question.Id).Order());
        Assert.All(shards, shard => Assert.Equal([2, 2, 2, 2], shard.CountBy(question => question.Category).OrderBy(category => category.Key).Select(category => category.Value)));
        Assert.Equal([4, 3, 3], new[] { 1, 2, 3 }.Select(number => new Shard(number, 3).Of([.. questions[..10].Select((question, i) => question with { Category = $"{i}" })]).Count));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("0/2")]
    [InlineData("3/2")]
    [InlineData("a/b")]
    [InlineData("-1/2")]
    public void What_is_no_shard_is_refused(string text) => Assert.Contains("write 2/8", Assert.Throws<ExperimentException>(() => Shard.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Machines_with_other_memory_make_shards_of_one_evaluation()
    {
        var record = Record(ScoringMethod.Generation);
        Assert.Equal(record.Hash, (record with { Options = record.Options with { MaxMemory = 1L << 30 } }).Hash);
        Assert.NotEqual(record.Hash, (record with { Options = record.Options with { MaxNewTokens = 7 } }).Hash);
    }

    private static EvaluationRecord Record(ScoringMethod method)
    {
        var questions = Enumerable.Range(0, 6).Select(i => new MultipleChoiceQuestion
        {
            Id = $"{i}",
            Category = i < 4 ? "anatomy" : "virology",
            Stem = i < 4,
            Question = $"q{i}",
            Options = ["w", "x", "y", "z"],
            Answer = i < 4 ? 1 : 2,
        }).ToList();
        var generated = method == ScoringMethod.Generation;
        int?[] predicted = [1, 1, 0, generated ? null : 0, 2, 3];
        return new EvaluationRecord
        {
            Task = "mmlu",
            Set = new QuestionSet(questions, new Dictionary<string, int> { ["anatomy"] = 100, ["virology"] = 2 }),
            Results = [.. questions.Zip(predicted, (question, option) => new ItemResult
            {
                Id = question.Id, Category = question.Category, Stem = question.Stem, Target = question.Answer, Predicted = option,
                Rule = !generated ? ExtractionRule.LogLikelihood : option is null ? ExtractionRule.Unparsed : ExtractionRule.Header,
                Reply = generated ? $" {(option is { } o ? MultipleChoiceQuestion.LetterOf(o) : "?")}" : "", NewTokens = 2, Truncated = false,
                LogLikelihoods = generated ? null : [-1.5, -2, -3, -4],
            })],
            Prompt = PromptTemplates.CompactDirect,
            Options = new EvaluationOptions { Method = method },
            Model = "org/model",
            ModelHash = "0",
            ModelArguments = new Dictionary<string, object?> { ["dtype"] = "float32" },
            Device = "cpu",
            Seed = 1,
            Elapsed = TimeSpan.FromSeconds(2),
        };
    }
}
