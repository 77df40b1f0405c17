using System.Collections.Immutable;
using System.Globalization;

namespace Experiments.Reporting;

/// <summary>A value with its interval in each row, and a line at zero: a forest plot of differences.</summary>
public sealed record IntervalFigure : Figure
{
    /// <summary>The rows, from the top.</summary>
    public required CategoryAxis Rows { get; init; }

    /// <summary>One value for each row.</summary>
    public required ImmutableArray<double> Values { get; init; }

    /// <summary>Lower ends of the intervals.</summary>
    public required ImmutableArray<double> Low { get; init; }

    /// <summary>Upper ends of the intervals.</summary>
    public required ImmutableArray<double> High { get; init; }

    /// <summary>What the values are, with their unit.</summary>
    public required string ValueTitle { get; init; }

    /// <inheritdoc/>
    protected override string Summary => string.Join(" ", Rows.Labels.Select((label, i) =>
        string.Create(CultureInfo.InvariantCulture, $"{label}: {Values[i]:0.0##} [{Low[i]:0.0##}, {High[i]:0.0##}]."))) + $" ({ValueTitle})";

    /// <inheritdoc/>
    public override Table ToTable()
    {
        Check();
        return Table.From(Enumerable.Range(0, Values.Length), c => c
            .Text("row", i => Rows.Labels[i])
            .Number("value", i => Values[i])
            .Number("low", i => Low[i])
            .Number("high", i => High[i])) with
        { Caption = Title };
    }

    /// <exception cref="ArgumentException">A row lacks its value or an end of its interval.</exception>
    internal void Check()
    {
        var n = Rows.Labels.Length;
        if (Values.Length != n || Low.Length != n || High.Length != n)
        {
            throw new ArgumentException($"Figure '{Title}': {n} rows need as many values, lower and upper ends.");
        }
    }

    /// <summary>The range of the value axis: all intervals and zero, with some room; 1 to both sides where all of them are zero.</summary>
    internal (double From, double To) Range()
    {
        var ends = Low.Concat(High).Concat(Values).Append(0).Where(double.IsFinite).ToArray();
        var span = ends.Max() - ends.Min();
        var room = span == 0 ? 1 : span * 0.06;
        return (ends.Min() - room, ends.Max() + room);
    }
}
