using System.Text.Json.Nodes;
using Experiments.Data;
using Experiments.Data.Benchmarks;
using Experiments.Evaluation;
using Experiments.Evaluation.Harness;
using Experiments.Runs;
using Experiments.Tests.Models;

namespace Experiments.Tests.Evaluation;

public sealed class HarnessFilesTests : IDisposable
{
    private static readonly DateTimeOffset Date = new(2026, 3, 4, 5, 6, 7, 123, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Tasks_and_groups_have_the_harness_metrics()
    {
        var path = HarnessFiles.Write(_folder.Path, Record(ScoringMethod.LogLikelihood));
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
        var path = HarnessFiles.Write(_folder.Path, Record(ScoringMethod.Generation));
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
        HarnessFiles.Write(_folder.Path, record with { Date = Date.AddHours(-1), Results = [.. record.Results.Select(item => item with { Predicted = 0 })] });
        var path = HarnessFiles.Write(_folder.Path, record);
        Assert.Equal(record.Results.Select(RunJson.Document).Order(), HarnessFiles.ReadSamples(_folder.Path).Select(RunJson.Document).Order());
        Assert.Equal(6, HarnessFiles.ReadSamples(path).Count);
        Assert.Equal(2, HarnessFiles.ReadSamples(Directory.GetFiles(Path.GetDirectoryName(path)!, "samples_mmlu_virology_2026-03-04T05*")[0]).Count);
    }

    [Fact]
    public void What_is_no_evaluation_of_ours_is_refused_in_words()
    {
        Assert.Contains("holds no results_*.json", Assert.Throws<ExperimentException>(() => HarnessFiles.ReadSamples(_folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("there is no samples_*_1.jsonl", Assert.Throws<ExperimentException>(() => HarnessFiles.ReadSamples(_folder.Write("results_1.json", "{}"))).Message, StringComparison.Ordinal);
        Assert.Contains("line 1: no 'result'", Assert.Throws<ExperimentException>(() => HarnessFiles.ReadSamples(_folder.Write("samples_a_1.jsonl", "{\"doc_id\": 0}\n"))).Message, StringComparison.Ordinal);
        Assert.Contains("line 1: not JSON", Assert.Throws<ExperimentException>(() => HarnessFiles.ReadSamples(_folder.Write("samples_a_2.jsonl", "{\n"))).Message, StringComparison.Ordinal);
        Assert.Contains("Cannot read", Assert.Throws<ExperimentException>(() => HarnessFiles.ReadSamples(_folder.File("no.jsonl"))).Message, StringComparison.Ordinal);
    }

    private static EvaluationRecord Record(ScoringMethod method)
    {
        var questions = Enumerable.Range(0, 6).Select(i => new MultipleChoiceQuestion
        {
            Id = $"{i}", Category = i < 4 ? "anatomy" : "virology", Stem = i < 4, Question = $"q{i}", Options = ["w", "x", "y", "z"], Answer = i < 4 ? 1 : 2,
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
            Template = PromptTemplates.CompactDirect,
            Options = new EvaluationOptions { Method = method },
            Model = "org/model",
            ModelArguments = new Dictionary<string, object?> { ["dtype"] = "float32" },
            Device = "cpu",
            Seed = 1,
            Date = Date,
            Elapsed = TimeSpan.FromSeconds(2),
        };
    }
}
