using Experiments.Runs;
using SkiaSharp;

namespace Experiments.Reporting;

/// <summary>Draws figures without a browser: SVG for papers and the README, PNG for notebooks.</summary>
internal static class Picture
{
    public static string Svg(Figure figure)
    {
        var geometry = FigureGeometry.Of(figure);
        var drawing = new SvgDrawing(Math.Ceiling(geometry.Width), Math.Ceiling(geometry.Height), figure.Title, figure.AltText);
        Draw(figure, drawing);
        return drawing.ToString();
    }

    public static byte[] Png(Figure figure, double scale)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scale);
        var geometry = FigureGeometry.Of(figure);
        var size = new SKImageInfo((int)Math.Ceiling(geometry.Width * scale), (int)Math.Ceiling(geometry.Height * scale), SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var surface = SKSurface.Create(size)
            ?? throw new ExperimentException($"No memory for a picture of {size.Width} x {size.Height} pixels of '{figure.Title}'. Choose a smaller scale.");
        surface.Canvas.Clear(SKColors.White);
        surface.Canvas.Scale((float)scale);
        Draw(figure, new SkiaDrawing(surface.Canvas));
        using var pixels = surface.PeekPixels();
        if (IndexedPng.TryEncode(pixels.GetPixelSpan(), size.Width) is { } indexed)
        {
            return indexed;
        }

        using var png = pixels.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.None, 9)); // flat colours compress best unfiltered
        return png.ToArray();
    }

    /// <summary>Draws on anything that can draw.</summary>
    public static void Draw(Figure figure, IDrawing drawing)
    {
        var frame = new PictureFrame(FigureGeometry.Of(figure), drawing);
        frame.Title();
        switch (figure)
        {
            case HeatmapFigure heatmap:
                PictureOfHeatmap.Draw(heatmap, frame);
                break;
            case BarFigure bars:
                PictureOfBars.Draw(bars, frame);
                break;
            case LineFigure lines:
                PictureOfLines.Draw(lines, frame);
                break;
            case IntervalFigure intervals:
                PictureOfIntervals.Draw(intervals, frame);
                break;
            default:
                throw new NotSupportedException($"No static renderer for {figure.GetType().Name}.");
        }
    }
}
