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
    [InlineData("▁\n", TokenClass.Newline)]
    [InlineData("\n▁▁", TokenClass.Newline)]
    [InlineData("▁▁▁", TokenClass.Special)]
    [InlineData("\t", TokenClass.Special)]
    [InlineData(".\n\n", TokenClass.Punctuation)]
    [InlineData("▁);\n", TokenClass.Punctuation)]
    [InlineData("▁😀", TokenClass.Punctuation)]
    [InlineData("▁𝟙𝟚", TokenClass.Digit)]
    [InlineData("<|im_start|>", TokenClass.Special)]
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
    public void A_byte_level_vocabulary_has_the_same_classes()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Fixtures", "tokenizers");
        using var temporary = new Experiments.Tests.Models.TemporaryFolder();
        File.Copy(Path.Combine(folder, "llama3.json"), temporary.File("tokenizer.json"));
        var tokenizer = Experiments.Models.TextTokenizer.Load(temporary.Path);
        var tokens = tokenizer.Tokenize("The dragon: 42 cafés,\n and Analysis.\n\n😀");
        var classes = new TokenClassifier().Classify([.. tokens.Select(token => tokenizer.Piece(token.Id))]);
        IEnumerable<TokenClass> Of(int start, int length) => tokens.Zip(classes).Where(pair => pair.First.Length > 0 && pair.First.Start >= start && pair.First.Start < start + length).Select(pair => pair.Second).Distinct();
        Assert.Equal(TokenClass.Bos, classes[0]);
        Assert.Equal([TokenClass.StopWord], Of(0, 3));
        Assert.Equal([TokenClass.Content], Of(4, 6));
        Assert.Equal([TokenClass.Punctuation], Of(10, 1));
        Assert.Equal([TokenClass.Digit], Of(12, 2));
        Assert.Equal([TokenClass.Content], Of(15, 5));
        Assert.Equal([TokenClass.StopWord], Of(23, 3));
        Assert.Equal([TokenClass.HeaderWord], Of(27, 8));
        Assert.Equal([TokenClass.Punctuation, TokenClass.Newline], Of(35, 3));
    }

    [Fact]
    public void Headings_and_stop_words_can_be_given()
    {
        var classifier = new TokenClassifier(["Antwort"], ["der"]);
        Assert.Equal([TokenClass.HeaderWord, TokenClass.StopWord, TokenClass.Content, TokenClass.Content], classifier.Classify(["▁Antwort", "▁Der", "▁the", "▁Response"]));
    }
}
