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
    /// <param name="prompt">How they are asked; a template alone will do.</param>
    /// <param name="options">How answers are obtained; null for the defaults.</param>
    /// <param name="hook">Intervention on attention; null for the plain model.</param>
    /// <param name="finished">Told as answers come how many there are and how many are right.</param>
    /// <param name="cancellation">Stops between two tokens.</param>
    /// <param name="journal">Keeps each result at once, and knows those of an earlier, interrupted call with the same arguments; null for none.</param>
    /// <returns>One result per question, in their order.</returns>
    /// <exception cref="Runs.ExperimentException">An item is malformed, lacks examples, or does not fit into the model.</exception>
    public static IReadOnlyList<ItemResult> Evaluate(
        LlamaForCausalLM model,
        TextTokenizer tokenizer,
        IReadOnlyList<MultipleChoiceQuestion> questions,
        QuestionPrompt prompt,
        EvaluationOptions? options = null,
        IAttentionHook? hook = null,
        Action<EvaluationProgress>? finished = null,
        CancellationToken cancellation = default,
        EvaluationJournal? journal = null)
    {
        options ??= new EvaluationOptions();
        var answers = new Answers(questions, journal, finished);
        if (options.Method == ScoringMethod.Generation)
        {
            var extractor = AnswerExtractor.Find(options.Extractor);
            var prompts = questions.Select(question => prompt.Encode(tokenizer, prompt.Render(question))).ToList();
            TextGenerator.Generate(
                model,
                prompts,
                options.Generation(),
                hook,
                (indices, replies) => answers.Add(indices.Zip(replies, (index, reply) => (index, Read(questions[index], tokenizer.Decode(reply.Ids), reply, extractor, prompt.Template.Style)))),
                cancellation,
                skip: answers.AreKnown);
        }
        else
        {
            var groups = questions.Select(question => Continuations(tokenizer, prompt, question)).ToList();
            ContinuationScorer.Score(model, groups, options.Generation(), hook, (index, scores, cut) => answers.Add([(index, Choose(questions[index], scores, prompt.Template.Options, cut))]), cancellation, skip: answers.AreKnown);
        }

        return answers.All;
    }

    private static ItemResult Read(MultipleChoiceQuestion question, string text, Generation reply, AnswerExtractor extractor, AnswerStyle style)
    {
        var answer = extractor.Extract(text, question, style);
        return Result(question, answer.Option, answer.Rule, text, reply.Ids.Count, truncated: !reply.Ended) with { Margin = reply.Margin };
    }

    private static ContinuationGroup Continuations(TextTokenizer tokenizer, QuestionPrompt prompt, MultipleChoiceQuestion question)
    {
        var context = prompt.Render(question);
        var together = question.Options.Select((_, i) => prompt.Encode(tokenizer, context + prompt.Continuation(question, i))).ToList();
        return new ContinuationGroup(Math.Min(prompt.Encode(tokenizer, context).Length, together.Min(ids => ids.Length) - 1), together);
    }

    private static ItemResult Choose(MultipleChoiceQuestion question, double[] scores, OptionForm form, bool cut)
    {
        // Python's len, by which lm-evaluation-harness divides, counts code points.
        var perCharacter = scores.Select((score, i) => score / Math.Max(1, question.Options[i].EnumerateRunes().Count())).ToArray();
        return Result(question, Array.IndexOf(scores, scores.Max()), ExtractionRule.LogLikelihood, "", 0, truncated: false) with
        {
            LogLikelihoods = scores,
            PredictedPerCharacter = form == OptionForm.Text ? Array.IndexOf(perCharacter, perCharacter.Max()) : null,
            ContextCut = cut,
        };
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

    /// <summary>Collects results, those of the journal first.</summary>
    private sealed class Answers
    {
        private readonly ItemResult?[] _results;
        private readonly EvaluationJournal? _journal;
        private readonly Action<EvaluationProgress>? _finished;
        private EvaluationProgress _progress;

        internal Answers(IReadOnlyList<MultipleChoiceQuestion> questions, EvaluationJournal? journal, Action<EvaluationProgress>? finished)
        {
            (_journal, _finished) = (journal, finished);
            _results = [.. questions.Select(question => journal?.Known.GetValueOrDefault(question.Id))];
            _progress = _results.OfType<ItemResult>().Aggregate(_progress, (progress, result) => progress.With(result));
        }

        internal IReadOnlyList<ItemResult> All => [.. _results.Select(result => result!)];

        /// <summary>Whether a batch can be left out. A batch that is partly known is computed whole, so that its numbers are those of an undisturbed run.</summary>
        internal bool AreKnown(IEnumerable<int> indices) => indices.All(index => _results[index] is not null);

        internal void Add(IEnumerable<(int Index, ItemResult Result)> results)
        {
            var added = results.Where(result => _results[result.Index] is null).ToList();
            foreach (var (index, result) in added)
            {
                _results[index] = result;
                _progress = _progress.With(result);
            }

            _journal?.Add(added.ConvertAll(result => result.Result));
            _finished?.Invoke(_progress);
        }
    }
}
