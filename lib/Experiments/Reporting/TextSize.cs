namespace Experiments.Reporting;

/// <summary>Estimates the room that a text needs, on the safe side, so that nothing is cut whatever sans-serif font draws it.</summary>
internal static class TextSize
{
    private const double EmNarrow = 0.64; // widest common sans-serif faces (DejaVu, Verdana) average 0.6
    private const double EmWide = 1.05;
    private const int FirstWideCharacter = 0x1100;

    /// <summary>Width in pixels.</summary>
    /// <param name="text">One line.</param>
    /// <param name="fontSize">Font size in pixels.</param>
    public static double Width(string text, double fontSize) =>
        fontSize * text.Sum(c => c < FirstWideCharacter || char.IsPunctuation(c) ? EmNarrow : EmWide);

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
}
