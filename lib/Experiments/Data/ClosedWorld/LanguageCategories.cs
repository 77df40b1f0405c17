namespace Experiments.Data.ClosedWorld;

/// <summary>The non-STEM categories: problems of recall and of rules, without numbers.</summary>
internal static class LanguageCategories
{
    private const int MostStorySteps = 4; // to the fifth event; no vocabulary has later ordinals

    /// <summary>Parent relations in a row, in a family with both branches. The options are all women or all men where enough of them are named.</summary>
    internal static Draft Kinship(Random random, Difficulty difficulty)
    {
        var steps = random.Next(difficulty.MinSteps, difficulty.MaxSteps + 1);
        var path = Enumerable.Range(0, steps).Select(_ => random.Next(2) == 0 ? "mother" : "father").ToArray();
        var (women, men) = (new Queue<string>(Words.Draw(random, Words.Women)), new Queue<string>(Words.Draw(random, Words.Men)));
        var asked = path[^1];
        var (ofAskedSex, ofOther) = asked == "mother" ? (women, men) : (men, women);
        var start = ofOther.Dequeue();
        var facts = new List<string>();
        var analysis = new List<string>();
        var seen = new List<string>();
        var parents = new List<string>();
        var current = start;
        foreach (var relation in path)
        {
            var (mother, father) = (women.Dequeue(), men.Dequeue());
            var (mothers, fathers) = ($"The mother of {current} is {mother}.", $"The father of {current} is {father}.");
            facts.AddRange([mothers, fathers]);
            analysis.Add(relation == "mother" ? mothers : fathers);
            seen.AddRange([mother, father]);
            (current, var other) = relation == "mother" ? (mother, father) : (father, mother);
            parents.Add(other);
        }

        // The branch not taken has parents too, so that the relation that is asked last occurs with several people.
        for (var i = 0; i < difficulty.Distractors + 1; i++)
        {
            var added = ofAskedSex.Dequeue();
            facts.Add($"The {asked} of {(i < parents.Count ? parents[i] : ofOther.Dequeue())} is {added}.");
            seen.Add(added);
        }

        var wrong = seen.Where(name => name != current).ToArray();
        var sameSex = wrong.Where(name => Words.Women.Contains(name) == (asked == "mother")).ToArray();
        var ask = $"Who is the {string.Join(" of the ", path.Reverse())} of {start}?";
        return new Draft(facts, ask, analysis, current, sameSex.Length >= 3 ? sameSex : wrong);
    }

    /// <summary>Kinds within kinds, of which the last has a rule, and exceptions for some who would fall under a rule; asked is what somebody likes, or who likes a thing.</summary>
    internal static Draft Rules(Random random, Difficulty difficulty)
    {
        var names = new Queue<string>(Words.Draw(random, Words.People));
        var kinds = new Queue<string>(Words.Draw(random, Words.Kinds));
        var things = new Queue<string>(Words.Draw(random, Words.Things));
        var facts = new List<string>();
        var (others, otherNames) = (new List<string>(), new List<string>());
        (string Name, List<string> Chain, string Thing) Chain(int steps, bool exception)
        {
            var (name, chain) = (names.Dequeue(), new List<string>());
            var current = name;
            for (var i = 0; i < steps; i++)
            {
                var kind = kinds.Dequeue();
                chain.Add($"{(i == 0 ? current : "A " + current)} is a {kind}.");
                current = kind;
            }

            var thing = things.Dequeue();
            chain.Add($"A {current} likes {thing}.");
            facts.AddRange(chain);
            if (!exception)
            {
                return (name, chain, thing);
            }

            others.Add(thing);
            var own = things.Dequeue();
            facts.Add($"But {name} likes {own}.");
            return (name, [$"But {name} likes {own}."], own);
        }

        var exception = random.Next(3) == 0;
        var (asked, analysis, answer) = Chain(random.Next(difficulty.MinSteps, difficulty.MaxSteps + 1), exception);
        for (var i = 0; i < 3; i++)
        {
            var (name, _, thing) = Chain(random.Next(1, 1 + Math.Min(3, difficulty.Distractors)), exception: random.Next(2) == 0);
            others.Add(thing);
            otherNames.Add(name);
        }

        List<string> checks = exception ? [] : [$"No exception for {asked}."];
        return random.Next(3) == 0
            ? new Draft(facts, $"Who likes {answer}?", [.. Enumerable.Reverse(analysis), .. checks], asked, otherNames)
            : new Draft(facts, $"What does {asked} like?", [.. checks, .. analysis], answer, others);
    }

    /// <summary>People who like what somebody else likes, until one likes a thing; asked is the thing, or who likes what somebody likes.</summary>
    internal static Draft Preferences(Random random, Difficulty difficulty)
    {
        var names = new Queue<string>(Words.Draw(random, Words.People));
        var things = new Queue<string>(Words.Draw(random, Words.Things));
        var facts = new List<string>();
        var people = new List<string>();
        (string Start, List<string> Chain, string Thing) Chain(int steps)
        {
            var (start, chain) = (names.Dequeue(), new List<string>());
            var current = start;
            people.Add(start);
            for (var i = 1; i < steps; i++)
            {
                var next = names.Dequeue();
                chain.Add($"{current} likes what {next} likes.");
                current = next;
                people.Add(next);
            }

            var thing = things.Dequeue();
            chain.Add($"{current} likes {thing}.");
            facts.AddRange(chain);
            return (start, chain, thing);
        }

        var steps = random.Next(difficulty.MinSteps, difficulty.MaxSteps + 1);
        var backwards = random.Next(3) == 0;
        var (asked, analysis, answer) = Chain(backwards ? steps + 1 : steps);
        var others = Enumerable.Range(0, 3).Select(i => Chain(i < difficulty.Distractors - 1 ? 3 : 2).Thing).ToList();
        if (!backwards)
        {
            return new Draft(facts, $"What does {asked} like?", analysis, answer, others);
        }

        // People of the asked chain come first in the list.
        var (follower, liked) = (people[steps - 1], people[steps]);
        return new Draft(facts, $"Who likes what {liked} likes?", [analysis[steps - 1]], follower, [.. people.Where(name => name != follower && name != liked)]);
    }

    /// <summary>Events told out of order by what came after what; asked is the one at a given place, or the one before another.</summary>
    internal static Draft Story(Random random, Difficulty difficulty)
    {
        var count = Math.Clamp(3 + difficulty.Distractors, 5, Words.Ordinals.Length);
        var events = Words.Draw(random, Words.Events, count);
        List<string> facts = [$"The {events[0]} came first.", .. Enumerable.Range(1, count - 1).Select(i => After(events, i))];
        var steps = random.Next(Math.Min(difficulty.MinSteps, MostStorySteps), Math.Min(difficulty.MaxSteps, MostStorySteps) + 1);
        if (random.Next(3) == 0)
        {
            // Backwards: the event that the question names stands at the end of the sentence that is needed.
            var named = random.Next(1, count);
            var back = Math.Min(Math.Min(steps, 2), named);
            var distance = back == 1 ? "just" : "two";
            List<string> backwards = [.. Enumerable.Range(0, back).Select(i => After(events, named - i))];
            return new Draft(facts, $"What came {distance} before the {events[named]}?", backwards, events[named - back], [.. events.Where((_, i) => i != named - back && i != named)]);
        }

        List<string> analysis = [$"The {events[0]} came first."];
        for (var i = 1; i <= steps; i++)
        {
            analysis.Add(After(events, i));
            analysis.Add($"The {events[i]} came {Words.Ordinals[i]}.");
        }

        return new Draft(facts, $"What came {Words.Ordinals[steps]}?", analysis, events[steps], [.. events.Where((_, i) => i != steps)]);
    }

    private static string After(string[] events, int place) => $"After the {events[place - 1]} came the {events[place]}.";
}
