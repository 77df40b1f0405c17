namespace Experiments.Reporting;

/// <summary>How a table is made to fit into a two-column paper, set in 10 pt: columns of 3.25 in, text of 6.75 in, pages of 9 in.</summary>
/// <param name="Wide">Across both columns: <c>table*</c>.</param>
/// <param name="Size">Command for the size of the type; empty for that of the text.</param>
/// <param name="Separation">Half the room between two columns, in points: <c>\tabcolsep</c>.</param>
/// <param name="Shares">For each column the share of <c>\textwidth</c> in which its words wrap; null for its natural width.</param>
internal sealed record LatexLayout(bool Wide, string Size, double Separation, IReadOnlyList<double?> Shares)
{
    /// <summary>LaTeX's own <c>\tabcolsep</c>.</summary>
    public const double UsualSeparation = 6;

    private const double Inch = 72.27; // points
    private const double Slack = 2; // for kerning, which the widths leave out
    private const double ColumnWidth = (3.25 * Inch) - Slack;
    private const double TextWidth = (6.75 * Inch) - Slack;
    private const double TextHeight = 9 * Inch;

    /// <summary>From the most legible to the smallest; one column before two, because a reader finds the table nearer to its text.</summary>
    private static readonly Step[] Steps =
    [
        new(false, "", 1, 12, UsualSeparation),
        new(false, @"\small", ComputerModern.Small, 11, 4),
        new(false, @"\footnotesize", ComputerModern.Footnote, 9.5, 4),
        new(false, @"\footnotesize", ComputerModern.Footnote, 9.5, 3),
        new(true, "", 1, 12, UsualSeparation),
        new(true, @"\small", ComputerModern.Small, 11, 4),
        new(true, @"\footnotesize", ComputerModern.Footnote, 9.5, 4),
        new(true, @"\footnotesize", ComputerModern.Footnote, 9.5, 3),
        new(true, @"\scriptsize", ComputerModern.Script, 8, 3),
        new(true, @"\scriptsize", ComputerModern.Script, 8, 2),
    ];

    /// <summary>Chooses.</summary>
    /// <param name="columns">The table's columns.</param>
    /// <param name="lines">How many lines it has below its heading; the room between groups counts as half a line.</param>
    /// <param name="caption">Its caption.</param>
    /// <returns>The first layout that fits; a table longer than a page is left in the type of the text.</returns>
    public static LatexLayout Of(IReadOnlyList<LatexColumn> columns, double lines, string caption)
    {
        // 36: LaTeX's room above a caption (10), ours below it (6), and the three rules with theirs
        bool Low(Step step) => ((lines + 1) * step.Line) + 36 + (12 * Math.Ceiling(ComputerModern.Width(caption) / step.Room)) <= TextHeight;
        double Width(Step step) => (step.Scale * columns.Sum(column => column.Width)) + step.Separations(columns.Count);
        var natural = columns.Select(_ => (double?)null).ToList();
        return !Low(Steps[^1]) ? Steps[0].With(natural)
            : Steps.FirstOrDefault(step => Low(step) && Width(step) <= step.Room) is { } fits ? fits.With(natural)
            : Wrapped(columns);
    }

    /// <summary>Columns of words share what the numbers leave: short ones keep their width, long ones get equal shares.</summary>
    private static LatexLayout Wrapped(IReadOnlyList<LatexColumn> columns)
    {
        var steps = Steps.Where(step => step.Wide && step.Scale < ComputerModern.Small).ToList();
        double Share(Step step)
        {
            var left = TextWidth - step.Separations(columns.Count) - (step.Scale * columns.Where(column => !column.Wraps).Sum(column => column.Width));
            var words = columns.Where(column => column.Wraps).Select(column => step.Scale * column.Width).Order().ToList();
            for (var i = 0; i < words.Count; i++)
            {
                if (words[i] > left / (words.Count - i))
                {
                    return left / (words.Count - i);
                }

                left -= words[i];
            }

            return left;
        }

        bool Wraps(LatexColumn column, Step step) => column.Wraps && step.Scale * column.Width > Share(step);
        var chosen = steps.FirstOrDefault(step => columns.Any(column => column.Wraps) && columns.All(column => !Wraps(column, step) || step.Scale * column.LongestWord <= Share(step))) ?? steps[^1];
        return chosen.With([.. columns.Select(column => Wraps(column, chosen) ? Math.Floor(1000 * Math.Max(Share(chosen), chosen.Scale * column.LongestWord) / TextWidth) / 1000 : (double?)null)]);
    }

    private sealed record Step(bool Wide, string Size, double Scale, double Line, double Separation)
    {
        public double Room => Wide ? TextWidth : ColumnWidth;

        public double Separations(int columns) => 2 * Separation * (columns - 1);

        public LatexLayout With(IReadOnlyList<double?> shares) => new(Wide, Size, Separation, shares);
    }
}
