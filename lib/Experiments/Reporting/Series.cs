using System.Collections.Immutable;

namespace Experiments.Reporting;

/// <summary>One named set of bars, a value for each category.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Values">One value for each category; NaN leaves a gap.</param>
public sealed record BarSeries(string Name, ImmutableArray<double> Values)
{
    /// <summary>Lower ends of the intervals, or empty.</summary>
    public ImmutableArray<double> Low { get; init; } = [];

    /// <summary>Upper ends of the intervals, or empty.</summary>
    public ImmutableArray<double> High { get; init; } = [];
}

/// <summary>One named line.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="X">Places along the x axis, rising.</param>
/// <param name="Y">A value for each place; NaN interrupts the line.</param>
public sealed record LineSeries(string Name, ImmutableArray<double> X, ImmutableArray<double> Y)
{
    /// <summary>Lower edge of the band around the line, or empty.</summary>
    public ImmutableArray<double> Low { get; init; } = [];

    /// <summary>Upper edge of the band around the line, or empty.</summary>
    public ImmutableArray<double> High { get; init; } = [];
}

/// <summary>A level to compare with, drawn as a dashed horizontal line.</summary>
/// <param name="Name">What it is, for instance <c>chance</c>.</param>
/// <param name="Value">Where it lies, in the unit of the values.</param>
public sealed record ReferenceLevel(string Name, double Value);
