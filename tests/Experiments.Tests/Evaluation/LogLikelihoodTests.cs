using Experiments.Data;
using Experiments.Evaluation;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Tests.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Evaluation;

public sealed class LogLikelihoodTests : IDisposable
{
    private const int Context = 40;

    private static readonly string[] Words = ["▁Question", ":", "▁heat", "▁it", "▁water", "▁wait", "▁long", "\n", "Answer", "▁A", "▁B", "▁C", "A", "B", "C", ".", "▁freeze"];

    private static readonly MultipleChoiceQuestion[] Questions =
    [
        Make("1", "heat water", "heat it", "wait"),
        Make("2", "freeze water long", "freeze it", "wait long long long", "heat"),
        Make("3", "wait", "it", "long heat"),
    ];

    private readonly TextTokenizer _tokenizer = new(SentencePieceModel.WithBytes(Words));
    private readonly LlamaForCausalLM _model = TinyModels.Make(TinyModels.Config with { VocabSize = 259 + Words.Length, MaxPositionEmbeddings = Context });

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData("harness-piqa", 1)]
    [InlineData("harness-piqa", 64)]
    [InlineData("harness-mmlu", 1)]
    [InlineData("harness-mmlu", 64)]
    public void Every_option_scores_the_sum_of_its_tokens_log_probabilities(string name, int batchSize)
    {
        var template = PromptTemplates.Find(name) with { Preamble = "" };
        var results = Evaluate(Questions, template, batchSize);
        foreach (var (question, result) in Questions.Zip(results))
        {
            var expected = question.Options.Select((_, i) => Naive(template.Render(question), template.Continuation(question, i))).ToArray();
            Assert.Equal(expected, result.LogLikelihoods!, (a, b) => Math.Abs(a - b) < 1e-4);
            Assert.Equal(Array.IndexOf(expected, expected.Max()), result.Predicted);
            Assert.False(result.ContextCut);
            var perCharacter = expected.Select((score, i) => score / question.Options[i].Length).ToArray();
            Assert.Equal(template.Options == OptionForm.Text ? Array.IndexOf(perCharacter, perCharacter.Max()) : null, result.PredictedPerCharacter);
        }
    }

    [Fact]
    public void Length_decides_between_the_two_accuracies()
    {
        var summary = EvaluationSummary.Of([Item(predicted: 0, perCharacter: 1), Item(predicted: 1, perCharacter: 1), Item(predicted: 0, perCharacter: 1)]);
        Assert.Equal(1 / 3.0, summary.Overall.Accuracy, 12);
        Assert.Equal(1.0, summary.Overall.AccuracyPerCharacter);
        Assert.Null(EvaluationSummary.Of([Item(predicted: 0, perCharacter: null)]).Overall.AccuracyPerCharacter);

        static ItemResult Item(int predicted, int? perCharacter) => new()
        {
            Id = Guid.NewGuid().ToString(),
            Category = "c",
            Stem = false,
            Target = 1,
            Predicted = predicted,
            PredictedPerCharacter = perCharacter,
            Rule = ExtractionRule.LogLikelihood,
            Reply = "",
            NewTokens = 0,
            Truncated = false,
        };
    }

    [Fact]
    public void A_prompt_longer_than_the_context_loses_its_beginning_and_is_counted()
    {
        var longer = Make("long", string.Concat(Enumerable.Repeat(" water heat it", 20)).Trim(), "heat it", "wait");
        var results = Evaluate([Questions[0], longer], PromptTemplates.HarnessPiqa, 2);
        Assert.Equal([false, true], results.Select(result => result.ContextCut));
        Assert.Equal(1, EvaluationSummary.Of(results).ContextCut);

        var whole = _tokenizer.Encode(PromptTemplates.HarnessPiqa.Render(longer) + " heat it");
        Assert.True(whole.Length > Context + 1);
        Assert.Equal(Naive(whole[^(Context + 1)..], continuation: 2), results[1].LogLikelihoods![0], 1e-4);
    }

    [Fact]
    public void An_option_longer_than_the_context_is_refused()
    {
        var error = Assert.Throws<ExperimentException>(() => Evaluate([Make("x", "wait", "it", string.Concat(Enumerable.Repeat(" long", Context + 5)).Trim())], PromptTemplates.HarnessPiqa, 1));
        Assert.Contains($"has {Context + 5} tokens; the model's context is {Context}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Examples_change_what_the_model_reads()
    {
        var examples = new FewShot([Make("0", "long", "it", "wait")], 1);
        var result = Assert.Single(MultipleChoiceEvaluator.Evaluate(_model, _tokenizer, [Questions[0]], new QuestionPrompt(PromptTemplates.HarnessPiqa) { Examples = examples }, Options(1)));
        Assert.Equal(Naive("Question: long\nAnswer: it\n\nQuestion: heat water\nAnswer:", " wait"), result.LogLikelihoods![1], 1e-4);
    }

    private static MultipleChoiceQuestion Make(string id, string question, params string[] options) => new() { Id = id, Category = "c", Stem = false, Question = question, Options = options, Answer = 0 };

    private static EvaluationOptions Options(int batchSize) => new() { Method = ScoringMethod.LogLikelihood, BatchSize = batchSize };

    private IReadOnlyList<ItemResult> Evaluate(IReadOnlyList<MultipleChoiceQuestion> questions, PromptTemplate template, int batchSize) =>
        MultipleChoiceEvaluator.Evaluate(_model, _tokenizer, questions, template, Options(batchSize), cancellation: TestContext.Current.CancellationToken);

    private double Naive(string context, string continuation)
    {
        var whole = _tokenizer.Encode(context + continuation);
        return Naive(whole, whole.Length - _tokenizer.Encode(context).Length);
    }

    /// <summary>The definition: one pass over everything but the last token, the last tokens' log-probabilities added.</summary>
    private double Naive(int[] whole, int continuation)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var logProbabilities = _model.Forward(tensor(whole[..^1].Select(id => (long)id).ToArray()).unsqueeze(0)).log_softmax(-1)[0];
        return Enumerable.Range(whole.Length - continuation, continuation).Sum(i => logProbabilities[i - 1, whole[i]].item<float>());
    }
}
