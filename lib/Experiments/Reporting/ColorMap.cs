using System.Collections.Immutable;

namespace Experiments.Reporting;

/// <summary>Colours that people with any colour vision can tell apart, shared by all renderers.</summary>
public sealed record ColorMap
{
    private ColorMap(ImmutableArray<string> stops) => Stops = stops;

    /// <summary>Viridis, dark for little and bright for much: amounts. Its lightness rises evenly, so it is readable in grey.</summary>
    public static ColorMap Amount { get; } = new(
        ["#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884", "#44bf70", "#7ad151", "#bddf26", "#fde725"]);

    /// <summary>ColorBrewer's RdBu, blue below zero and red above: differences. White lies exactly at zero.</summary>
    public static ColorMap Difference { get; } = new(
        ["#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#ffffff", "#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f"]);

    /// <summary>Okabe and Ito's colours for series.</summary>
    public static ImmutableArray<string> Series { get; } =
        ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#000000", "#a6761d"];

    /// <summary>Background of cells without a value.</summary>
    public static string NoValue => "#e4e4e4";

    /// <summary>Colours at equal steps from the least to the greatest value, as <c>#rrggbb</c>.</summary>
    public ImmutableArray<string> Stops { get; }

    /// <summary>The colour of a series; they repeat after eight.</summary>
    public static string OfSeries(int index) => Series[index % Series.Length];
}
