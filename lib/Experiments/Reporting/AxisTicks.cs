using System.Globalization;

namespace Experiments.Reporting;

/// <summary>A place on a value axis and its name.</summary>
internal readonly record struct AxisTick(double Value, string Label);

/// <summary>Chooses round numbers along a value axis.</summary>
internal static class AxisTicks
{
    private static readonly double[] RoundSteps = [1, 2, 5, 10];

    /// <summary>About <paramref name="count"/> multiples of 1, 2 or 5 times a power of ten from low to high, at least two: one alone names no scale.</summary>
    public static IReadOnlyList<AxisTick> Linear(double low, double high, int count, bool percent)
    {
        var rough = (high - low) / count;
        if (!(rough > 0) || !double.IsFinite(rough))
        {
            return [new AxisTick(low, Name(low, 4, percent))];
        }

        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = RoundSteps.First(s => (s * power) >= rough * 0.999) * power;
        var decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(step * (percent ? 100 : 1)) - 1e-9), 0, 12);
        var first = (long)Math.Ceiling((low / step) - 1e-9);
        var last = (long)Math.Floor((high / step) + 1e-9);
        return last <= first ? Linear(low, high, 2 * count, percent) : [.. Enumerable.Range(0, (int)(last - first + 1)).Select(i => (first + i) * step).Select(v => new AxisTick(v, Name(v, decimals, percent)))];
    }

    /// <summary>Powers of ten from low to high, with 2 and 5 times them where the range is short.</summary>
    public static IReadOnlyList<AxisTick> Logarithmic(double low, double high, bool percent)
    {
        double[] steps = Math.Log10(high / low) > 2.5 ? [1] : [1, 2, 5];
        var ticks = from exponent in Enumerable.Range(-12, 30)
                    from step in steps
                    let value = step * Math.Pow(10, exponent)
                    where value >= low * 0.999 && value <= high * 1.001
                    select new AxisTick(value, Name(value, Math.Clamp(-exponent - (percent ? 2 : 0), 0, 12), percent));
        return [.. ticks];
    }

    /// <summary>The floor of a logarithmic colour scale, which stands for all below it, and the powers of ten above.</summary>
    public static IReadOnlyList<AxisTick> Decades(double low, double high) =>
    [
        new AxisTick(low, "≤ " + low.ToString("0.################", CultureInfo.InvariantCulture)),
        .. Enumerable.Range(-12, 25).Select(e => Math.Pow(10, e)).Where(d => d > low * 1.5 && d <= high * 1.0001)
            .Select(d => new AxisTick(d, d.ToString("0.################", CultureInfo.InvariantCulture))),
    ];

    private static string Name(double value, int decimals, bool percent)
    {
        var digits = new string('0', decimals);
        var format = (decimals > 0 ? $"#,0.{digits}" : "#,0") + (percent ? "%" : "");
        var text = value.ToString(format, CultureInfo.InvariantCulture);
        return value < 0 ? text.Replace('-', '−') : text;
    }
}
