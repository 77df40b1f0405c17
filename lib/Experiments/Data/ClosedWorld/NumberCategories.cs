using System.Globalization;

namespace Experiments.Data.ClosedWorld;

/// <summary>The STEM categories: problems whose steps are small calculations.</summary>
internal static class NumberCategories
{
    /// <summary>Additions, subtractions and multiplications, each reduced by a modulus.</summary>
    internal static Draft ModularArithmetic(Random random, Difficulty difficulty)
    {
        var modulus = random.Next(5, 16);
        var value = random.Next(0, modulus);
        var ask = new List<string> { Invariant($"Start with {value}.") };
        var analysis = new List<string>();
        for (var step = random.Next(difficulty.MinSteps, difficulty.MaxSteps + 1); step > 0; step--)
        {
            var kind = random.Next(3);
            var operand = kind == 1 ? random.Next(2, 6) : random.Next(1, modulus);
            var result = kind switch { 0 => value + operand, 1 => value * operand, _ => value + modulus - operand };
            ask.Add(kind switch { 0 => Invariant($"Add {operand}."), 1 => Invariant($"Multiply by {operand}."), _ => Invariant($"Subtract {operand}.") });
            analysis.Add(kind switch
            {
                0 => Invariant($"{value} + {operand} = {result}."),
                1 => Invariant($"{value} * {operand} = {result}."),
                _ => Invariant($"{value} + {modulus} - {operand} = {result}."),
            });
            value = result % modulus;
            analysis.Add(Invariant($"{result} mod {modulus} = {value}."));
        }

        ask.Add(Invariant($"What is the result mod {modulus}?"));
        var others = Enumerable.Range(0, modulus).Where(other => other != value).Select(Text).ToList();
        return new Draft([], string.Join(' ', ask), analysis, Text(value), others);
    }

    /// <summary>Who has the most, the fewest, or the one next to that.</summary>
    internal static Draft Comparison(Random random, Difficulty difficulty)
    {
        var people = Words.Draw(random, Words.People, 3 + difficulty.Distractors);
        var amounts = Words.Draw(random, [.. Enumerable.Range(0, 100)], people.Length);
        var thing = Words.Things[random.Next(Words.Things.Length)];
        var descending = random.Next(2) == 0;
        var ordered = people.Zip(amounts).OrderBy(pair => descending ? -pair.Second : pair.Second).ToArray();
        var place = random.Next(difficulty.MinSteps - 1, Math.Min(difficulty.MaxSteps, Words.Ordinals.Length)); // 0-based place in the order
        var facts = people.Zip(amounts, (name, amount) => Invariant($"{amount} {thing} for {name}.")).ToList();
        var rank = place == 0 ? string.Empty : Words.Ordinals[place] + " ";
        var ask = $"Who gets the {rank}{(descending ? "most" : "least")} {thing}?";
        List<string> analysis = [.. ordered.Take(place + 1).Select((pair, i) => Invariant($"The {Words.Ordinals[i]} is {pair.Second} {thing} for {pair.First}."))];
        var answer = ordered[place].First;
        return new Draft(facts, ask, analysis, answer, [.. people.Where(name => name != answer)]);
    }

    /// <summary>Containers in containers: how many of the small ones are in some of the large ones.</summary>
    internal static Draft Units(Random random, Difficulty difficulty)
    {
        const int limit = 99, smallest = 2; // numbers have two digits, and each factor is at least two
        var most = Math.Min(difficulty.MaxSteps, 4); // five doublings leave hardly a choice of numbers below the limit
        var steps = random.Next(Math.Min(difficulty.MinSteps, most), most + 1);
        // As much room for a number as the least of the factors behind it leave.
        int Room(int value, int behind) => limit / (value << behind);
        var containers = Words.Draw(random, Words.Containers, steps + 1 + difficulty.Distractors); // at most 4 + 1 + 6
        var amount = random.Next(smallest, Math.Min(9, Room(1, steps)) + 1);
        var (facts, analysis) = (new List<string>(), new List<string>());
        var (value, last) = (amount, 0);
        for (var i = 0; i < containers.Length - 1; i++)
        {
            var factor = random.Next(smallest, (i < steps ? Math.Min(difficulty.MaxFactor, Room(value, steps - 1 - i)) : difficulty.MaxFactor) + 1);
            facts.Add(Invariant($"A {containers[i].One} holds {factor} {containers[i + 1].Many}."));
            if (i < steps)
            {
                (value, last) = (value * factor, value);
                analysis.Add(facts[i]);
                analysis.Add(Invariant($"{last} * {factor} = {value} {containers[i + 1].Many}."));
            }
        }

        // As many wrong options above the right one as below it, on average: otherwise it would be known by its size.
        var near = Words.Draw(random, new[] { last, 2 * last, amount, 2 * amount, 2, 4 }.Distinct().ToArray());
        var (above, below) = (near.Select(step => value + step).Where(other => other <= limit).ToList(), near.Select(step => value - step).Where(other => other > 1).ToList());
        var larger = Math.Clamp(random.Next(4), 3 - below.Count, above.Count);
        var ask = Invariant($"How many {containers[steps].Many} are in {amount} {containers[0].Many}?");
        return new Draft(facts, ask, analysis, Text(value), [.. above.Take(larger).Concat(below.Take(3 - larger)).Select(Text)]);
    }

    /// <summary>The next number of a sequence with constant, alternating or growing steps, or with three steps in turn, in this order of difficulty.</summary>
    internal static Draft Sequences(Random random, Difficulty difficulty)
    {
        const int length = 5;
        while (true)
        {
            var (first, second, kind) = (random.Next(1, 13), random.Next(1, 13), random.Next(difficulty.MinSteps - 1, difficulty.MaxSteps));
            int Step(int i) => kind switch
            {
                0 or 3 => first,
                1 => i % 2 == 0 ? first : second,
                2 => first + (i * (1 + (second % 4))),
                _ => (i % 3) switch { 0 => first, 1 => second, _ => 1 + ((first + second) % 12) },
            };
            var terms = new List<int> { random.Next(0, 41) };
            for (var i = 0; i < length; i++)
            {
                terms.Add(terms[^1] + Step(i));
            }

            if (terms[^1] > 99 || Step(length - 1) > 24 || (kind is 1 or 4 && first == second))
            {
                continue;
            }

            var shown = terms[..^1];
            List<string> analysis = [.. shown.Zip(shown.Skip(1), (a, b) => Invariant($"{b} - {a} = {b - a}."))];
            analysis.Add(Invariant($"The next step is {Step(length - 1)}."));
            analysis.Add(Invariant($"{shown[^1]} + {Step(length - 1)} = {terms[^1]}."));
            return new Draft([], $"What comes next: {string.Join(", ", shown.Select(Text))}?", analysis, Text(terms[^1]), Words.Near(random, terms[^1], 6));
        }
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
