using SkiaSharp;

namespace Experiments.Reporting;

/// <summary>Draws on a Skia canvas with a font that is part of this library, so that pictures are equal on every machine.</summary>
internal sealed class SkiaDrawing(SKCanvas canvas) : IDrawing
{
    public void Rectangles(IEnumerable<Box> boxes, string color)
    {
        using var paint = new SKPaint { Color = SKColor.Parse(color), IsAntialias = false };
        foreach (var box in boxes)
        {
            canvas.DrawRect((float)box.X, (float)box.Y, (float)box.Width, (float)box.Height, paint);
        }
    }

    public void Area(IReadOnlyList<Spot> corners, string color, double opacity)
    {
        using var paint = new SKPaint { Color = SKColor.Parse(color).WithAlpha((byte)Math.Round(255 * opacity)), IsAntialias = true };
        using var path = PathThrough(corners);
        path.Close();
        canvas.DrawPath(path, paint);
    }

    public void Line(IReadOnlyList<Spot> points, string color, double width, IReadOnlyList<double> dashes)
    {
        using var effect = dashes.Count > 0 ? SKPathEffect.CreateDash([.. dashes.Select(d => (float)d)], 0) : null;
        using var paint = new SKPaint
        {
            Color = SKColor.Parse(color),
            IsAntialias = true,
            Style = SKPaintStyle.Stroke,
            StrokeWidth = (float)width,
            StrokeJoin = SKStrokeJoin.Round,
            PathEffect = effect,
        };
        using var path = PathThrough(points);
        canvas.DrawPath(path, paint);
    }

    public void Text(string text, Spot at, double size, TextAnchor anchor, double angle, string color)
    {
        using var paint = new SKPaint
        {
            Color = SKColor.Parse(color),
            IsAntialias = true,
            SubpixelText = true,
            HintingLevel = SKPaintHinting.NoHinting,
            Typeface = TextSize.Typeface,
            TextSize = (float)size,
            TextAlign = anchor switch
            {
                TextAnchor.Start => SKTextAlign.Left,
                TextAnchor.Middle => SKTextAlign.Center,
                _ => SKTextAlign.Right,
            },
        };
        canvas.Save();
        canvas.RotateDegrees((float)-angle, (float)at.X, (float)at.Y);
        canvas.DrawText(text, (float)at.X, (float)(at.Y + (size * PictureFrame.BaselineShift)), paint);
        canvas.Restore();
    }

    private static SKPath PathThrough(IReadOnlyList<Spot> points)
    {
        var path = new SKPath();
        for (var i = 0; i < points.Count; i++)
        {
            var (x, y) = ((float)points[i].X, (float)points[i].Y);
            if (i == 0)
            {
                path.MoveTo(x, y);
            }
            else
            {
                path.LineTo(x, y);
            }
        }

        return path;
    }
}
