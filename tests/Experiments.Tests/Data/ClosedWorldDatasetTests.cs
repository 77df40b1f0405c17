using System.Globalization;
using System.Text.RegularExpressions;
using Experiments.Data;
using Experiments.Data.ClosedWorld;

namespace Experiments.Tests.Data;

public partial class ClosedWorldDatasetTests
{
    [Fact]
    public void Splits_share_no_problem_whatever_the_seeds()
    {
        static HashSet<string> Ids(DatasetSplit split, int count, int seed) => [.. ClosedWorldDataset.Generate(split, count, seed).Select(question => question.Id)];
        var test = Ids(DatasetSplit.Test, 400, 1);
        var validation = Ids(DatasetSplit.Validation, 150, 2);
        var random = new Random(3);
        var training = Enumerable.Range(0, 20_000).Select(_ => ClosedWorldDataset.DrawTraining(random, null, new Difficulty()).Id).ToHashSet();
        Assert.Equal(3200, test.Count);
        Assert.Empty(test.Intersect(validation));
        Assert.Empty(training.Intersect(test));
        Assert.Empty(training.Intersect(validation));
    }

    [Fact]
    public void The_same_seed_gives_the_same_questions_and_another_seed_others()
    {
        static string Text(int seed) => string.Concat(ClosedWorldDataset.Generate(DatasetSplit.Test, 20, seed).Select(question => question.Question + string.Concat(question.Options)));
        Assert.Equal(Text(1), Text(1));
        Assert.NotEqual(Text(1), Text(2));
    }

    [Fact]
    public void Options_are_distinct_letters_are_balanced_and_the_analysis_names_the_letter()
    {
        var questions = ClosedWorldDataset.Generate(DatasetSplit.Test, 400, 1);
        Assert.All(questions, question =>
        {
            Assert.Equal(4, question.Options.Distinct().Count());
            Assert.EndsWith($"{question.Options[question.Answer]}: {question.Letter}.", question.Analysis, StringComparison.Ordinal);
        });
        Assert.All(questions.GroupBy(question => question.Answer), letter => Assert.InRange(letter.Count(), 700, 900));
    }

    [Fact]
    public void Every_answer_follows_from_the_question_text_alone()
    {
        Assert.All(ClosedWorldDataset.Generate(DatasetSplit.Test, 200, 1), question => Assert.Equal(Solve(question), question.Options[question.Answer]));
    }

    [Fact]
    public void Mothers_are_women_fathers_men_and_the_options_of_one_sex()
    {
        var questions = ClosedWorldDataset.Generate(DatasetSplit.Test, 200, 1).Where(question => question.Category == "kinship").ToArray();
        var parents = questions.SelectMany(question => Parent().Matches(question.Question)).ToLookup(match => match.Groups[1].Value, match => match.Groups[3].Value);
        Assert.Equal(24, parents["mother"].Concat(parents["father"]).Distinct().Count());
        Assert.Empty(parents["mother"].Intersect(parents["father"]));
        Assert.All(questions, question => Assert.Subset(parents[KinshipAsked().Match(question.Question).Groups[1].Value.Split(' ')[0]].ToHashSet(), question.Options.ToHashSet()));
    }

    [Theory]
    [InlineData("modular-arithmetic")]
    [InlineData("units")]
    [InlineData("sequences")]
    public void The_right_number_is_not_known_by_its_size(string category)
    {
        var questions = ClosedWorldDataset.Generate(DatasetSplit.Test, 400, 1).Where(question => question.Category == category).ToArray();
        var ranks = questions.CountBy(question => question.Options.Count(option => int.Parse(option, null) > int.Parse(question.Options[question.Answer], null))).ToDictionary();
        Assert.All(Enumerable.Range(0, 4), rank => Assert.InRange(ranks.GetValueOrDefault(rank), 30, 180));
    }

    [Fact]
    public void A_difficulty_that_the_world_has_no_room_for_is_refused()
    {
        string Why(Difficulty difficulty) => Assert.Throws<Experiments.Runs.ExperimentException>(() => ClosedWorldDataset.Generate(DatasetSplit.Test, 1, 1, difficulty)).Message;
        Assert.Contains("1 ≤ min ≤ max", Why(new Difficulty { MinSteps = 3, MaxSteps = 2 }), StringComparison.Ordinal);
        Assert.Contains("use 2 to 9", Why(new Difficulty { MaxFactor = 10 }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(5, 5, 6)]
    [InlineData(1, 5, 3)]
    public void Every_difficulty_that_is_accepted_has_questions_in_every_category(int minSteps, int maxSteps, int distractors)
    {
        var difficulty = new Difficulty { MinSteps = minSteps, MaxSteps = maxSteps, Distractors = distractors };
        Assert.Equal(80, ClosedWorldDataset.Generate(DatasetSplit.Train, 10, 1, difficulty).Count);
    }

    private static string Solve(MultipleChoiceQuestion question)
    {
        var text = question.Question;
        switch (question.Category)
        {
            case "kinship":
                var parents = Parent().Matches(text).ToDictionary(m => (m.Groups[1].Value, m.Groups[2].Value), m => m.Groups[3].Value);
                var asked = KinshipAsked().Match(text);
                var person = asked.Groups[2].Value;
                foreach (var relation in asked.Groups[1].Value.Split(" of the ").Reverse())
                {
                    person = parents[(relation, person)];
                }

                return person;
            case "rules" when WhoLikes().Match(text) is { Success: true } thing:
                if (Regex.Match(text, $@"But (\w+) likes {thing.Groups[1].Value}\.") is { Success: true } named)
                {
                    return named.Groups[1].Value;
                }

                var narrower = Regex.Match(text, $@"A (\w+) likes {thing.Groups[1].Value}\.").Groups[1].Value;
                while (Regex.Match(text, $@"A (\w+) is a {narrower}\.") is { Success: true } within)
                {
                    narrower = within.Groups[1].Value;
                }

                return Regex.Match(text, $@"([A-Z]\w+) is a {narrower}\.").Groups[1].Value;
            case "rules":
                var name = LikeAsked().Match(text).Groups[1].Value;
                if (Regex.Match(text, $@"But {name} likes (\w+)\.") is { Success: true } exception)
                {
                    return exception.Groups[1].Value;
                }

                var kind = Regex.Match(text, $@"{name} is a (\w+)\.").Groups[1].Value;
                while (Regex.Match(text, $@"A {kind} is a (\w+)\.") is { Success: true } wider)
                {
                    kind = wider.Groups[1].Value;
                }

                return Regex.Match(text, $@"A {kind} likes (\w+)\.").Groups[1].Value;
            case "preferences" when Regex.Match(text, @"Who likes what (\w+) likes\?") is { Success: true } liked:
                return Regex.Match(text, $@"(\w+) likes what {liked.Groups[1].Value} likes\.").Groups[1].Value;
            case "preferences":
                var current = LikeAsked().Match(text).Groups[1].Value;
                while (Regex.Match(text, $@"\b{current} likes what (\w+) likes\.") is { Success: true } next)
                {
                    current = next.Groups[1].Value;
                }

                return Regex.Match(text, $@"\b{current} likes (\w+)\.").Groups[1].Value;
            case "story":
                if (Regex.Match(text, @"What came (just|two) before the (\w+)\?") is { Success: true } before)
                {
                    var earlier = before.Groups[2].Value;
                    for (var i = before.Groups[1].Value == "two" ? 2 : 1; i > 0; i--)
                    {
                        earlier = Regex.Match(text, $@"After the (\w+) came the {earlier}\.").Groups[1].Value;
                    }

                    return earlier;
                }

                var happened = Regex.Match(text, @"The (\w+) came first\.").Groups[1].Value;
                string[] ordinals = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"];
                for (var i = Array.IndexOf(ordinals, Regex.Match(text, @"What came (\w+)\?").Groups[1].Value); i > 0; i--)
                {
                    happened = Regex.Match(text, $@"After the {happened} came the (\w+)\.").Groups[1].Value;
                }

                return happened;
            case "modular-arithmetic":
                var (value, modulus) = (Number(text, @"Start with (\d+)\."), Number(text, @"mod (\d+)\?"));
                foreach (Match step in Regex.Matches(text, @"(Add|Subtract|Multiply by) (\d+)\."))
                {
                    var operand = int.Parse(step.Groups[2].Value, CultureInfo.InvariantCulture);
                    value = step.Groups[1].Value switch { "Add" => value + operand, "Subtract" => value + modulus - operand, _ => value * operand } % modulus;
                }

                return Text(value);
            case "comparison":
                var amounts = Regex.Matches(text, @"(\d+) \w+ for (\w+)\.").Select(m => (Name: m.Groups[2].Value, Amount: int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)));
                var order = Regex.Match(text, @"the (?:(second|third|fourth|fifth) )?(most|least)");
                var sorted = order.Groups[2].Value == "most" ? amounts.OrderByDescending(a => a.Amount) : amounts.OrderBy(a => a.Amount);
                return sorted.ElementAt(order.Groups[1].Value switch { "second" => 1, "third" => 2, "fourth" => 3, "fifth" => 4, _ => 0 }).Name;
            case "units":
                var holds = Regex.Matches(text, @"A (\w+) holds (\d+) (\w+)\.").ToDictionary(m => Stem(m.Groups[1].Value), m => (Factor: int.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture), Of: Stem(m.Groups[3].Value)));
                var units = Regex.Match(text, @"How many (\w+) are in (\d+) (\w+)\?");
                var (container, total) = (Stem(units.Groups[3].Value), int.Parse(units.Groups[2].Value, CultureInfo.InvariantCulture));
                while (container != Stem(units.Groups[1].Value))
                {
                    total *= holds[container].Factor;
                    container = holds[container].Of;
                }

                return Text(total);
            default:
                int[] terms = [.. Regex.Matches(text, @"\d+").Select(m => int.Parse(m.Value, CultureInfo.InvariantCulture))];
                int[] steps = [.. terms.Skip(1).Zip(terms, (after, before) => after - before)];
                var growth = steps[1] - steps[0];
                var growing = steps.Skip(1).Zip(steps, (after, before) => after - before).All(g => g == growth);
                var alternating = steps[0] == steps[2] && steps[1] == steps[3];
                Assert.True(growing || alternating || steps[3] == steps[0], text); // else three in turn
                return Text(terms[^1] + (growing ? steps[^1] + growth : alternating ? steps[^2] : steps[1]));
        }
    }

    private static string Stem(string noun) => noun.EndsWith("xes", StringComparison.Ordinal) ? noun[..^2] : noun.TrimEnd('s');

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text, string pattern) => int.Parse(Regex.Match(text, pattern).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"The (mother|father) of (\w+) is (\w+)\.")]
    private static partial Regex Parent();

    [GeneratedRegex(@"Who is the (.+) of (\w+)\?")]
    private static partial Regex KinshipAsked();

    [GeneratedRegex(@"Who likes (\w+)\?")]
    private static partial Regex WhoLikes();

    [GeneratedRegex(@"What does (\w+) like\?")]
    private static partial Regex LikeAsked();
}
