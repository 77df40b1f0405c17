using System.Collections.Immutable;
using System.Globalization;

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

    /// <summary>The colour at a place from 0 to 1, interpolated between the stops as Plotly does.</summary>
    public string At(double place)
    {
        var position = Math.Clamp(place, 0, 1) * (Stops.Length - 1);
        var below = Math.Min((int)position, Stops.Length - 2);
        var (from, to) = (Channels(Stops[below]), Channels(Stops[below + 1]));
        var mixed = from.Zip(to, (a, b) => (int)Math.Round(a + ((b - a) * (position - below))));
        return "#" + string.Concat(mixed.Select(c => c.ToString("x2", CultureInfo.InvariantCulture)));
    }

    /// <summary>Black or white, whichever is easier to read on a colour.</summary>
    public static string InkOn(string color)
    {
        var linear = Channels(color).Select(c => Math.Pow(c / 255.0, 2.2)).ToArray();
        var luminance = (0.2126 * linear[0]) + (0.7152 * linear[1]) + (0.0722 * linear[2]);
        return luminance > 0.18 ? "#000000" : "#ffffff"; // 0.18: equal contrast with both, by WCAG's formula
    }

    /// <summary>The colour of a series; they repeat after eight.</summary>
    public static string OfSeries(int index) => Series[index % Series.Length];

    private static int[] Channels(string color) =>
        [.. Enumerable.Range(0, 3).Select(i => int.Parse(color.AsSpan(1 + (2 * i), 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
}
