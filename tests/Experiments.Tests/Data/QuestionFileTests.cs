using System.Text.Json;
using Experiments.Data.Benchmarks;
using Experiments.Data.ClosedWorld;
using Experiments.Runs;
using Experiments.Tests.Models;

namespace Experiments.Tests.Data;

public sealed class QuestionFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    internal static string Parquet(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", "parquet", name);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_the_dataset_command_writes_reads_back()
    {
        var questions = ClosedWorldDataset.Generate(DatasetSplit.Validation, 2, 3);
        var file = _folder.Write("q.jsonl", string.Concat(questions.Select(question => JsonSerializer.Serialize(question, RunJson.Compact) + "\n")));
        Assert.Equal(questions.Select(RunJson.Document), QuestionFile.Read(file).Select(RunJson.Document));
    }

    [Fact]
    public void A_question_of_ones_own_needs_only_question_options_and_answer()
    {
        var file = _folder.Write("birds.jsonl", """
            {"question": "Which flies?", "options": ["ostrich", "swift"], "answer": "B"}

            {"question": "Which swims?", "options": ["penguin", "swift", "hen"], "answer": 0, "category": "water", "stem": true, "id": "swim"}
            """);
        var questions = QuestionFile.Read(file);
        Assert.Equal([("1", "birds", 1, false), ("swim", "water", 0, true)], questions.Select(question => (question.Id, question.Category, question.Answer, question.Stem)));
    }

    [Theory]
    [InlineData("{\"question\": \"q\", \"options\": [\"a\", \"b\"], \"answer\": 0}\nnot json", "line 2: not a JSON object")]
    [InlineData("{\"options\": [\"a\", \"b\"], \"answer\": 0}", "line 1: 'question' is missing")]
    [InlineData("{\"question\": \"q\", \"options\": [\"a\"], \"answer\": 0}", "line 1: 'options' is not a list of 2 to 26 texts")]
    [InlineData("{\"question\": \"q\", \"options\": [\"a\", \"b\"], \"answer\": 2}", "line 1: 'answer' names option 2 of 2")]
    [InlineData("{\"question\": \"q\", \"options\": [\"a\", \"b\"], \"answer\": \"both\"}", "line 1: 'answer' is not")]
    [InlineData("{\"question\": 7, \"options\": [\"a\", \"b\"], \"answer\": 1}", "line 1: 'question' is not a text")]
    [InlineData("", "holds no questions")]
    [InlineData("{\"id\": \"1\", \"question\": \"q\", \"options\": [\"a\", \"b\"], \"answer\": 0}\n{\"id\": \"1\", \"question\": \"q\", \"options\": [\"a\", \"b\"], \"answer\": 0}", "id '1' occurs 2 times")]
    public void A_malformed_line_is_named(string text, string what)
    {
        var error = Assert.Throws<ExperimentException>(() => QuestionFile.Read(_folder.Write("bad.jsonl", text)));
        Assert.Contains("bad.jsonl'", error.Message, StringComparison.Ordinal);
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Piqa_and_social_iqa_take_their_labels_from_the_file_beside()
    {
        var piqa = _folder.Write("valid.jsonl", """
            {"goal": "To boil water,", "sol1": "heat it.", "sol2": "freeze it."}
            {"goal": "To cool tea,", "sol1": "heat it.", "sol2": "wait."}
            """);
        _folder.Write("valid-labels.lst", "0\n1\n");
        Assert.Equal([0, 1], QuestionFile.ReadPiqa(piqa).Select(question => question.Answer));
        Assert.Equal(["heat it.", "wait."], QuestionFile.ReadPiqa(piqa)[1].Options);

        var siqa = _folder.Write("dev.jsonl", """{"context": "Ann fell.", "question": "How does she feel?", "answerA": "glad", "answerB": "hurt", "answerC": "rich"}""");
        _folder.Write("dev-labels.lst", "2\n");
        var question = Assert.Single(QuestionFile.ReadSocialIqa(siqa));
        Assert.Equal(("Ann fell. How does she feel?", 1), (question.Question, question.Answer));

        _folder.Write("dev-labels.lst", "2\n3\n");
        Assert.Contains("1 questions and", Assert.Throws<ExperimentException>(() => QuestionFile.ReadSocialIqa(siqa)).Message, StringComparison.Ordinal);
        _folder.Write("dev-labels.lst", "0\n");
        Assert.Contains("label '0'; expected 1 to 3", Assert.Throws<ExperimentException>(() => QuestionFile.ReadSocialIqa(siqa)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parquet_files_carry_their_labels()
    {
        Assert.Equal([("To boil water,", 0), ("To cool tea,", 1)], QuestionFile.ReadPiqa(Parquet("piqa.parquet")).Select(question => (question.Question, question.Answer)));
        var question = Assert.Single(QuestionFile.ReadSocialIqa(Parquet("social-iqa.parquet")));
        Assert.Equal(("Ann fell. How does she feel?", 1, "hurt"), (question.Question, question.Answer, question.Options[1]));
        Assert.Contains("row.parquet' is not a readable Parquet file", Assert.Throws<ExperimentException>(() => QuestionFile.ReadPiqa(_folder.Write("row.parquet", "no parquet at all"))).Message, StringComparison.Ordinal);
        Assert.Contains("Cannot read", Assert.Throws<ExperimentException>(() => QuestionFile.ReadPiqa(_folder.File("none.parquet"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_is_loaded_by_name_and_cut_by_category()
    {
        var file = _folder.Write("own.jsonl", string.Concat(Enumerable.Range(0, 6).Select(i => $"{{\"question\": \"q{i}\", \"options\": [\"a\", \"b\"], \"answer\": 0, \"category\": \"c{i % 2}\"}}\n")));
        Assert.Equal(["q0", "q2", "q1", "q3"], QuestionSets.Load("own", file, perCategory: 2).Questions.Select(question => question.Question));
        Assert.Equal(8, QuestionSets.Load("closed-world", null, DatasetSplit.Validation, perCategory: 1).Questions.Count);
        Assert.Contains("--data", Assert.Throws<ExperimentException>(() => QuestionSets.Load("mmlu", null)).Message, StringComparison.Ordinal);
        Assert.Contains("takes no --data", Assert.Throws<ExperimentException>(() => QuestionSets.Load("closed-world", file)).Message, StringComparison.Ordinal);
        Assert.Contains("Known: closed-world, mmlu", Assert.Throws<ExperimentException>(() => QuestionSets.Load("trivia", file)).Message, StringComparison.Ordinal);
    }
}
