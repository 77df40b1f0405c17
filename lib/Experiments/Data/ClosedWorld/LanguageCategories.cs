namespace Experiments.Data.ClosedWorld;

/// <summary>The non-STEM categories: problems of recall and of rules, without numbers.</summary>
internal static class LanguageCategories
{
    /// <summary>Up to four parent relations in a row, in a family with both branches.</summary>
    internal static Draft Kinship(Random random, Difficulty difficulty)
    {
        var steps = random.Next(difficulty.MinSteps, difficulty.MaxSteps + 2);
        var path = Enumerable.Range(0, steps).Select(_ => random.Next(2) == 0 ? "mother" : "father").ToArray();
        var names = new Queue<string>(Words.Draw(random, Words.People, Words.People.Length));
        var start = names.Dequeue();
        var facts = new List<string>();
        var analysis = new List<string>();
        var seen = new List<string> { start };
        var parents = new List<string>();
        var current = start;
        foreach (var relation in path)
        {
            var (right, other) = (names.Dequeue(), names.Dequeue());
            var sentence = $"The {relation} of {current} is {right}.";
            facts.Add(sentence);
            facts.Add($"The {(relation == "mother" ? "father" : "mother")} of {current} is {other}.");
            analysis.Add(sentence);
            parents.Add(other);
            seen.AddRange([right, other]);
            current = right;
        }

        // The branch not taken has parents too, so that every relation word occurs with several people.
        for (var i = 0; i < difficulty.Distractors + 1; i++)
        {
            var added = names.Dequeue();
            facts.Add($"The {(random.Next(2) == 0 ? "mother" : "father")} of {(i < parents.Count ? parents[i] : names.Dequeue())} is {added}.");
            seen.Add(added);
        }

        var ask = $"Who is the {string.Join(" of the ", path.Reverse())} of {start}?";
        return new Draft(facts, ask, analysis, current, [.. seen.Where(name => name != current && name != start)]);
    }

    /// <summary>A rule for a kind, an exception for some of the kind, and an individual that may fall under either.</summary>
    internal static Draft Rules(Random random, Difficulty difficulty)
    {
        var kinds = Words.Draw(random, Words.Kinds, Math.Max(2, difficulty.Distractors));
        var adjectives = Words.Draw(random, Words.Adjectives, 3);
        var things = new Queue<string>(Words.Draw(random, Words.Things, Words.Things.Length));
        var facts = new List<string>();
        var rules = new Dictionary<string, string>();
        foreach (var kind in kinds)
        {
            rules[kind] = things.Dequeue();
            rules[$"{adjectives[random.Next(2)]} {kind}"] = things.Dequeue();
        }

        facts.AddRange(rules.Select(rule => $"A {rule.Key} likes {rule.Value}."));
        var people = Words.Draw(random, Words.People, difficulty.Distractors);
        var subjects = people.Select(_ => (Adjective: adjectives[random.Next(2)], Kind: kinds[random.Next(kinds.Length)])).ToArray();
        facts.AddRange(people.Select((name, i) => $"{name} is a {subjects[i].Adjective} {subjects[i].Kind}."));
        var (adjective, own) = subjects[0];
        var special = rules.TryGetValue($"{adjective} {own}", out var exception);
        var answer = special ? exception! : rules[own];
        List<string> analysis = [$"{people[0]} is a {adjective} {own}."];
        analysis.AddRange(special ? [$"A {adjective} {own} likes {answer}."] : [$"No rule for a {adjective} {own}.", $"A {own} likes {answer}."]);
        return new Draft(facts, $"What does {people[0]} like?", analysis, answer, [.. rules.Values.Where(thing => thing != answer)]);
    }

    /// <summary>People who like what somebody else likes, until one likes a thing.</summary>
    internal static Draft Preferences(Random random, Difficulty difficulty)
    {
        var names = new Queue<string>(Words.Draw(random, Words.People, Words.People.Length));
        var things = new Queue<string>(Words.Draw(random, Words.Things, Words.Things.Length));
        var facts = new List<string>();
        (string Start, List<string> Chain, string Thing) Chain(int steps)
        {
            var (start, chain) = (names.Dequeue(), new List<string>());
            var current = start;
            for (var i = 1; i < steps; i++)
            {
                var next = names.Dequeue();
                chain.Add($"{current} likes what {next} likes.");
                current = next;
            }

            var thing = things.Dequeue();
            chain.Add($"{current} likes {thing}.");
            facts.AddRange(chain);
            return (start, chain, thing);
        }

        var (asked, steps, answer) = Chain(random.Next(difficulty.MinSteps, difficulty.MaxSteps + 2));
        var others = Enumerable.Range(0, 3).Select(i => Chain(i < difficulty.Distractors - 1 ? 3 : 2).Thing).ToList();
        return new Draft(facts, $"What does {asked} like?", steps, answer, others);
    }

    /// <summary>Events told out of order by what came after what; asked is the one at a given place.</summary>
    internal static Draft Story(Random random, Difficulty difficulty)
    {
        var count = Math.Min(Words.Ordinals.Length, 3 + difficulty.Distractors);
        var events = Words.Draw(random, Words.Events, count);
        var place = random.Next(difficulty.MinSteps, Math.Min(count, difficulty.MaxSteps + 3)); // 0-based place in the story
        List<string> facts = [$"The {events[0]} came first.", .. Enumerable.Range(1, count - 1).Select(i => $"After the {events[i - 1]} came the {events[i]}.")];
        List<string> analysis = [$"The {events[0]} came first."];
        for (var i = 1; i <= place; i++)
        {
            analysis.Add($"After the {events[i - 1]} came the {events[i]}.");
            analysis.Add($"The {events[i]} came {Words.Ordinals[i]}.");
        }

        return new Draft(facts, $"What came {Words.Ordinals[place]}?", analysis, events[place], [.. events.Where((_, i) => i != place)]);
    }
}
