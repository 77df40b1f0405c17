using System.Text.Json.Nodes;
using Experiments.Data;
using Experiments.Data.Benchmarks;
using Experiments.Evaluation;
using Experiments.Evaluation.Harness;
using Experiments.Runs;
using Experiments.Tests.Models;

namespace Experiments.Tests.Evaluation;

public sealed class ReviewTests : IDisposable
{
    private static readonly DateTimeOffset Date = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    // Reply, as read, and whether a person should look.
    private static readonly (string Reply, bool Doubtful)[] Replies =
    [
        (" Ann is out.\n Response: B", false),
        (" I cannot tell.", true),
        (" Response: A. But C is correct.", true),
        (" so B", true),
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Only_doubtful_replies_are_written_with_the_reason()
    {
        Assert.Equal(3, ReviewFile.Write(_folder.File("r.csv"), Answered()));
        var text = File.ReadAllText(_folder.File("r.csv"));
        Assert.StartsWith("id,category,question,options,reply,read,why,corrected", text, StringComparison.Ordinal);
        Assert.Contains("readers differ: strict-header A, paper-cascade C", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Ann is out", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Corrections_change_accuracies_without_a_model_and_are_recorded()
    {
        var before = HarnessEvaluation.Of(Record()).Write(_folder.File("before"), Date);
        var answered = HarnessEvaluation.Read(before).Replies();
        Assert.Equal(Answered().Select(RunJson.Document), answered.Select(RunJson.Document));

        ReviewFile.Write(_folder.File("r.csv"), answered);
        var rows = File.ReadAllText(_folder.File("r.csv")).Replace("readers differ: strict-header A, paper-cascade C, header-then-cascade A, last-letter C\",", "…\",C", StringComparison.Ordinal);
        File.WriteAllText(_folder.File("r.csv"), rows);
        var corrections = ReviewFile.Read(_folder.File("r.csv"), answered.ToDictionary(reply => reply.Question.Id, reply => reply.Question.Options.Count));
        Assert.Equal([KeyValuePair.Create("2", (int?)2)], corrections);

        var evaluation = HarnessEvaluation.Read(_folder.File("before"));
        Assert.Equal(1, evaluation.Correct(corrections));
        var path = evaluation.Write(_folder.File("after"), Date.AddDays(1));
        double Accuracy(string file) => (double)JsonNode.Parse(File.ReadAllText(file))!["results"]!["own"]!["exact_match,header-then-cascade"]!;
        Assert.Equal((0.5, 0.75), (Accuracy(before), Accuracy(path)));
        var reviewed = HarnessEvaluation.Read(_folder.File("after")).Items.Single(item => item.Rule == ExtractionRule.Reviewed);
        Assert.Equal(("2", 2, true), (reviewed.Id, reviewed.Predicted, reviewed.Correct));
        var review = JsonNode.Parse(File.ReadAllText(path))!["review"]!;
        Assert.Equal((Date.ToUnixTimeSeconds(), 1, 1), ((long)(double)review["of"]!, (int)review["reviewed"]!, (int)review["changed"]!));
        Assert.Equal(1, PairedComparison.Of(HarnessEvaluation.Read(before).Items, HarnessEvaluation.Read(path).Items).Overall.Gained);
        Assert.Null(ReviewFile.Doubt(HarnessEvaluation.Read(path).Replies()[2]));
    }

    [Theory]
    [InlineData("id,why\n1,x\n", "lacks the columns")]
    [InlineData("", "lacks the columns")]
    [InlineData("id,corrected\n9,A\n", "line 2: the evaluation holds no item '9'")]
    [InlineData("id,corrected\n1,-\n2,E\n", "line 3: 'E' is no option of item '2'; write a letter from A to C, or -")]
    [InlineData("id,corrected\n1,both\n", "'both' is no option")]
    public void A_wrong_review_is_named(string csv, string what)
    {
        var options = Answered().ToDictionary(reply => reply.Question.Id, reply => reply.Question.Options.Count);
        var error = Assert.Throws<ExperimentException>(() => ReviewFile.Read(_folder.Write("bad.csv", csv), options));
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Log_likelihoods_hold_no_replies_to_review()
    {
        var record = Record();
        var scored = HarnessEvaluation.Of(record with { Results = [.. record.Results.Select(item => item with { Rule = ExtractionRule.LogLikelihood })] });
        Assert.Contains("no replies to read", Assert.Throws<ExperimentException>(scored.Replies).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_extractor_reads_the_same_replies()
    {
        var rows = ExtractorAgreement.Of(Answered()).ToDictionary(row => row.Name);
        Assert.Equal((0.25, 2), (rows["strict-header"].Accuracy, rows["strict-header"].Unparsed));
        Assert.Equal((0.75, 1), (rows["last-letter"].Accuracy, rows["last-letter"].Unparsed));
        Assert.Equal(1, rows["header-then-cascade"].Kappa);
    }

    [Fact]
    public void Kappa_is_that_of_the_textbook()
    {
        // Cohen's table as commonly printed: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no gives 0.4.
        (int?, int?)[] pairs = [.. Repeat(0, 0, 20), .. Repeat(0, 1, 5), .. Repeat(1, 0, 10), .. Repeat(1, 1, 15)];
        Assert.Equal(0.4, ExtractorAgreement.CohensKappa(pairs), 12);
        Assert.Equal(1, ExtractorAgreement.CohensKappa([(null, null), (null, null)]));

        static IEnumerable<(int?, int?)> Repeat(int first, int second, int count) => Enumerable.Repeat(((int?)first, (int?)second), count);
    }

    private static EvaluationRecord Record()
    {
        var answered = Answered();
        return new EvaluationRecord
        {
            Task = "own",
            Set = new QuestionSet([.. answered.Select(reply => reply.Question)], new Dictionary<string, int> { ["own"] = answered.Count }),
            Results = [.. answered.Select(reply => reply.Result)],
            Prompt = PromptTemplates.CompactCot,
            Options = new EvaluationOptions(),
            Model = "m",
            ModelHash = "0",
            ModelArguments = new Dictionary<string, object?>(),
            Device = "cpu",
            Seed = 1,
            Elapsed = TimeSpan.Zero,
        };
    }

    private static List<AnsweredQuestion> Answered() => [.. Replies.Select((reply, i) =>
    {
        var question = new MultipleChoiceQuestion { Id = $"{i}", Category = "own", Stem = false, Question = $"q{i}", Options = ["11", "22", "33"], Answer = i == 2 ? 2 : 1 };
        var read = AnswerExtractor.HeaderThenCascade.Extract(reply.Reply, question, AnswerStyle.ChainOfThought);
        return new AnsweredQuestion(question, AnswerStyle.ChainOfThought, new ItemResult
        {
            Id = question.Id, Category = "own", Stem = false, Target = question.Answer, Predicted = read.Option, Rule = read.Rule, Reply = reply.Reply, NewTokens = 5, Truncated = false,
        });
    })];
}
