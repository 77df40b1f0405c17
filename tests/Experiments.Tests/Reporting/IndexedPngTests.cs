using Experiments.Reporting;
using SkiaSharp;

namespace Experiments.Tests.Reporting;

public class IndexedPngTests
{
    [Fact]
    public void Few_colours_come_back_exactly_and_near_ones_within_what_nobody_sees()
    {
        var pixels = Pixels(40, 30, (x, y) => (x == 0 ? 200 : x, y % 10, (x * y) % 2));
        var written = IndexedPng.TryEncode(pixels, 40)!;
        Assert.Equal(3, written[25]); // colour type: palette
        Assert.True(Difference(pixels, written) <= 4);
        var few = Pixels(40, 30, (x, y) => (x / 10, 0, 255));
        Assert.Equal(0, Difference(few, IndexedPng.TryEncode(few, 40)!));
    }

    [Fact]
    public void A_picture_that_a_palette_would_change_has_none()
    {
        Assert.Null(IndexedPng.TryEncode(Pixels(40, 30, (x, y) => (x * 6, y * 8, 0)), 40)); // 1,200 colours
        Assert.Null(IndexedPng.TryEncode(Pixels(30, 30, (x, y) => (x * 8, y * 8, 0)), 30)); // 900, far apart
    }

    [Fact]
    public void A_heatmap_of_a_text_is_small()
    {
        var values = new double[35, 35];
        for (var i = 0; i < 35; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                values[i, j] = 1 / Math.Pow(1 + i - j, 2); // near tokens, as attention does
            }
        }

        var figure = AttentionFigures.TokenByToken(new Grid(values).BelowDiagonal(), [.. Enumerable.Range(0, 35).Select(i => $"_word{i}")], 0, null);
        Assert.InRange(figure.ToPng().Length, 1_000, 28_000);
    }

    private static byte[] Pixels(int width, int height, Func<int, int, (int R, int G, int B)> color)
    {
        var bytes = new byte[width * height * 4];
        for (var i = 0; i < width * height; i++)
        {
            var (r, g, b) = color(i % width, i / width);
            (bytes[4 * i], bytes[(4 * i) + 1], bytes[(4 * i) + 2], bytes[(4 * i) + 3]) = ((byte)r, (byte)g, (byte)b, 255);
        }

        return bytes;
    }

    private static int Difference(byte[] pixels, byte[] png)
    {
        using var read = SKBitmap.Decode(png);
        return pixels.Chunk(4).Index().Max(item =>
        {
            var color = read.GetPixel(item.Index % read.Width, item.Index / read.Width);
            return Math.Max(Math.Abs(color.Red - item.Item[0]), Math.Max(Math.Abs(color.Green - item.Item[1]), Math.Abs(color.Blue - item.Item[2])));
        });
    }
}
