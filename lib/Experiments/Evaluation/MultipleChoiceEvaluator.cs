using Experiments.Data;
using Experiments.Models;
using static TorchSharp.torch;

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
    /// <returns>One result per question, in their order.</returns>
    public static IReadOnlyList<ItemResult> Evaluate(
        LlamaForCausalLM model,
        TextTokenizer tokenizer,
        IReadOnlyList<MultipleChoiceQuestion> questions,
        PromptTemplate template,
        EvaluationOptions? options = null,
        IAttentionHook? hook = null,
        Action<EvaluationProgress>? finished = null,
        CancellationToken cancellation = default)
    {
        options ??= new EvaluationOptions();
        return options.Method == ScoringMethod.Generation
            ? ByGeneration(model, tokenizer, questions, template, options, hook, finished, cancellation)
            : ByLikelihood(model, tokenizer, questions, template, options, hook, finished, cancellation);
    }

    private static ItemResult[] ByGeneration(LlamaForCausalLM model, TextTokenizer tokenizer, IReadOnlyList<MultipleChoiceQuestion> questions, PromptTemplate template, EvaluationOptions options, IAttentionHook? hook, Action<EvaluationProgress>? finished, CancellationToken cancellation)
    {
        var extractor = AnswerExtractor.Find(options.Extractor);
        var prompts = questions.Select(question => tokenizer.Encode(template.Render(question))).ToList();
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

    private static List<ItemResult> ByLikelihood(LlamaForCausalLM model, TextTokenizer tokenizer, IReadOnlyList<MultipleChoiceQuestion> questions, PromptTemplate template, EvaluationOptions options, IAttentionHook? hook, Action<EvaluationProgress>? finished, CancellationToken cancellation)
    {
        using var inference = inference_mode();
        var results = new List<ItemResult>();
        var progress = new EvaluationProgress(0, 0);
        foreach (var question in questions)
        {
            cancellation.ThrowIfCancellationRequested();
            var context = template.Render(question);
            var prompt = tokenizer.Encode(context);
            var scores = question.Options.Select((_, i) => tokenizer.Encode($"{context} {MultipleChoiceQuestion.LetterOf(i)}"))
                .Chunk(options.BatchSize).SelectMany(rows => Scores(model, rows, prompt.Length, hook)).ToArray();
            results.Add(Result(question, Array.IndexOf(scores, scores.Max()), ExtractionRule.LogLikelihood, "", 0, truncated: false));
            finished?.Invoke(progress = progress.With(results[^1]));
        }

        return results;
    }

    /// <summary>Log-likelihood of each row behind the shared context. Rows are padded on the right, which causal attention never sees.</summary>
    private static float[] Scores(LlamaForCausalLM model, int[][] rows, int contextLength, IAttentionHook? hook)
    {
        using var scope = NewDisposeScope();
        var length = rows.Max(row => row.Length);
        var ids = rows.SelectMany(row => row.Concat(Enumerable.Repeat(0, length - row.Length))).Select(id => (long)id).ToArray();
        var input = tensor(ids, [rows.Length, length], device: model.Device);
        var logProbabilities = model.Forward(input, hook: hook).to(ScalarType.Float32).log_softmax(-1); // [option, position, vocab]
        return [.. rows.Select((row, option) => Enumerable.Range(contextLength, row.Length - contextLength).Sum(i => logProbabilities[option, i - 1, row[i]].item<float>()))];
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
