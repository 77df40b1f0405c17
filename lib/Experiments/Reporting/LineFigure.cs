using System.Collections.Immutable;
using System.Globalization;

namespace Experiments.Reporting;

/// <summary>Lines with optional bands: loss curves, a number over layers.</summary>
public sealed record LineFigure : Figure
{
    /// <summary>The lines.</summary>
    public required ImmutableArray<LineSeries> Series { get; init; }

    /// <summary>What the x axis counts, with its unit.</summary>
    public required string XTitle { get; init; }

    /// <summary>What the lines measure, with its unit.</summary>
    public required string ValueTitle { get; init; }

    /// <summary>The values are shares of 1 and are shown as percentages.</summary>
    public bool Percent { get; init; }

    /// <summary>Logarithmic value axis; values must be positive.</summary>
    public bool LogValues { get; init; }

    /// <summary>A dot at each value, for lines of few points.</summary>
    public bool Markers { get; init; }

    /// <summary>A level to compare with, or null.</summary>
    public ReferenceLevel? Reference { get; init; }

    /// <inheritdoc/>
    protected override string Summary =>
        string.Join(" ", Series.Select(s => s.Y.IsEmpty
            ? $"{s.Name}: no values."
            : string.Create(CultureInfo.InvariantCulture, $"{s.Name}: {ValueTitle} from {s.Y[0]:G3} at {XTitle} {s.X[0]:G6} to {s.Y[^1]:G3} at {s.X[^1]:G6}.")));

    /// <inheritdoc/>
    public override Table ToTable()
    {
        Check();
        var points = from series in Series
                     from i in Enumerable.Range(0, series.X.Length)
                     select (series, i);
        return Table.From(points.ToImmutableArray(), c => c
            .Text("series", p => p.series.Name)
            .Number("x", p => p.series.X[p.i])
            .Number("value", p => p.series.Y[p.i])
            .Number("low", p => p.series.Low.IsEmpty ? null : p.series.Low[p.i])
            .Number("high", p => p.series.High.IsEmpty ? null : p.series.High[p.i])) with
        { Caption = Title };
    }

    /// <summary>The range of the value axis: all values, bands and the reference, with some room.</summary>
    internal (double Low, double High) ValueRange()
    {
        const double margin = 0.05;
        var values = Series.SelectMany(s => s.Y.Concat(s.Low).Concat(s.High)).Concat(Reference is { } r ? [r.Value] : [])
            .Where(v => double.IsFinite(v) && (!LogValues || v > 0)).DefaultIfEmpty(1).ToArray();
        var (low, high) = (values.Min(), values.Max());
        if (LogValues)
        {
            var factor = Math.Pow(Math.Max(high / low, 1.5), margin);
            return (low / factor, high * factor);
        }

        var room = high > low ? (high - low) * margin : Math.Max(Math.Abs(high), 1) * margin;
        return (low - room, high + room);
    }

    /// <exception cref="ArgumentException">A series has values without places.</exception>
    internal void Check()
    {
        foreach (var s in Series)
        {
            if (s.Y.Length != s.X.Length || s.Low.Length != s.High.Length || (s.Low.Length != 0 && s.Low.Length != s.X.Length))
            {
                throw new ArgumentException($"Figure '{Title}': line '{s.Name}' needs as many values as places, and as many band edges or none.");
            }
        }
    }
}
