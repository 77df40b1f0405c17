using System.Globalization;
using System.Xml.Linq;
using Experiments.Reporting;
using Experiments.Tests.Runs;
using SkiaSharp;

namespace Experiments.Tests.Reporting;

public sealed class PictureTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Theory]
    [MemberData(nameof(SampleFigures.Names), MemberType = typeof(SampleFigures))]
    public void Equal_figures_give_equal_pictures_in_any_culture(string name)
    {
        var figure = SampleFigures.All[name];
        var (svg, png) = (figure.ToSvg(), figure.ToPng());
        using var comma = new CommaCulture();
        var copy = figure with { Title = figure.Title };
        Assert.Equal(svg, copy.ToSvg());
        Assert.Equal(png, copy.ToPng());
        Assert.NotEqual(png, (figure with { Title = "Another" }).ToPng());
    }

    [Theory]
    [MemberData(nameof(SampleFigures.Names), MemberType = typeof(SampleFigures))]
    public void An_svg_is_well_formed_and_carries_text_title_and_description(string name)
    {
        var figure = SampleFigures.All[name];
        var root = XDocument.Parse(figure.ToSvg()).Root!;
        Assert.Equal(figure.Title, root.Element(Svg + "title")!.Value);
        Assert.Equal(figure.AltText, root.Element(Svg + "desc")!.Value);
        Assert.Contains(root.Elements(Svg + "text"), t => t.Value.Length > 0);
        Assert.DoesNotContain(root.Descendants().Attributes(), a => a.Name.LocalName is "id" or "href" or "src");
    }

    [Theory]
    [MemberData(nameof(SampleFigures.Names), MemberType = typeof(SampleFigures))]
    public void No_text_is_cut_at_the_edge(string name) => AssertAllTextInside(SampleFigures.All[name]);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(130)]
    public void No_token_is_cut_however_many_there_are(int count)
    {
        string[] tokens = [.. Enumerable.Range(0, count).Select(i => i % 3 == 0 ? "WWWWWWWWWWWWWWWW" : "a")];
        var grid = Grid.Of(count, count, (_, _) => 0.5);
        AssertAllTextInside(AttentionFigures.TokenByToken(grid, tokens, 0, 0));
        AssertAllTextInside(AttentionFigures.ReceivedByLayer(Grid.Of(4, count, (_, _) => 0.5), tokens, logarithmic: true));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(9)]
    [InlineData(57)]
    public void No_category_or_legend_is_cut(int count)
    {
        string[] names = [.. Enumerable.Range(0, count).Select(i => $"high school mathematics {i}")];
        var bars = new BarSeries("re-balanced in the early layers, alpha 0.2", [.. names.Select(_ => 0.9)]);
        AssertAllTextInside(ResultFigures.Accuracy(names, [bars, bars with { Name = "original" }], chance: 0.25));
    }

    [Fact]
    public void A_png_has_the_pixels_it_was_asked_for()
    {
        var (once, twice) = (SKBitmap.Decode(SampleFigures.Loss.ToPng()), SKBitmap.Decode(SampleFigures.Loss.ToPng(2)));
        Assert.InRange(twice.Width, (2 * once.Width) - 1, 2 * once.Width);
        Assert.InRange(twice.Height, (2 * once.Height) - 1, 2 * once.Height);
    }

    [Fact]
    public void The_largest_weight_has_the_brightest_colour_and_the_future_is_grey()
    {
        var figure = SampleFigures.Attention;
        var bitmap = SKBitmap.Decode(figure.ToPng());
        var geometry = FigureGeometry.Of(figure, FigureSpace.Screen);
        SKColor Cell(int row, int column) => bitmap.GetPixel(
            (int)(geometry.Left + ((column + 0.5) * geometry.PlotWidth / 5)), (int)(geometry.Top + ((row + 0.5) * geometry.PlotHeight / 5)));
        Assert.Equal(SKColor.Parse("#fde725"), Cell(0, 0));
        Assert.Equal(SKColor.Parse(ColorMap.NoValue), Cell(0, 4));
        Assert.Equal(Cell(4, 0), Cell(4, 4));
        Assert.NotEqual(Cell(1, 0), Cell(4, 0));
    }

    [Theory]
    [InlineData(0, 0.97, true, "0% 20% 40% 60% 80%")]
    [InlineData(-0.02, 0.02, true, "−2% −1% 0% 1% 2%")]
    [InlineData(0, 123456, false, "0 50,000 100,000")]
    [InlineData(0.001, 0.0042, false, "0.001 0.002 0.003 0.004")]
    public void Ticks_are_round_numbers(double low, double high, bool percent, string expected) =>
        Assert.Equal(expected, string.Join(' ', AxisTicks.Linear(low, high, 5, percent).Select(t => t.Label)));

    [Fact]
    public void Logarithmic_ticks_are_decades() =>
        Assert.Equal(["0.01", "0.1", "1", "10"], AxisTicks.Logarithmic(0.01, 10, percent: false).Select(t => t.Label));

    [Theory]
    [InlineData("#000000", "#ffffff")]
    [InlineData("#fde725", "#000000")]
    [InlineData("#440154", "#ffffff")]
    public void Cell_text_contrasts_with_its_cell(string cell, string ink) => Assert.Equal(ink, ColorMap.InkOn(cell));

    [Theory]
    [MemberData(nameof(SampleFigures.Names), MemberType = typeof(SampleFigures))]
    public void In_print_a_figure_has_its_exact_width_and_text_of_at_least_7_points(string name)
    {
        foreach (var size in new[] { FigureSize.SingleColumn, FigureSize.DoubleColumn, new FigureSize(5, 7), new FigureSize(3.25, 9) })
        {
            var root = XDocument.Parse(SampleFigures.All[name].ToSvg(size)).Root!;
            Assert.Equal(FormattableString.Invariant($"{size.WidthInches}in"), root.Attribute("width")!.Value);
            var unit = size.WidthInches * 72 / double.Parse(root.Attribute("viewBox")!.Value.Split(' ')[2], CultureInfo.InvariantCulture);
            Assert.All(root.Elements(Svg + "text"), t => Assert.InRange(double.Parse(t.Attribute("font-size")!.Value, CultureInfo.InvariantCulture) * unit, 6.99, size.FontPoints + 0.01));
            Assert.InRange(double.Parse(root.Attribute("height")!.Value.Replace("in", "", StringComparison.Ordinal), CultureInfo.InvariantCulture), 0.5, 9); // a page is 9 inches high
        }
    }

    [Fact]
    public void A_png_for_print_has_300_dots_per_inch()
    {
        var bitmap = SKBitmap.Decode(SampleFigures.Accuracy.ToPng(FigureSize.SingleColumn));
        Assert.Equal(975, bitmap.Width);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(21)]
    public void A_width_that_no_paper_has_is_refused(double inches) => Assert.Throws<ArgumentOutOfRangeException>(() => new FigureSize(inches));

    [Fact]
    public void Panels_that_share_colours_give_equal_numbers_equal_colours()
    {
        HeatmapFigure Of(double value, double other) => SampleFigures.LayerHead with { Values = new double[,] { { value, other } }, Rows = CategoryAxis.Numbered("layer", 1), Columns = CategoryAxis.Numbered("head", 2), Minimum = null, Maximum = null, CellFormat = null };
        var shared = new PanelFigure { Title = "Two", Panels = [Of(0.2, 0.4), Of(0.2, 1)], SharedColors = true };
        Assert.Equal(2, Colors(shared).Count(color => color == ColorMap.Amount.At(0)));
        Assert.Equal(1, Colors(shared).Count(color => color == ColorMap.Amount.At(1)));
        Assert.Equal(2, Colors(shared with { SharedColors = false }).Count(color => color == ColorMap.Amount.At(1)));

        static IEnumerable<string> Colors(Figure figure) => XDocument.Parse(figure.ToSvg()).Root!.Elements(Svg + "path").Where(p => p.Attribute("d")!.Value.Count(c => c == 'M') == 1 && !p.Attribute("d")!.Value.Contains("h14v", StringComparison.Ordinal)).Select(p => p.Attribute("fill")!.Value);
    }

    [Fact]
    public void In_print_the_plots_of_panels_that_share_colours_are_equally_large()
    {
        string[] tokens = [.. Enumerable.Range(0, 60).Select(i => $"token{i}")];
        var panel = AttentionFigures.TokenByToken(Grid.Of(60, 60, (_, _) => 0.5), tokens, 0, null, logarithmic: true);
        var page = FigurePage.Of(new PanelFigure { Title = "Four", Panels = [panel, panel, panel, panel], SharedColors = true }, FigureSpace.Of(FigureSize.DoubleColumn));
        var widths = page.Panels.Select(p => p.Geometry.PlotWidth).ToList();
        Assert.All(widths, width => Assert.Equal(widths[0], width, 1));
    }

    [Fact]
    public void Panels_of_different_numbers_cannot_share_colours()
    {
        var figure = new PanelFigure { Title = "Two", Panels = [SampleFigures.Attention, SampleFigures.LayerHead], SharedColors = true };
        Assert.Equal("Figure 'Two' shares colours between heatmaps of different numbers.", Assert.Throws<ArgumentException>(() => figure.ToSvg()).Message);
        Assert.Contains("has no panels", Assert.Throws<ArgumentException>(() => (figure with { Panels = [] }).ToJson()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Differences_that_are_all_zero_have_an_axis_that_can_be_read()
    {
        var figure = ResultFigures.Differences([("kinship", 0, 0, 0), ("overall", 0, 0, 0)], "After − before");
        foreach (var size in new[] { null, FigureSize.SingleColumn, FigureSize.DoubleColumn })
        {
            var bounds = new TextBounds();
            Picture.Draw(FigurePage.Of(figure, FigureSpace.Of(size)), bounds);
            Assert.Contains("−1.0", bounds.Texts.Select(text => text.Text));
            foreach (var (index, (name, box)) in bounds.Texts.Index())
            {
                Assert.All(bounds.Texts.Skip(index + 1), other => Assert.False(
                    box.X < other.Box.X + other.Box.Width && other.Box.X < box.X + box.Width && box.Y < other.Box.Y + other.Box.Height && other.Box.Y < box.Y + box.Height,
                    $"'{name}' and '{other.Text}' overlap, {size?.ToString() ?? "screen"}"));
            }
        }
    }

    private static void AssertAllTextInside(Figure figure)
    {
        foreach (var size in new[] { null, FigureSize.SingleColumn, FigureSize.DoubleColumn, new FigureSize(3.25, 9) })
        {
            var (bounds, page) = (new TextBounds(), FigurePage.Of(figure, FigureSpace.Of(size)));
            Picture.Draw(page, bounds);
            Assert.NotEmpty(bounds.Texts);
            Assert.All(bounds.Texts, t => Assert.True(
                t.Box.X >= 0 && t.Box.Y >= 0 && t.Box.X + t.Box.Width <= page.Width && t.Box.Y + t.Box.Height <= page.Height,
                $"'{t.Text}' at {t.Box} leaves {page.Width} x {page.Height}, {size?.ToString() ?? "screen"}"));
        }
    }
}
