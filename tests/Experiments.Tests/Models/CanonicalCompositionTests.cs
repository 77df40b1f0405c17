using Experiments.Models.Tokenizers;

namespace Experiments.Tests.Models;

public class CanonicalCompositionTests
{
    [Theory] // lines of Unicode's NormalizationTest.txt, and their reasons
    [InlineData("cafe\u0301", "café")] // composes
    [InlineData("\u212B \u2126 \u212A", "Å Ω K")] // one character that stands for another
    [InlineData("\u0958", "\u0915\u093C")] // composes to nothing: excluded
    [InlineData("D\u0307\u0323", "\u1E0C\u0307")] // marks are ordered first
    [InlineData("a\u0315\u0300\u05AE\u0062", "\u00E0\u05AE\u0315b")] // composes across a mark of another class
    [InlineData("a\u0300\u0301", "à\u0301")] // the second mark is kept
    [InlineData("\u1112\u1161\u11AB", "한")] // Hangul is arithmetic
    [InlineData("\uAC00\u11A8", "각")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")] // beyond U+FFFF
    [InlineData("\U00011131\U00011127", "\U0001112E")]
    [InlineData("\uFB01 ﬀ ½ 😀", "ﬁ ﬀ ½ 😀")] // compatibility characters stay
    [InlineData("", "")]
    public void Text_is_brought_to_normalization_form_C(string text, string composed) => Assert.Equal(composed, CanonicalComposition.Compose(AlignedText.Of(text)).Text);

    [Fact]
    public void What_is_composed_keeps_its_place()
    {
        var text = CanonicalComposition.Compose(AlignedText.Of("xe\u0301y"));
        Assert.Equal("xéy", text.Text);
        Assert.Equal([(0, 1), (1, 2), (3, 1)], Enumerable.Range(0, 3).Select(at => text.Origin(at, 1)));
    }
}
