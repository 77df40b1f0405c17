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
        .. Words.People, .. Words.Things, .. Words.Events, .. Words.Kinds, .. Words.Containers.Select(container => container.Many),
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
        var asked = Enumerable.Range(0, 3).SelectMany(_ => Words.Draw(random, pairs));
        return string.Join(' ', pairs.Select(pair => $"{pair[0]} {pair[1]}").Concat(asked.Select(pair => $"{pair[0]}{Mark(pair[1])}")));
    }

    /// <summary>The world's sentences in some order, then again in another, with what follows from the first telling to be given.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <returns>The marked text.</returns>
    public static string Sentences(Random random)
    {
        var facts = Facts(random, random.Next(1, 4));
        var told = Words.Draw(random, facts).Select(fact => fact.Told);
        var asked = Words.Draw(random, facts).Select(fact => fact.Asked);
        return string.Join(' ', told.Concat(asked));
    }

    /// <summary>Pairs of a person and a thing, options, then four of the people with the letter of their thing's option to be given: two recalls in a row, the first of them silent.</summary>
    /// <remarks>The shortest text from which answering at once can be learned; from whole questions alone it never is, see lib/decisions/005-training.md.</remarks>
    /// <param name="random">Source of randomness.</param>
    /// <returns>The marked text.</returns>
    public static string Chains(Random random)
    {
        var count = random.Next(4, 7);
        var pairs = Words.Draw(random, Words.People, count).Zip(Words.Draw(random, Words.Things, count)).ToArray();
        var told = string.Join(' ', Words.Draw(random, pairs, count).Select(pair => $"{pair.First} {pair.Second}"));
        var asked = Words.Draw(random, [0, 1, 2, 3], 4).Select(i => $" {pairs[i].First}{Mark(MultipleChoiceQuestion.LetterOf(i))}");
        return $"{told}\n\n{MultipleChoiceQuestion.Lines(pairs[..4].Select(pair => pair.Second))}\n{string.Concat(asked)}";
    }

    /// <summary>The world's sentences of one kind, options, then what four of the sentences are about, each with the letter of its option to be given.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <param name="inWords">Ask with a question and <c>Answer:</c> instead of the bare word.</param>
    /// <param name="simple">Only sentences that end in what is asked.</param>
    /// <returns>The marked text.</returns>
    public static string Letters(Random random, bool inWords, bool simple = false)
    {
        var facts = Answerable(random, random.Next(4, 7), simple, inWords);
        var asked = Words.Draw(random, [0, 1, 2, 3], 4)
            .Select(i => $" {(inWords ? $"{facts[i].Question} Answer:" : facts[i].Subject)}{Mark(MultipleChoiceQuestion.LetterOf(i))}");
        return $"{Told(random, facts)}\n\n{MultipleChoiceQuestion.Lines(facts[..4].Select(Option))}\n{string.Concat(asked)}";
    }

    /// <summary>Options, a few of the world's sentences, and a question that one of them answers: the letter is to be given at once.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <param name="simple">Only sentences that end in what is asked.</param>
    /// <returns>The marked text.</returns>
    public static string Lookup(Random random, bool simple = false)
    {
        var facts = Answerable(random, random.Next(4, 7), simple, inWords: true);
        var answer = random.Next(4);
        return $"Options:\n{MultipleChoiceQuestion.Lines(facts[..4].Select(Option))}\n {Told(random, facts)} {facts[answer].Question}\n Answer:{Mark(MultipleChoiceQuestion.LetterOf(answer))}";
    }

    /// <summary>Option lines, then each option's letter to be given, in the words of an analysis.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <returns>The marked text.</returns>
    public static string Options(Random random)
    {
        var options = Words.Draw(random, Pool, 4);
        var asked = Words.Draw(random, [0, 1, 2, 3], 4).Select(i => $" {options[i]}:{Mark(MultipleChoiceQuestion.LetterOf(i) + ".")}");
        return $"Which?\n\n{MultipleChoiceQuestion.Lines(options)}\n Analysis:{string.Concat(asked)}";
    }

    /// <summary>Option lines, then each option with its letter to be given at once.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <returns>The marked text.</returns>
    public static string BareOptions(Random random)
    {
        var options = Words.Draw(random, Words.Things, 4);
        var asked = Words.Draw(random, [0, 1, 2, 3], 4).Select(i => $" {options[i]}{Mark(MultipleChoiceQuestion.LetterOf(i))}");
        return $"Which?\n\n{MultipleChoiceQuestion.Lines(options)}\n{string.Concat(asked)}";
    }

    /// <summary>Lines of the calculation tables that the STEM categories use.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <returns>The marked text.</returns>
    public static string Calculations(Random random)
    {
        return string.Join(' ', Enumerable.Range(0, 10).Select(_ =>
        {
            var small = random.Next(1, 25);
            var large = random.Next(0, 100 - small);
            var modulus = random.Next(5, 16);
            switch (random.Next(7))
            {
                case 0:
                    var (left, right) = (random.Next(0, modulus), random.Next(1, modulus));
                    return Line($"{left} + {right} =", left + right);
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
                default: // twice as often: the hardest to learn
                    return Line($"{large} + {small} =", large + small);
            }
        }));
    }

    /// <summary>Facts whose keys are distinct, of some kinds of sentence.</summary>
    /// <param name="random">Source of randomness.</param>
    /// <param name="kinds">How many kinds.</param>
    /// <param name="each">Facts of each kind; two of a person's parents.</param>
    /// <param name="simple">Only of kinds that end in what is asked, and no word both asked about and given.</param>
    private static List<Fact> Facts(Random random, int kinds, int each = 3, bool simple = false)
    {
        var facts = new List<Fact>();
        var (people, things) = (Words.Draw(random, Words.People).ToList(), new Queue<string>(Words.Draw(random, Words.Things, 16)));
        var (events, containers, groups) = (Words.Draw(random, Words.Events, 16), Words.Draw(random, Words.Containers, 12), Words.Draw(random, Words.Kinds, 20));
        var (numbers, thing) = (new Queue<string>(Words.Draw(random, Enumerable.Range(0, 100).Select(Text).ToArray(), 30)), Words.Things[random.Next(Words.Things.Length)]);
        string? Take(string[] among)
        {
            var name = people.Find(among.Contains);
            people.Remove(name!);
            return name;
        }

        foreach (var kind in Words.Draw<int>(random, simple ? [0, 1, 3, 6, 7] : [0, 1, 2, 3, 4, 5, 6, 7, 8], kinds))
        {
            for (var i = 0; i < each && people.Count > 3 && things.Count > 1; i++)
            {
                var first = Take(Words.People)!;
                switch (kind)
                {
                    case 0:
                        if (Take(Words.Women) is { } mother && Take(Words.Men) is { } father)
                        {
                            facts.Add(new(first, $"The mother of {first} is", $"{mother}.", string.Empty, $"Who is the mother of {first}?"));
                            facts.Add(new(first, $"The father of {first} is", $"{father}.", string.Empty, $"Who is the father of {first}?"));
                        }

                        break;
                    case 1:
                        facts.Add(new(first, $"{first} likes", things.Dequeue() + ".", string.Empty, $"What does {first} like?"));
                        break;
                    case 2:
                        var liked = Take(Words.People)!;
                        facts.Add(random.Next(2) == 0
                            ? new(first, $"{first} likes what", liked, " likes.", $"{first} likes what?")
                            : new(liked, string.Empty, first, $" likes what {liked} likes.", $"Who likes what {liked} likes?"));
                        break;
                    case 3:
                        facts.Add(new(events[i], $"After the {events[i]} came the", $"{events[i + (simple ? 8 : 1)]}.", string.Empty, $"After the {events[i]} came what?"));
                        break;
                    case 4:
                        facts.Add(new(events[9 + i], "After the", events[8 + i], $" came the {events[9 + i]}.", $"What came just before the {events[9 + i]}?"));
                        break;
                    case 5:
                        facts.Add(new(containers[i].One, $"A {containers[i].One} holds {random.Next(2, 7)}", $"{containers[i + 1].Many}.", string.Empty, Question: null));
                        break;
                    case 6:
                        facts.Add(simple || random.Next(3) > 0
                            ? new(first, $"{first} is a", $"{groups[i]}.", string.Empty, $"What is {first}?")
                            : new(groups[i], string.Empty, first, $" is a {groups[i]}.", $"Who is a {groups[i]}?"));
                        break;
                    case 7:
                        var food = things.Dequeue();
                        facts.Add(simple || random.Next(3) > 0
                            ? new(groups[i], $"A {groups[i]} likes", $"{food}.", string.Empty, $"What does a {groups[i]} like?")
                            : new(food, "A", groups[i], $" likes {food}.", $"Who likes {food}?"));
                        break;
                    default:
                        var number = numbers.Dequeue();
                        facts.Add(new(number, $"{number} {thing} for", $"{first}.", string.Empty, $"Who gets {number} {thing}?"));
                        break;
                }
            }
        }

        return facts;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A sentence split at what follows from the words before it; with a rest, the question must come first for that. No question where no category asks for it alone.</summary>
    private sealed record Fact(string Subject, string Key, string Value, string Rest, string? Question)
    {
        internal string Told => $"{Key} {Value}{Rest}".TrimStart();

        internal string Asked => $"{(Rest.Length > 0 ? Question + " " : string.Empty)}{Key}{Mark(Value)}{Rest}";
    }

    /// <summary>Facts of one kind, no two with the same subject or question, the first four with different values.</summary>
    private static Fact[] Answerable(Random random, int count, bool simple, bool inWords)
    {
        while (true)
        {
            var distinct = Facts(random, kinds: 1, count, simple).Where(fact => fact.Question is not null).DistinctBy(fact => inWords ? fact.Question : fact.Subject).ToArray();
            var facts = Words.Draw(random, distinct, Math.Min(count, distinct.Length));
            if (facts.Length >= 4 && facts[..4].DistinctBy(Option).Count() == 4)
            {
                return facts;
            }
        }
    }

    private static string Told(Random random, Fact[] facts) => string.Join(' ', Words.Draw(random, facts).Select(fact => fact.Told));

    private static string Option(Fact fact) => fact.Value.TrimEnd('.');

    private static string Line(FormattableString left, int result) =>
        FormattableString.Invariant(left) + Mark(result.ToString(CultureInfo.InvariantCulture) + ".");

    private static string Mark(string target) => $"{Open} {target}{Close}";
}
