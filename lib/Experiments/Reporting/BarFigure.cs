using System.Globalization;
using System.Collections.Immutable;

namespace Experiments.Reporting;

/// <summary>Grouped or stacked bars: accuracy per category before and after with intervals, outlier mass by token class, shares of a whole.</summary>
public sealed record BarFigure : Figure
{
    /// <summary>The groups, from the left.</summary>
    public required CategoryAxis Categories { get; init; }

    /// <summary>The bars in each group.</summary>
    public required ImmutableArray<BarSeries> Series { get; init; }

    /// <summary>What the bars measure, with its unit.</summary>
    public required string ValueTitle { get; init; }

    /// <summary>The values are shares of 1 and are shown as percentages.</summary>
    public bool Percent { get; init; }

    /// <summary>The bars of a category stand on each other, as parts of a whole: no negative values, and no intervals.</summary>
    public bool Stacked { get; init; }

    /// <summary>A level to compare with, or null.</summary>
    public ReferenceLevel? Reference { get; init; }

    /// <inheritdoc/>
    protected override string Summary
    {
        get
        {
            var values = Series.SelectMany(s => s.Values).Where(double.IsFinite).DefaultIfEmpty(double.NaN).ToArray();
            var format = Percent ? "0.0%" : "G3";
            return $"{(Stacked ? "Stacked bars" : "Bars")} for {Categories.Labels.Length} categories ({Categories.Title}) and {string.Join(", ", Series.Select(s => s.Name))}: "
                + $"{ValueTitle} from {Text(values.Min())} to {Text(values.Max())}.";

            string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
        }
    }

    /// <inheritdoc/>
    public override Table ToTable()
    {
        Check();
        var bars = from series in Series
                   from i in Enumerable.Range(0, Categories.Labels.Length)
                   select (series, i);
        return Table.From(bars.ToImmutableArray(), c => c
            .Text("series", b => b.series.Name)
            .Text("category", b => Categories.Labels[b.i])
            .Number("value", b => b.series.Values[b.i])
            .Number("low", b => b.series.Low.IsEmpty ? null : b.series.Low[b.i])
            .Number("high", b => b.series.High.IsEmpty ? null : b.series.High[b.i])) with
        { Caption = Title };
    }

    /// <summary>The range of the value axis: all bars, intervals, the reference and zero, with some room.</summary>
    internal (double Low, double High) ValueRange()
    {
        const double headroom = 1.06;
        var tops = Stacked ? Enumerable.Range(0, Categories.Labels.Length).Select(Height) : Series.SelectMany(s => s.Values.Concat(s.Low).Concat(s.High));
        var ends = tops.Append(Reference?.Value ?? 0).Where(double.IsFinite).ToArray();
        var (low, high) = (Math.Min(0, ends.Min() * headroom), Math.Max(0, ends.Max() * headroom));
        return (low, high > low ? high : low + 1);
    }

    /// <summary>Where a bar begins: on those below it if bars are stacked, at zero otherwise.</summary>
    internal double Base(int series, int category) => Stacked ? Series.Take(series).Sum(below => Part(below, category)) : 0;

    private double Height(int category) => Series.Sum(series => Part(series, category));

    private static double Part(BarSeries series, int category) => double.IsFinite(series.Values[category]) ? series.Values[category] : 0;

    /// <exception cref="ArgumentException">A series does not have one value for each category, or cannot be stacked.</exception>
    internal void Check()
    {
        var n = Categories.Labels.Length;
        foreach (var series in Series)
        {
            if (series.Values.Length != n || series.Low.Length != series.High.Length || (series.Low.Length != 0 && series.Low.Length != n))
            {
                throw new ArgumentException($"Figure '{Title}': series '{series.Name}' needs {n} values, and as many interval ends or none.");
            }

            if (Stacked && (series.Low.Length > 0 || series.Values.Any(value => value < 0)))
            {
                throw new ArgumentException($"Figure '{Title}': series '{series.Name}' has intervals or negative values, which cannot be stacked.");
            }
        }
    }
}
