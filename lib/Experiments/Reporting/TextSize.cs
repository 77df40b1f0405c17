using System.Collections.Concurrent;
using System.Text;
using SkiaSharp;

namespace Experiments.Reporting;

/// <summary>
/// Measures text with the font that is part of this library. DejaVu Sans is among the widest sans-serif faces, so a browser that
/// takes another one needs no more room.
/// </summary>
internal static class TextSize
{
    private const string FontResource = "DejaVuSans.ttf";
    private const double EmUnknown = 1.05; // no glyph: ideographs are as wide as they are high
    private const float MeasuredAt = 1000;

    private static readonly Lazy<SKTypeface> Font = new(() => SKTypeface.FromStream(new MemoryStream(FontFile())));

    private static readonly ConcurrentDictionary<Rune, double> Widths = new();

    /// <summary>DejaVu Sans 2.37, embedded so that pictures are equal on every machine.</summary>
    public static SKTypeface Typeface => Font.Value;

    /// <summary>The font's file.</summary>
    public static byte[] FontFile()
    {
        using var stream = typeof(TextSize).Assembly.GetManifestResourceStream(FontResource)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Width in pixels.</summary>
    /// <param name="text">One line.</param>
    /// <param name="fontSize">Font size in pixels.</param>
    public static double Width(string text, double fontSize) =>
        fontSize * text.EnumerateRunes().Sum(rune => Widths.GetOrAdd(rune, Measure));

    /// <summary>Width of the widest text, 0 without any.</summary>
    public static double Widest(IEnumerable<string> texts, double fontSize) =>
        texts.Select(t => Width(t, fontSize)).DefaultIfEmpty(0).Max();

    /// <summary>Breaks a text at spaces so that lines stay within a width where words allow it.</summary>
    public static IReadOnlyList<string> Wrap(string text, double width, double fontSize)
    {
        var lines = new List<string>();
        foreach (var word in text.ReplaceLineEndings(" ").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (lines.Count > 0 && Width($"{lines[^1]} {word}", fontSize) <= width)
            {
                lines[^1] += " " + word;
            }
            else
            {
                lines.Add(word);
            }
        }

        return lines.Count > 0 ? lines : [""];
    }

    private static double Measure(Rune rune)
    {
        using var paint = new SKPaint { Typeface = Typeface, TextSize = MeasuredAt, SubpixelText = true, HintingLevel = SKPaintHinting.NoHinting };
        var text = rune.ToString();
        return paint.ContainsGlyphs(text) ? paint.MeasureText(text) / MeasuredAt : EmUnknown;
    }
}
