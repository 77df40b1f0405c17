using System.Text;
using System.Text.RegularExpressions;
using Experiments.Reporting;
using Experiments.Tests.Runs;

namespace Experiments.Tests.Reporting;

public sealed partial class PdfTests
{
    [Theory]
    [MemberData(nameof(SampleFigures.Names), MemberType = typeof(SampleFigures))]
    public void Equal_figures_give_equal_bytes_in_any_culture(string name)
    {
        var pdf = SampleFigures.All[name].ToPdf(FigureSize.SingleColumn);
        using var comma = new CommaCulture();
        Assert.Equal(pdf, (SampleFigures.All[name] with { Title = SampleFigures.All[name].Title }).ToPdf(FigureSize.SingleColumn));
    }

    [Theory]
    [InlineData(3.25, "234")]
    [InlineData(6.75, "486")]
    public void The_page_is_as_wide_as_the_column(double inches, string points)
    {
        var text = Encoding.Latin1.GetString(SampleFigures.Accuracy.ToPdf(new FigureSize(inches)));
        Assert.Equal(points, MediaBox().Match(text).Groups[1].Value);
    }

    [Fact]
    public void Text_is_text_in_an_embedded_font_of_which_only_the_used_glyphs_travel()
    {
        var pdf = SampleFigures.Attention.ToPdf(FigureSize.SingleColumn);
        var text = Encoding.Latin1.GetString(pdf);
        Assert.Contains("/FontFile2", text, StringComparison.Ordinal);
        Assert.Contains("/ToUnicode", text, StringComparison.Ordinal);
        Assert.DoesNotContain("/Subtype/Image", text, StringComparison.Ordinal);
        Assert.InRange(pdf.Length, 1_000, 60_000);
    }

    [GeneratedRegex(@"/MediaBox\[0 0 ([0-9.]+) ")]
    private static partial Regex MediaBox();
}
