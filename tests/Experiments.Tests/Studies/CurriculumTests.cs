using System.Text.RegularExpressions;
using Experiments.Data.ClosedWorld;
using Experiments.Models;
using Experiments.Studies;

namespace Experiments.Tests.Studies;

public partial class CurriculumTests
{
    // How a look-up is answered from the told sentences: the question, and the sentence in which the answer stands.
    private static readonly (string Question, string Sentence)[] Answers =
    [
        (@"Who is the (\w+ of \w+)\?", @"The {0} is (\w+)\."),
        (@"What does a (\w+) like\?", @"A {0} likes (\w+)\."),
        (@"What does (\w+) like\?", @"\b{0} likes (\w+)\."),
        (@"(\w+) likes what\?", @"\b{0} likes what (\w+) likes\."),
        (@"Who likes what (\w+) likes\?", @"(\w+) likes what {0} likes\."),
        (@"Who likes (\w+)\?", @"A (\w+) likes {0}\."),
        (@"After the (\w+) came what\?", @"After the {0} came the (\w+)\."),
        (@"What came just before the (\w+)\?", @"After the (\w+) came the {0}\."),
        (@"What is (\w+)\?", @"\b{0} is a (\w+)\."),
        (@"Who is a (\w+)\?", @"(\w+) is a {0}\."),
        (@"Who gets (\d+ \w+)\?", @"\b{0} for (\w+)\."),
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_look_up_is_answered_by_exactly_one_of_the_sentences_told(bool simple)
    {
        var random = new Random(3);
        var kinds = new HashSet<string>();
        for (var i = 0; i < 400; i++)
        {
            var text = Drills.Lookup(random, simple);
            var (question, sentence) = Answers.First(answer => Regex.IsMatch(text, answer.Question + "\n"));
            var key = Regex.Match(text, question + "\n").Groups[1].Value;
            var answer = Assert.Single(Regex.Matches(text, string.Format(null, sentence, key)).Select(match => match.Groups[1].Value));
            Assert.Contains($"\n Answer:{Drills.Open} {LetterOf(text, answer)}{Drills.Close}", text, StringComparison.Ordinal);
            kinds.Add(question);
        }

        Assert.Equal(simple ? 5 : Answers.Length, kinds.Count);
    }

    [Fact]
    public void A_chain_asks_four_different_people_for_the_letters_of_their_things()
    {
        var random = new Random(3);
        for (var i = 0; i < 100; i++)
        {
            var text = Drills.Chains(random);
            var things = Regex.Matches(text[..text.IndexOf('\n', StringComparison.Ordinal)], @"(\w+) (\w+)").ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
            var asked = Asked().Matches(text).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
            Assert.Equal(["A", "B", "C", "D"], asked.Values.Order());
            Assert.All(asked, pair => Assert.Equal(LetterOf(text, things[pair.Key]), pair.Value));
        }
    }

    [Fact]
    public void A_stage_is_left_when_its_time_is_over_and_not_before_without_mastery()
    {
        var vocabulary = new ClosedWorldVocabulary();
        using var untrained = new LlamaForCausalLM(new LlamaConfig { VocabSize = vocabulary.Size, HiddenSize = 16, IntermediateSize = 16, NumHiddenLayers = 1, NumAttentionHeads = 2, NumKeyValueHeads = 2, MaxPositionEmbeddings = 512 });
        untrained.Initialize(1);
        var curriculum = new Curriculum(vocabulary, seed: 1, letterWeight: 8);
        Assert.Null(curriculum.Advance(untrained, 50));
        Assert.Equal("recall", curriculum.Current);
        Assert.Null(curriculum.Advance(untrained, 100));
        Assert.Equal("silent recall", curriculum.Current);
        Assert.False(curriculum.Advance(untrained, 150)!.IsMastered);
        Assert.Equal("silent recall", curriculum.Current);
        curriculum.Advance(untrained, 1600);
        Assert.Equal("sentences", curriculum.Current);
    }

    [Fact]
    public void A_stage_is_left_as_soon_as_its_drill_is_mastered()
    {
        using var shipped = LoadedModel.Open(EmbeddedModel.Folder);
        var curriculum = new Curriculum(new ClosedWorldVocabulary(), seed: 1, letterWeight: 8);
        curriculum.Advance(shipped.Model, 100);
        var measured = curriculum.Advance(shipped.Model, 150);
        Assert.InRange(measured!.Accuracy, 0.9, 1); // the shipped model went through this stage, and must not have forgotten it
        Assert.Equal(measured.IsMastered ? "sentences" : "silent recall", curriculum.Current);
    }

    private static string LetterOf(string text, string option) => Regex.Match(text, $@"([A-D])\. {option}\n").Groups[1].Value;

    [GeneratedRegex(@" (\w+)⟦ ([A-D])⟧")]
    private static partial Regex Asked();
}
