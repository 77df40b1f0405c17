using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Models;
using Experiments.Studies;

namespace Experiments.Tests.Studies;

public class EmbeddedModelTests
{
    [Fact]
    public void The_shipped_tokenizer_reads_the_closed_world_as_the_training_did()
    {
        var vocabulary = new ClosedWorldVocabulary();
        var tokenizer = TextTokenizer.Load(EmbeddedModel.Folder);
        var template = PromptTemplates.CompactCot;
        Assert.Equal(vocabulary.Size, tokenizer.VocabSize);
        Assert.All(ClosedWorldDataset.Generate(DatasetSplit.Test, 25, 7), question =>
        {
            var text = template.Render(question) + template.Target(question);
            var ids = tokenizer.Encode(text);
            Assert.Equal(vocabulary.Encode(text).Ids, ids);
            Assert.All(ids.Skip(1), id => Assert.True(id >= ClosedWorldVocabulary.FirstWord || id == 3 + '\n'));
            Assert.Equal(text, tokenizer.Decode(ids));
        });
    }

    [Fact]
    public void The_shipped_model_has_learned_and_every_category_leaves_room_to_gain_and_to_lose()
    {
        using var loaded = LoadedModel.Open(EmbeddedModel.Folder);
        var questions = ClosedWorldDataset.Generate(DatasetSplit.Test, 100, 1);
        EvaluationSummary Of(PromptTemplate template) => EvaluationSummary.Of(MultipleChoiceEvaluator.Evaluate(loaded.Model, loaded.Tokenizer, questions, template));
        var (worked, direct) = (Of(PromptTemplates.CompactCot), Of(PromptTemplates.CompactDirect));
        Assert.InRange(worked.Overall.Accuracy, 0.72, 0.95);
        Assert.All(worked.Categories, row => Assert.InRange(row.Accuracy, 0.45, 0.995));
        Assert.True(direct.Overall.Low > 0.30, $"direct {direct.Overall.Accuracy}"); // chance is 0.25
    }

    [Fact]
    public void Replies_do_not_depend_on_the_batch_and_the_accuracy_so_far_is_told()
    {
        using var loaded = LoadedModel.Open(EmbeddedModel.Folder);
        var questions = ClosedWorldDataset.Generate(DatasetSplit.Test, 2, 3);
        IEnumerable<string> Replies(int batch) => MultipleChoiceEvaluator.Evaluate(loaded.Model, loaded.Tokenizer, questions, PromptTemplates.CompactCot, new EvaluationOptions { BatchSize = batch }).Select(item => item.Reply);
        Assert.Equal(Replies(1), Replies(16));

        EvaluationProgress told = default;
        var results = MultipleChoiceEvaluator.Evaluate(loaded.Model, loaded.Tokenizer, questions, PromptTemplates.CompactCot, finished: progress => told = progress, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(new EvaluationProgress(questions.Count, results.Count(result => result.Correct)), told);
    }

    [Fact]
    public void Log_likelihood_picks_the_letter_that_generation_writes()
    {
        using var loaded = LoadedModel.Open(EmbeddedModel.Folder);
        var questions = ClosedWorldDataset.Generate(DatasetSplit.Test, 5, 3);
        int?[] By(ScoringMethod method) => [.. MultipleChoiceEvaluator.Evaluate(loaded.Model, loaded.Tokenizer, questions, PromptTemplates.CompactDirect, new EvaluationOptions { Method = method }).Select(item => item.Predicted)];
        Assert.Equal(By(ScoringMethod.Generation), By(ScoringMethod.LogLikelihood));
    }
}
