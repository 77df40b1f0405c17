using System.Security.Cryptography;
using System.Text;
using Experiments.Runs;

namespace Experiments.Data.ClosedWorld;

/// <summary>Which part of the dataset an item belongs to.</summary>
public enum DatasetSplit
{
    /// <summary>For training.</summary>
    Train,

    /// <summary>For choosing settings and checkpoints.</summary>
    Validation,

    /// <summary>For the reported numbers, once.</summary>
    Test,
}

/// <summary>The generated reasoning dataset: a small closed world rendered as multiple-choice questions with worked analyses.</summary>
/// <remarks>
/// Splits are disjoint by construction: a problem's split follows from the SHA-256 of its facts and question, whatever their
/// order, so that a problem can never occur in two splits, for any seed and any number of items.
/// </remarks>
public static class ClosedWorldDataset
{
    /// <summary>Test questions a category behind the reported numbers.</summary>
    public const int ReportedPerCategory = 400;

    private static readonly (string Name, bool Stem, Func<Random, Difficulty, Draft> Draw)[] Generators =
    [
        ("modular-arithmetic", true, NumberCategories.ModularArithmetic),
        ("comparison", true, NumberCategories.Comparison),
        ("units", true, NumberCategories.Units),
        ("sequences", true, NumberCategories.Sequences),
        ("kinship", false, LanguageCategories.Kinship),
        ("rules", false, LanguageCategories.Rules),
        ("preferences", false, LanguageCategories.Preferences),
        ("story", false, LanguageCategories.Story),
    ];

    /// <summary>Names of the categories, STEM first.</summary>
    public static IReadOnlyList<string> Categories { get; } = [.. Generators.Select(generator => generator.Name)];

    /// <summary>Generates items of one split.</summary>
    /// <param name="split">Which split.</param>
    /// <param name="perCategory">Items per category.</param>
    /// <param name="seed">Same seed, same items.</param>
    /// <param name="difficulty">How hard; null for the defaults.</param>
    /// <returns>Distinct problems (validation and test) or problems that may recur with other options (train), categories interleaved.</returns>
    /// <exception cref="ExperimentException">The difficulty is out of range, or a category has not that many distinct problems.</exception>
    public static IReadOnlyList<MultipleChoiceQuestion> Generate(DatasetSplit split, int perCategory, int seed, Difficulty? difficulty = null)
    {
        difficulty ??= new Difficulty();
        difficulty.Validate();
        var columns = Enumerable.Range(0, Generators.Length).Select(index => Category(index, split, perCategory, seed, difficulty).ToList()).ToList();
        return [.. Enumerable.Range(0, perCategory).SelectMany(i => columns.Select(column => column[i]))];
    }

    /// <summary>Draws one item of the train split; for endless streams.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <param name="category">Category name, or null for any.</param>
    /// <param name="difficulty">How hard.</param>
    /// <returns>The item; its id is its problem's hash.</returns>
    public static MultipleChoiceQuestion DrawTraining(Random random, string? category, Difficulty difficulty)
    {
        var (name, stem, draw) = category is null ? Generators[random.Next(Generators.Length)] : Find(category);
        while (true)
        {
            var draft = draw(random, difficulty);
            var (of, hash) = SplitOf(name, draft);
            if (of == DatasetSplit.Train)
            {
                return Render(random, name, stem, draft, hash);
            }
        }
    }

    private static IEnumerable<MultipleChoiceQuestion> Category(int index, DatasetSplit split, int count, int seed, Difficulty difficulty)
    {
        var (name, stem, draw) = Generators[index];
        var random = new Random(unchecked((seed * 31) + (int)split + (1009 * index)));
        var seen = new HashSet<string>();
        for (var misses = 0; seen.Count < count;)
        {
            var draft = draw(random, difficulty);
            var (of, hash) = SplitOf(name, draft);
            if (of == split && seen.Add(hash))
            {
                misses = 0;
                yield return Render(random, name, stem, draft, hash);
            }
            else if (++misses > 100_000)
            {
                throw new ExperimentException($"Category '{name}' has only {seen.Count} distinct {split} problems at this difficulty; ask for fewer than {count}, or raise the difficulty.");
            }
        }
    }

    private static (string Name, bool Stem, Func<Random, Difficulty, Draft> Draw) Find(string category) =>
        Array.Find(Generators, generator => generator.Name == category) is { Name: not null } found
            ? found
            : throw new ExperimentException($"Unknown category '{category}'. Known: {string.Join(", ", Categories)}.");

    // One problem in ten is a test problem, one in twenty a validation problem.
    private static (DatasetSplit Split, string Hash) SplitOf(string category, Draft draft)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(category + "|" + draft.Key));
        var bucket = BitConverter.ToUInt32(hash, 28) % 20;
        return (bucket switch { < 2 => DatasetSplit.Test, 2 => DatasetSplit.Validation, _ => DatasetSplit.Train }, Convert.ToHexStringLower(hash, 0, 6));
    }

    private static MultipleChoiceQuestion Render(Random random, string category, bool stem, Draft draft, string hash)
    {
        var facts = Words.Draw(random, draft.Facts);
        var answer = random.Next(4);
        var wrong = new Queue<string>(Words.Draw(random, draft.Distractors).Distinct());
        var options = Enumerable.Range(0, 4).Select(i => i == answer ? draft.Answer : wrong.Dequeue()).ToArray();
        return new MultipleChoiceQuestion
        {
            Id = $"{category}-{hash}",
            Category = category,
            Stem = stem,
            Question = string.Join(' ', facts.Append(draft.Ask)),
            Options = options,
            Answer = answer,
            Analysis = string.Join(' ', draft.Steps.Append($"{draft.Answer}: {MultipleChoiceQuestion.LetterOf(answer)}.")),
        };
    }
}
