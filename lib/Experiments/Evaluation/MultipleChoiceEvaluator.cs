using Experiments.Data;
using Experiments.Models;

namespace Experiments.Evaluation;

/// <summary>Asks a model multiple-choice questions and reads its answers.</summary>
public static class MultipleChoiceEvaluator
{
    /// <summary>Answers every question.</summary>
    /// <param name="model">The decoder.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="questions">The items.</param>
    /// <param name="template">How they are asked.</param>
    /// <param name="options">How answers are obtained; null for the defaults.</param>
    /// <param name="hook">Intervention on attention; null for the plain model.</param>
    /// <param name="finished">Told as answers come how many there are and how many are right.</param>
    /// <param name="cancellation">Stops between two tokens.</param>
    /// <param name="examples">Solved items to stand before each question; null for none.</param>
    /// <returns>One result per question, in their order.</returns>
    /// <exception cref="Runs.ExperimentException">An item is malformed, lacks examples, or does not fit into the model.</exception>
    public static IReadOnlyList<ItemResult> Evaluate(
        LlamaForCausalLM model,
        TextTokenizer tokenizer,
        IReadOnlyList<MultipleChoiceQuestion> questions,
        PromptTemplate template,
        EvaluationOptions? options = null,
        IAttentionHook? hook = null,
        Action<EvaluationProgress>? finished = null,
        CancellationToken cancellation = default,
        FewShot? examples = null)
    {
        options ??= new EvaluationOptions();
        return options.Method == ScoringMethod.Generation
            ? ByGeneration(model, tokenizer, questions, template, options, examples, hook, finished, cancellation)
            : ByLikelihood(model, tokenizer, questions, template, options, examples, hook, finished, cancellation);
    }

    private static ItemResult[] ByGeneration(LlamaForCausalLM model, TextTokenizer tokenizer, IReadOnlyList<MultipleChoiceQuestion> questions, PromptTemplate template, EvaluationOptions options, FewShot? examples, IAttentionHook? hook, Action<EvaluationProgress>? finished, CancellationToken cancellation)
    {
        var extractor = AnswerExtractor.Find(options.Extractor);
        var prompts = questions.Select(question => tokenizer.Encode(template.Render(question, examples?.For(question)))).ToList();
        var results = new ItemResult[questions.Count];
        var progress = new EvaluationProgress(0, 0);
        TextGenerator.Generate(model, prompts, options.Generation(), hook, Answered, cancellation);
        return results;

        void Answered(int[] indices, Generation[] replies)
        {
            foreach (var (index, reply) in indices.Zip(replies))
            {
                var (question, text) = (questions[index], tokenizer.Decode(reply.Ids));
                var answer = extractor.Extract(text, question, template.Style);
                results[index] = Result(question, answer.Option, answer.Rule, text, reply.Ids.Count, truncated: !reply.Ended);
                progress = progress.With(results[index]);
            }

            finished?.Invoke(progress);
        }
    }

    private static ItemResult[] ByLikelihood(LlamaForCausalLM model, TextTokenizer tokenizer, IReadOnlyList<MultipleChoiceQuestion> questions, PromptTemplate template, EvaluationOptions options, FewShot? examples, IAttentionHook? hook, Action<EvaluationProgress>? finished, CancellationToken cancellation)
    {
        var results = new ItemResult[questions.Count];
        var progress = new EvaluationProgress(0, 0);
        var groups = questions.Select(question =>
        {
            var context = template.Render(question, examples?.For(question));
            var together = question.Options.Select((_, i) => tokenizer.Encode(context + template.Continuation(question, i))).ToList();
            return new ContinuationGroup(Math.Min(tokenizer.Encode(context).Length, together.Min(ids => ids.Length) - 1), together);
        }).ToList();
        ContinuationScorer.Score(model, groups, options.BatchSize, hook, Scored, cancellation);
        return results;

        void Scored(int index, double[] scores, bool cut)
        {
            var question = questions[index];
            // Python's len, by which lm-evaluation-harness divides, counts code points.
            var perCharacter = scores.Select((score, i) => score / Math.Max(1, question.Options[i].EnumerateRunes().Count())).ToArray();
            results[index] = Result(question, Array.IndexOf(scores, scores.Max()), ExtractionRule.LogLikelihood, "", 0, truncated: false) with
            {
                LogLikelihoods = scores,
                PredictedPerCharacter = template.Options == OptionForm.Text ? Array.IndexOf(perCharacter, perCharacter.Max()) : null,
                ContextCut = cut,
            };
            finished?.Invoke(progress = progress.With(results[index]));
        }
    }

    private static ItemResult Result(MultipleChoiceQuestion question, int? predicted, ExtractionRule rule, string reply, int newTokens, bool truncated) => new()
    {
        Id = question.Id,
        Category = question.Category,
        Stem = question.Stem,
        Target = question.Answer,
        Predicted = predicted,
        Rule = rule,
        Reply = reply,
        NewTokens = newTokens,
        Truncated = truncated,
    };
}
