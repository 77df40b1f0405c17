using Experiments.Data;
using Experiments.Evaluation;
using Experiments.Runs;

namespace Experiments.Tests.Evaluation;

public class AnswerExtractorTests
{
    private static MultipleChoiceQuestion Item(params string[] options) =>
        new() { Id = "q", Category = "c", Stem = false, Question = "?", Options = options, Answer = 0 };

    private static readonly MultipleChoiceQuestion Animals = Item("a small dog", "cat", "dog", "horse");

    [Theory]
    [InlineData(" Ann has two.\n Response: B", 1)]
    [InlineData("Response: **C**", 2)]
    [InlineData("**Response:** (D)", 3)]
    [InlineData("Answer: A. a small dog", 0)]
    [InlineData("Response: A because it is small", 0)]
    [InlineData("Response: B\n\nNext question\n Response: D", 1)]
    [InlineData("Response: A dog barks. Answer: C", 2)]
    [InlineData("Response: E", null)]
    [InlineData("Response: Both", null)]
    [InlineData("The answer is B", null)]
    [InlineData("B", null)]
    [InlineData("", null)]
    public void Strict_header_reads_the_letter_under_the_header_only(string reply, int? option)
    {
        var rule = option is null ? ExtractionRule.Unparsed : ExtractionRule.Header;
        Assert.Equal(new ExtractedAnswer(option, rule), AnswerExtractor.StrictHeader.Extract(reply, Animals, AnswerStyle.ChainOfThought));
    }

    [Theory]
    [InlineData(" B", 1)]
    [InlineData("C", 2)]
    [InlineData(" (D).", 3)]
    [InlineData(" A dog", null)]
    [InlineData(" dog B", null)]
    public void A_direct_reply_continues_the_answer_header(string reply, int? option) =>
        Assert.Equal(option, AnswerExtractor.StrictHeader.Extract(reply, Animals, AnswerStyle.Direct).Option);

    [Theory]
    [InlineData("So the answer is B, not A.", 1, ExtractionRule.AnswerIs)]
    [InlineData("The correct choice would be: (C)", 2, ExtractionRule.AnswerIs)]
    [InlineData("I would choose D here", 3, ExtractionRule.AnswerIs)]
    [InlineData("The answer is a small dog.", 0, ExtractionRule.AnswerIs)]
    [InlineData("The answer isn't B. C is correct.", 2, ExtractionRule.LetterIsCorrect)]
    [InlineData("The answer is not B; D is right.", 3, ExtractionRule.LetterIsCorrect)]
    [InlineData("B is not correct, but D is right.", 3, ExtractionRule.LetterIsCorrect)]
    [InlineData("A: it barks", 0, ExtractionRule.LeadingLetter)]
    [InlineData("D", 3, ExtractionRule.LeadingLetter)]
    [InlineData("it must be the horse then", 3, ExtractionRule.LoneLetter)]
    [InlineData("A friend has this: B", 1, ExtractionRule.LoneLetter)]
    [InlineData("hors", 3, ExtractionRule.ClosestOption)]
    [InlineData("", null, ExtractionRule.Unparsed)]
    [InlineData("?!", null, ExtractionRule.Unparsed)]
    public void Paper_cascade_tries_its_rules_in_order(string reply, int? option, ExtractionRule rule) =>
        Assert.Equal(new ExtractedAnswer(option, rule), AnswerExtractor.PaperCascade.Extract(reply, Animals, AnswerStyle.ChainOfThought));

    [Fact]
    public void Longer_option_texts_are_replaced_before_shorter_ones_they_hold()
    {
        var numbers = Item("3", "13", "130", "1");
        Assert.Equal(2, AnswerExtractor.PaperCascade.Extract("which makes 130", numbers, AnswerStyle.ChainOfThought).Option);
        Assert.Equal(1, AnswerExtractor.PaperCascade.Extract("which makes 13", numbers, AnswerStyle.ChainOfThought).Option);
    }

    [Fact]
    public void Options_that_are_letters_do_not_swallow_other_letters() =>
        Assert.Equal(1, AnswerExtractor.PaperCascade.Extract("The answer is B", Item("C", "A", "B", "D"), AnswerStyle.Direct).Option);

    [Fact]
    public void With_two_options_other_letters_mean_nothing() =>
        Assert.Equal(new ExtractedAnswer(1, ExtractionRule.LoneLetter), AnswerExtractor.PaperCascade.Extract("C or else B", Item("yes", "no"), AnswerStyle.Direct));

    [Fact]
    public void With_26_options_z_is_an_answer() =>
        Assert.Equal(25, AnswerExtractor.StrictHeader.Extract("Response: Z", Item([.. Enumerable.Range(0, 26).Select(i => $"option {i}")]), AnswerStyle.ChainOfThought).Option);

    [Fact]
    public void The_default_takes_the_header_where_there_is_one_and_the_cascade_elsewhere()
    {
        const string Reply = "A is correct at first sight.\n Response: B";
        Assert.Equal(new(1, ExtractionRule.Header), AnswerExtractor.HeaderThenCascade.Extract(Reply, Animals, AnswerStyle.ChainOfThought));
        Assert.Equal(new(0, ExtractionRule.LetterIsCorrect), AnswerExtractor.PaperCascade.Extract(Reply, Animals, AnswerStyle.ChainOfThought));
        Assert.Equal(new(0, ExtractionRule.LetterIsCorrect), AnswerExtractor.HeaderThenCascade.Extract("A is correct at first sight.", Animals, AnswerStyle.ChainOfThought));
    }

    [Fact]
    public void Extractors_are_found_by_name()
    {
        Assert.All(AnswerExtractor.All, extractor => Assert.Same(extractor, AnswerExtractor.Find(extractor.Name)));
        Assert.Contains("strict-header", Assert.Throws<ExperimentException>(() => AnswerExtractor.Find("nope")).Message);
    }
}
