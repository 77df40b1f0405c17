using Experiments.Runs;
using SkiaSharp;

namespace Experiments.Reporting;

/// <summary>Draws figures without a browser: SVG and PDF for papers and the README, PNG for notebooks.</summary>
internal static class Picture
{
    private const double PointsPerInch = 72;

    public static string Svg(Figure figure, FigureSize? size, SvgColors colors)
    {
        var page = FigurePage.Of(figure, FigureSpace.Of(size));
        var drawing = new SvgDrawing(page.Width, page.Height, size, figure.Title, figure.AltText, colors);
        Draw(page, drawing);
        return drawing.ToString();
    }

    /// <param name="figure">The figure.</param>
    /// <param name="size">Its size in a paper, or null for that of a screen.</param>
    /// <param name="scale">Pixels for each unit of the layout.</param>
    public static byte[] Png(Figure figure, FigureSize? size, double scale)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scale);
        var page = FigurePage.Of(figure, FigureSpace.Of(size));
        var pixelSize = new SKImageInfo((int)Math.Ceiling(Math.Round(page.Width * scale, 3)), (int)Math.Ceiling(Math.Round(page.Height * scale, 3)), SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var surface = SKSurface.Create(pixelSize)
            ?? throw new ExperimentException($"No memory for a picture of {pixelSize.Width} x {pixelSize.Height} pixels of '{figure.Title}'. Choose a smaller scale.");
        surface.Canvas.Clear(SKColors.White);
        surface.Canvas.Scale((float)scale);
        Draw(page, new SkiaDrawing(surface.Canvas));
        using var pixels = surface.PeekPixels();
        if (IndexedPng.TryEncode(pixels.GetPixelSpan(), pixelSize.Width) is { } indexed)
        {
            return indexed;
        }

        using var png = pixels.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.None, 9)); // flat colours compress best unfiltered
        return png.ToArray();
    }

    /// <param name="figure">The figure.</param>
    /// <param name="size">Its size.</param>
    /// <param name="dpi">Pixels per inch.</param>
    public static byte[] PngOfSize(Figure figure, FigureSize size, double dpi) => Png(figure, size, size.PointsPerUnit * dpi / PointsPerInch);

    public static byte[] Pdf(Figure figure, FigureSize size)
    {
        var page = FigurePage.Of(figure, FigureSpace.Of(size));
        using var document = new PdfPicture(figure, page.Width * size.PointsPerUnit, page.Height * size.PointsPerUnit);
        using (var drawing = document.Draw(size.PointsPerUnit))
        {
            Draw(page, drawing);
        }

        return document.ToBytes();
    }

    /// <summary>Draws on anything that can draw.</summary>
    public static void Draw(FigurePage page, IDrawing drawing)
    {
        for (var line = 0; line < page.TitleLines.Count; line++)
        {
            var y = 20 + (line * FigureGeometry.TitleFont * FigureGeometry.LineHeight);
            drawing.Text(page.TitleLines[line], new Spot(10, y), FigureGeometry.TitleFont, TextAnchor.Start, 0, PictureFrame.Ink);
        }

        foreach (var (figure, geometry, origin) in page.Panels)
        {
            Draw(figure, new PictureFrame(geometry, origin == default ? drawing : new ShiftedDrawing(drawing, origin)));
        }
    }

    private static void Draw(Figure figure, PictureFrame frame)
    {
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
