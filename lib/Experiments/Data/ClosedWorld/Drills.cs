using System.Globalization;

namespace Experiments.Data.ClosedWorld;

/// <summary>Short texts that teach one skill each: recall from the context, the world's sentences, option letters, calculation tables.</summary>
/// <remarks>What is to be predicted stands between <see cref="Open"/> and <see cref="Close"/>; the rest cannot be foreseen and carries no loss.</remarks>
public static class Drills
{
    /// <summary>Begins a span that counts in the loss.</summary>
    public const char Open = '⟦';

    /// <summary>Ends a span that counts in the loss.</summary>
    public const char Close = '⟧';

    private static readonly string[] Pool = Words.Draw(new Random(1),
    [
        .. Words.People, .. Words.Things, .. Words.Events, .. Words.Kinds, .. Words.Adjectives, .. Words.Containers.Select(container => container.Many),
        .. Enumerable.Range(0, 100).Select(number => number.ToString(CultureInfo.InvariantCulture)),
    ], 182);

    /// <summary>Bare associative recall: pairs in a row, then every key again, three times, with its value to be given.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <param name="vocabulary">Number of different words; few at first shorten the plateau before recall is found.</param>
    /// <returns>The marked text.</returns>
    public static string Pairs(Random random, int vocabulary = int.MaxValue)
    {
        var words = Words.Draw(random, Pool[..Math.Min(vocabulary, Pool.Length)], 2 * random.Next(3, 8));
        var pairs = words.Chunk(2).ToArray();
        var asked = Enumerable.Range(0, 3).SelectMany(_ => Words.Draw(random, pairs, pairs.Length));
        return string.Join(' ', pairs.Select(pair => $"{pair[0]} {pair[1]}").Concat(asked.Select(pair => $"{pair[0]}{Mark(pair[1])}")));
    }

    /// <summary>The world's sentences in some order, then again in another, with what follows from the first telling to be given.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <returns>The marked text.</returns>
    public static string Sentences(Random random)
    {
        var facts = new List<(string Key, string Value)>();
        var (people, things) = (new Queue<string>(Words.Draw(random, Words.People, 24)), new Queue<string>(Words.Draw(random, Words.Things, 16)));
        var (events, containers) = (Words.Draw(random, Words.Events, 8), Words.Draw(random, Words.Containers, 7));
        var (kinds, adjectives) = (Words.Draw(random, Words.Kinds, 4), Words.Draw(random, Words.Adjectives, 3));
        foreach (var kind in Words.Draw(random, [0, 1, 2, 3, 4, 5, 6, 7], random.Next(1, 4)))
        {
            for (var i = 0; i < 3; i++)
            {
                var number = random.Next(0, 100).ToString(CultureInfo.InvariantCulture);
                facts.AddRange(kind switch
                {
                    0 => ParentsOf(people),
                    1 => [($"{people.Dequeue()} likes", $"{things.Dequeue()}.")],
                    2 => [($"{people.Dequeue()} likes what", $"{people.Dequeue()} likes.")],
                    3 => [($"After the {events[i]} came the", $"{events[i + 1]}.")],
                    4 => [($"A {containers[i].One} holds", $"{random.Next(2, 7)} {containers[i + 1].Many}.")],
                    5 => [($"{people.Dequeue()} is a", $"{adjectives[random.Next(3)]} {kinds[random.Next(4)]}.")],
                    6 => [($"A {kinds[i]} likes", $"{things.Dequeue()}."), ($"A {adjectives[i]} {kinds[i]} likes", $"{things.Dequeue()}.")],
                    _ => [($"{people.Dequeue()} has", $"{number} {Words.Things[random.Next(Words.Things.Length)]}.")],
                });
            }
        }

        facts = [.. facts.DistinctBy(fact => fact.Key)];
        var told = Words.Draw(random, facts, facts.Count).Select(fact => $"{fact.Key} {fact.Value}");
        var asked = Words.Draw(random, facts, facts.Count).Select(fact => $"{fact.Key}{Mark(fact.Value)}");
        return string.Join(' ', told.Concat(asked));
    }

    /// <summary>Option lines, then each option's letter to be given.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <returns>The marked text.</returns>
    public static string Options(Random random)
    {
        var options = Words.Draw(random, Pool, 4);
        var lines = options.Select((option, i) => $"\n{MultipleChoiceQuestion.LetterOf(i)}. {option}");
        var asked = Words.Draw(random, [0, 1, 2, 3], 4).Select(i => $" {options[i]} is{Mark(MultipleChoiceQuestion.LetterOf(i) + ".")}");
        return $"Which?\n{string.Concat(lines)}\n Analysis:{string.Concat(asked)}";
    }

    /// <summary>Lines of the calculation tables that the STEM categories use.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <returns>The marked text.</returns>
    public static string Calculations(Random random)
    {
        return string.Join(' ', Enumerable.Range(0, 10).Select(_ =>
        {
            var (small, large) = (random.Next(1, 16), random.Next(0, 81));
            var modulus = random.Next(5, 13);
            switch (random.Next(6))
            {
                case 0:
                    return Line($"{large} + {small} =", large + small);
                case 1:
                    return Line($"{large + small} - {large} =", small);
                case 2:
                    var factor = random.Next(2, 7);
                    var value = random.Next(1, (99 / factor) + 1);
                    return Line($"{value} * {factor} =", value * factor);
                case 3:
                    var sum = random.Next(0, 5 * modulus);
                    return Line($"{sum} mod {modulus} =", sum % modulus);
                case 4:
                    var (from, taken) = (random.Next(0, modulus), random.Next(1, modulus));
                    return Line($"{from} + {modulus} - {taken} =", from + modulus - taken);
                default:
                    var (left, right) = (random.Next(0, modulus), random.Next(1, modulus));
                    return Line($"{left} + {right} =", left + right);
            }
        }));
    }

    private static IEnumerable<(string Key, string Value)> ParentsOf(Queue<string> people)
    {
        var child = people.Dequeue();
        return [($"The mother of {child} is", $"{people.Dequeue()}."), ($"The father of {child} is", $"{people.Dequeue()}.")];
    }

    private static string Line(FormattableString left, int result) =>
        FormattableString.Invariant(left) + Mark(result.ToString(CultureInfo.InvariantCulture) + ".");

    private static string Mark(string target) => $"{Open} {target}{Close}";
}
