using System.Text.Json.Nodes;
using Experiments.Evaluation;
using Experiments.Interpretability;
using Experiments.Runs;
using Experiments.Studies;
using Experiments.Tests.Models;

namespace Experiments.Tests.Studies;

public sealed class BenchmarkStudyTests : IDisposable
{
    private const string Questions = """
        {"question": "The mother of Ann is Eve. Who is the mother of Ann?", "options": ["Bob", "Eve"], "answer": 1, "category": "kin"}
        {"question": "Ann likes tea. What does Ann like?", "options": ["tea", "rice", "soup"], "answer": 0, "category": "taste"}
        {"question": "Bob likes rice. What does Bob like?", "options": ["tea", "rice", "soup"], "answer": 1, "category": "taste"}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Ones_own_questions_are_benchmarked_and_reused_wherever_the_file_lies()
    {
        var study = Make(_folder.Write("q.jsonl", Questions));
        Assert.Equal(["kin", "taste", "non-STEM", "overall"], study[AnswerStyle.Direct].Before.Rows.Select(row => row.Name));
        Assert.Equal((1 / 2.0 + 2 / 3.0) / 3, study[AnswerStyle.Direct].Chance, 12);
        Assert.Equal(["kin", "taste", "non-STEM", "overall"], study.Differences(AnswerStyle.Direct).Rows.Labels);
        Assert.Equal(study[AnswerStyle.Direct].Comparison.Overall.Difference * 100, study.Differences(AnswerStyle.Direct).Values[^1], 9);
        Assert.All(study.TokensPerAnswer(AnswerStyle.Direct).Series, series => Assert.Equal(1, series.Values.Sum(), 9));
        var flipped = study[AnswerStyle.Direct].Comparison.Overall;
        Assert.Equal(flipped.Gained + flipped.Lost, study.Flipped(AnswerStyle.Direct).RowCount);

        Assert.Equal(study.Run.Manifest.Id, Make(_folder.Write("elsewhere/q.jsonl", Questions)).Run.Manifest.Id);
        Assert.NotEqual(study.Run.Manifest.Id, Make(_folder.Write("other/q.jsonl", Questions.Replace("tea", "jam", StringComparison.Ordinal))).Run.Manifest.Id);
    }

    [Fact]
    public void Chain_of_thought_is_compared_with_direct_answers_in_a_table_of_its_own()
    {
        var study = Make(_folder.Write("q.jsonl", Questions), PromptTemplates.CompactDirect, PromptTemplates.CompactCot);
        Assert.Equal(3 * 4, study.Reasoning.RowCount); // non-STEM, overall and two categories
        Assert.Equal(study.Reasoning.ToCsv(), study.Run.ReadText("tables/reasoning.csv"));
        Assert.Null(study[AnswerStyle.Direct].AgainstDirect);
        Assert.Equal(study[AnswerStyle.ChainOfThought].Before.Overall.Accuracy, study[AnswerStyle.ChainOfThought].AgainstDirect!.Overall.After);
        Assert.Equal(study[AnswerStyle.Direct].Before.Overall.Accuracy, study[AnswerStyle.ChainOfThought].AgainstDirect!.Overall.Before);
        Assert.Contains(@"\label{tab:reasoning}", study.Run.ReadText("tables/reasoning.tex"), StringComparison.Ordinal);

        var alone = Make(_folder.Write("q.jsonl", Questions), PromptTemplates.CompactCot);
        Assert.Equal((0, false), (alone.Reasoning.RowCount, alone.Run.Has("tables/reasoning.csv")));
    }

    [Fact]
    public void Tokens_per_answer_are_drawn_without_samples_and_from_the_samples_of_older_runs()
    {
        var data = _folder.Write("q.jsonl", Questions);
        var drawn = Make(data, PromptTemplates.CompactDirect, PromptTemplates.CompactCot);
        var figure = drawn.TokensPerAnswer(AnswerStyle.ChainOfThought).ToJson();
        Assert.Equal(figure + "\n", drawn.Run.ReadText("figures/tokens-compact-cot.json"));
        Assert.False(drawn.Run.Has("figures/tokens-compact-direct.json"));

        var (samples, metrics) = (drawn.Run.PathOf("samples.jsonl"), drawn.Run.PathOf("metrics.json"));
        File.Move(samples, samples + ".away");
        Assert.Equal(figure, Make(data, PromptTemplates.CompactDirect, PromptTemplates.CompactCot).TokensPerAnswer(AnswerStyle.ChainOfThought).ToJson());

        File.Move(samples + ".away", samples);
        var old = JsonNode.Parse(File.ReadAllText(metrics))!.AsArray();
        foreach (var condition in old.SelectMany(part => new[] { part!["before"]!, part["after"]! }))
        {
            Assert.True(condition["tokens"]!.AsObject().Remove("lengths"));
        }

        File.WriteAllText(metrics, old.ToJsonString());
        Assert.Equal(figure, Make(data, PromptTemplates.CompactDirect, PromptTemplates.CompactCot).TokensPerAnswer(AnswerStyle.ChainOfThought).ToJson());
    }

    [Fact]
    public void A_model_folder_that_is_missing_is_named()
    {
        var error = Assert.Throws<ExperimentException>(() => BenchmarkStudy.Make(Workspace.Open(output: _folder.Path), _folder.File("nowhere")));
        Assert.Contains("nowhere': it does not exist", error.Message, StringComparison.Ordinal);
    }

    private BenchmarkStudy Make(string data, params PromptTemplate[] templates) => BenchmarkStudy.Make(
        Workspace.Open(output: _folder.File("results")),
        EmbeddedModel.Folder,
        options: new BenchmarkOptions
        {
            Task = "own",
            Data = data,
            Templates = [.. templates.DefaultIfEmpty(PromptTemplates.CompactDirect).Select(template => template.Name)],
            Evaluation = new EvaluationOptions { MaxNewTokens = 4 },
            After = new Condition("strong", new RebalanceOptions { Alpha = 50, Threshold = 0 }),
        },
        cancellation: TestContext.Current.CancellationToken);
}
