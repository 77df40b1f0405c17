using System.Collections.Immutable;
using System.Globalization;

namespace Experiments.Reporting;

/// <summary>A grid of coloured cells, row 0 at the top: attention between tokens, a number for each layer and head, an ablation.</summary>
public sealed record HeatmapFigure : Figure
{
    internal const string Mark = "*";

    /// <summary>The numbers; NaN stays empty.</summary>
    public required Grid Values { get; init; }

    /// <summary>The rows, from the top down.</summary>
    public required CategoryAxis Rows { get; init; }

    /// <summary>The columns, from the left.</summary>
    public required CategoryAxis Columns { get; init; }

    /// <summary>What the colour means, with its unit.</summary>
    public required string ValueTitle { get; init; }

    /// <summary>Amounts, or differences around zero, which get a scale that is symmetric about zero.</summary>
    public ColorMap Colors { get; init; } = ColorMap.Amount;

    /// <summary>Value of the first colour; the smallest value if null. Ignored for differences.</summary>
    public double? Minimum { get; init; }

    /// <summary>Value of the last colour; the largest value if null. For differences, the largest distance from zero.</summary>
    public double? Maximum { get; init; }

    /// <summary>If set, colours follow the logarithm, and this positive value and all below it share the first colour.</summary>
    public double? LogFloor { get; init; }

    /// <summary>Cells as wide as they are high.</summary>
    public bool Square { get; init; }

    /// <summary>The values are shares of 1 and the colour bar shows percentages.</summary>
    public bool Percent { get; init; }

    /// <summary>.NET number format of a text in each cell, for instance <c>0.0%</c>; no text if null.</summary>
    public string? CellFormat { get; init; }

    /// <summary>Cells whose text gets an asterisk, for instance those that differ significantly; what it means stands in the caption. Where texts don't fit, the asterisk alone is drawn.</summary>
    public ImmutableArray<(int Row, int Column)> Marked { get; init; } = [];

    /// <inheritdoc/>
    protected override string Summary
    {
        get
        {
            var (low, high) = (Values.Present.DefaultIfEmpty(double.NaN).Min(), Values.Present.DefaultIfEmpty(double.NaN).Max());
            return $"Heatmap of {Values.Rows} by {Values.Columns} ({Rows.Title} by {Columns.Title}), {ValueTitle} from {Text(low)} to {Text(high)}.";

            string Text(double value) => value.ToString(Percent ? "0.0%" : "G3", CultureInfo.InvariantCulture);
        }
    }

    /// <summary>First and last value of the colour scale, in the values' own unit.</summary>
    internal (double Low, double High) ColorRange()
    {
        var present = Values.Present.DefaultIfEmpty(0).ToArray();
        if (Colors == ColorMap.Difference)
        {
            var reach = Maximum ?? Math.Max(present.Max(Math.Abs), 1e-9);
            return (-reach, reach);
        }

        var (low, high) = (LogFloor ?? Minimum ?? present.Min(), Maximum ?? present.Max());
        return (low, high > low ? high : low + 1); // equal values have no scale of their own
    }

    /// <summary>The texts of all cells, row by row; empty for cells without a value.</summary>
    internal IEnumerable<string> CellTexts() =>
        from row in Enumerable.Range(0, Values.Rows)
        from column in Enumerable.Range(0, Values.Columns)
        select double.IsNaN(Values[row, column]) ? "" : Values[row, column].ToString(CellFormat, CultureInfo.InvariantCulture) + (Marked.Contains((row, column)) ? Mark : "");

    /// <inheritdoc/>
    public override Table ToTable()
    {
        Check();
        var cells = from row in Enumerable.Range(0, Values.Rows)
                    from column in Enumerable.Range(0, Values.Columns)
                    where !double.IsNaN(Values[row, column])
                    select (row, column);
        return Table.From(cells.ToImmutableArray(), c =>
        {
            var columns = c.Integer("row", p => p.row).Text("row_label", p => Rows.Labels[p.row])
                .Integer("column", p => p.column).Text("column_label", p => Columns.Labels[p.column])
                .Number("value", p => Values[p.row, p.column]);
            return Marked.IsEmpty ? columns : columns.Flag("marked", p => Marked.Contains(p));
        }) with
        { Caption = Title };
    }

    /// <exception cref="ArgumentException">The labels don't match the numbers.</exception>
    internal void Check()
    {
        if (Rows.Labels.Length != Values.Rows || Columns.Labels.Length != Values.Columns)
        {
            throw new ArgumentException($"Figure '{Title}': {Values.Rows} x {Values.Columns} values but "
                + $"{Rows.Labels.Length} row and {Columns.Labels.Length} column labels.");
        }
    }
}
