using System.Globalization;
using Experiments.Data;
using Experiments.Runs;

namespace Experiments.Evaluation;

/// <summary>One of several equal parts of an evaluation, for as many machines.</summary>
/// <param name="Number">Which part, from 1.</param>
/// <param name="Count">How many parts.</param>
public sealed record Shard(int Number, int Count)
{
    /// <summary>Reads <c>2/8</c>.</summary>
    /// <param name="text">Number and count.</param>
    /// <returns>The shard.</returns>
    /// <exception cref="ExperimentException">The text is something else.</exception>
    public static Shard Parse(string text) =>
        text.Split('/') is [var first, var second]
        && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && int.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
        && number >= 1 && number <= count
            ? new Shard(number, count)
            : throw new ExperimentException($"'{text}' is no shard; write 2/8 for the second of eight.");

    /// <summary>The questions of this shard: every <see cref="Count"/>th of each category, each category beginning at another shard.</summary>
    /// <param name="questions">All questions.</param>
    /// <returns>Its part of them, in their order.</returns>
    public IReadOnlyList<MultipleChoiceQuestion> Of(IReadOnlyList<MultipleChoiceQuestion> questions)
    {
        var next = new Dictionary<string, int>(StringComparer.Ordinal);
        return [.. questions.Where(question =>
        {
            var place = next.TryGetValue(question.Category, out var known) ? known : next.Count;
            next[question.Category] = place + 1;
            return place % Count == Number - 1;
        })];
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Number}/{Count}");
}
