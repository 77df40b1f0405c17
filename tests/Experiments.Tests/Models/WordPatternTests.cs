using Experiments.Models.Tokenizers;

namespace Experiments.Tests.Models;

public class WordPatternTests
{
    private const string Llama3 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    [Theory]
    [InlineData(Gpt2, "Hello  world, it's 1234!\n\n", "Hello| | world|,| it|'s| 1234|!|\n\n")]
    [InlineData(Gpt2, "DON'T 𝒜𝒷 x𠀀 𝟙𝟚 😀😀a", "DON|'|T| 𝒜𝒷| x𠀀| 𝟙𝟚| 😀😀|a")]
    [InlineData(Llama3, "Hello  world, it'S 1234!\n\n x", "Hello| | world|,| it|'S| |123|4|!\n\n| x")]
    [InlineData(Llama3, "😀abc (𝒜𝒷) 𝟙𝟚𝟛𝟜", "😀abc| (|𝒜𝒷|)| |𝟙𝟚𝟛|𝟜")]
    [InlineData(Llama3, "", "")]
    public void Published_patterns_cut_as_they_say_with_characters_beyond_U_FFFF_as_one(string pattern, string text, string words) => Assert.Equal(words, Cut(new(pattern), text));

    [Theory]
    [InlineData("Isolated", false, "-|a|-|-|b")]
    [InlineData("Removed", false, "a|b")]
    [InlineData("MergedWithPrevious", false, "-|a-|-|b")]
    [InlineData("MergedWithNext", false, "-a|-|-b")]
    [InlineData("Removed", true, "-|-|-")]
    [InlineData("Isolated", true, "-|a|-|-|b")]
    public void Separators_go_where_their_behaviour_says(string behavior, bool invert, string words) => Assert.Equal(words, Cut(new("-", Enum.Parse<SplitBehavior>(behavior), invert), "-a--b"));

    [Fact]
    public void Every_character_is_cut_as_its_category_says()
    {
        var letters = new WordPattern(@"\p{L}+");
        var wrong = Enumerable.Range(0x10000, 0x100000).Where(point => System.Text.Rune.IsValid(point)).Select(point => char.ConvertFromUtf32(point))
            .Where(text => char.IsLetter(text, 0) != (Cut(letters, "a" + text) == "a" + text)).Take(3);
        Assert.Empty(wrong);
    }

    private static string Cut(WordPattern pattern, string text) => string.Join('|', pattern.Cut(AlignedText.Of(text)).Select(word => word.Text));
}
