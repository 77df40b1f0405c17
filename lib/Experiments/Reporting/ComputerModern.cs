namespace Experiments.Reporting;

/// <summary>How wide a text is in Computer Modern, the font that LaTeX sets where a document asks for no other.</summary>
internal static class ComputerModern
{
    /// <summary>Width of \small, \footnotesize and \scriptsize beside 10 pt: cmr9, cmr8 and cmr7 are wider than their size says.</summary>
    public const double Small = 0.925, Footnote = 0.85, Script = 0.8;

    private const double Bold = 1.156; // mean of cmbx10 over cmr10

    private const double Unknown = 0.85; // em: symbols and Greek letters, the widest of which (Δ) has 0.83

    /// <summary>cmr10.tfm from the space to the tilde, thousandths of an em; the signs that it lacks as LaTeX's commands set them.</summary>
    private static ReadOnlySpan<short> Widths =>
    [
        334, 278, 500, 833, 500, 833, 778, 278, 389, 389, 500, 778, 278, 334, 278, 500,
        500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 278, 278, 778, 778, 778, 472,
        778, 750, 708, 722, 764, 681, 653, 785, 750, 361, 514, 778, 625, 917, 750, 778,
        681, 778, 736, 556, 722, 750, 750, 1028, 750, 750, 611, 278, 500, 278, 500, 360,
        278, 500, 556, 444, 556, 444, 306, 500, 556, 278, 306, 528, 278, 833, 556, 500,
        556, 528, 392, 394, 389, 556, 528, 722, 528, 528, 444, 500, 278, 500, 500,
    ];

    /// <summary>Natural width in points at 10 pt, without kerning: within half a percent for words.</summary>
    /// <param name="text">The text, before it is escaped.</param>
    /// <param name="bold">As <c>\textbf</c> sets it.</param>
    public static double Width(string text, bool bold = false)
    {
        var em = 0.0;
        foreach (var c in text)
        {
            em += c switch
            {
                >= ' ' and <= '~' => Widths[c - ' '] / 1000.0,
                '–' => 0.5,
                '−' or '±' or '×' => 0.778,
                '—' or '→' => 1,
                '…' or '⏎' => 1.34,
                _ => Unknown,
            };
        }

        return 10 * em * (bold ? Bold : 1);
    }
}
