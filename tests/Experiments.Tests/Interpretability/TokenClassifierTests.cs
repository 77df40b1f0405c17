using Experiments.Interpretability;

namespace Experiments.Tests.Interpretability;

public class TokenClassifierTests
{
    [Theory]
    [InlineData("<s>", TokenClass.Bos)]
    [InlineData("</s>", TokenClass.Special)]
    [InlineData("<unk>", TokenClass.Special)]
    [InlineData("<17>", TokenClass.Special)]
    [InlineData("▁", TokenClass.Special)]
    [InlineData("<0x09>", TokenClass.Special)]
    [InlineData("<0x0A>", TokenClass.Newline)]
    [InlineData("\n\n", TokenClass.Newline)]
    [InlineData("▁.", TokenClass.Punctuation)]
    [InlineData(",", TokenClass.Punctuation)]
    [InlineData("▁+", TokenClass.Punctuation)]
    [InlineData("<0x2E>", TokenClass.Punctuation)]
    [InlineData("<", TokenClass.Punctuation)]
    [InlineData("▁12", TokenClass.Digit)]
    [InlineData("7", TokenClass.Digit)]
    [InlineData("<0x37>", TokenClass.Digit)]
    [InlineData("▁the", TokenClass.StopWord)]
    [InlineData("▁The", TokenClass.StopWord)]
    [InlineData("▁a", TokenClass.StopWord)]
    [InlineData("▁I", TokenClass.StopWord)]
    [InlineData("▁A", TokenClass.Content)]
    [InlineData("B", TokenClass.Content)]
    [InlineData("▁Analysis", TokenClass.HeaderWord)]
    [InlineData("Response", TokenClass.HeaderWord)]
    [InlineData("▁response", TokenClass.Content)]
    [InlineData("▁dragon", TokenClass.Content)]
    [InlineData("<0xC3>", TokenClass.Content)]
    [InlineData("▁你好", TokenClass.Content)]
    public void A_piece_has_the_class_of_what_it_stands_for(string piece, TokenClass expected) => Assert.Equal(expected, new TokenClassifier().Classify(piece));

    [Fact]
    public void The_parts_of_a_word_are_judged_together()
    {
        var classes = new TokenClassifier().Classify(["▁An", "aly", "sis", ":", "▁th", "e", "▁a", "nt", "▁be", "▁low", "<0x0A>", "the", "<0x0A>", "1", "the"]);
        Assert.Equal(
            [
                TokenClass.HeaderWord, TokenClass.HeaderWord, TokenClass.HeaderWord, TokenClass.Punctuation, TokenClass.StopWord, TokenClass.StopWord, TokenClass.Content, TokenClass.Content,
                TokenClass.StopWord, TokenClass.Content, TokenClass.Newline, TokenClass.StopWord, TokenClass.Newline, TokenClass.Digit, TokenClass.StopWord,
            ],
            classes);
    }

    [Fact]
    public void Headings_and_stop_words_can_be_given()
    {
        var classifier = new TokenClassifier(["Antwort"], ["der"]);
        Assert.Equal([TokenClass.HeaderWord, TokenClass.StopWord, TokenClass.Content, TokenClass.Content], classifier.Classify(["▁Antwort", "▁Der", "▁the", "▁Response"]));
    }
}
