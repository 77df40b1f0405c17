using Experiments.Data;
using Experiments.Runs;

namespace Experiments.Evaluation;

/// <summary>Solved items that stand before a question in its prompt: always the first ones of the question's category, as lm-evaluation-harness does for MMLU.</summary>
public sealed class FewShot
{
    private readonly ILookup<string, MultipleChoiceQuestion> _pool;

    /// <summary>Takes examples from a pool.</summary>
    /// <param name="pool">Items of another split than the questions.</param>
    /// <param name="count">Examples before each question.</param>
    /// <exception cref="ExperimentException"><paramref name="count"/> is below 1.</exception>
    public FewShot(IEnumerable<MultipleChoiceQuestion> pool, int count)
    {
        Count = count > 0 ? count : throw new ExperimentException($"{count} examples were asked for; use at least 1, or leave examples out.");
        _pool = pool.ToLookup(item => item.Category, StringComparer.Ordinal);
    }

    /// <summary>Examples before each question.</summary>
    public int Count { get; }

    /// <summary>The examples for a question.</summary>
    /// <param name="question">Any item.</param>
    /// <returns><see cref="Count"/> items of its category.</returns>
    /// <exception cref="ExperimentException">The pool has fewer, or holds the question itself.</exception>
    public IReadOnlyList<MultipleChoiceQuestion> For(MultipleChoiceQuestion question)
    {
        var examples = _pool[question.Category].Take(Count).ToList();
        return examples.Count < Count
            ? throw new ExperimentException($"{Count} examples were asked for; there are {examples.Count} of the category '{question.Category}'. Ask for fewer, or give more.")
            : examples.Any(example => example.Question == question.Question && example.Options.SequenceEqual(question.Options))
                ? throw new ExperimentException($"Question {question.Id} is one of its own examples. Take the examples from another split.")
                : examples;
    }
}
