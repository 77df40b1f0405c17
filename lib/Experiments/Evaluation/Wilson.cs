using MathNet.Numerics.Distributions;

namespace Experiments.Evaluation;

/// <summary>Wilson's score interval of a share (Wilson 1927): never leaves [0, 1] and holds its level for small n.</summary>
public static class Wilson
{
    /// <summary>The interval.</summary>
    /// <param name="successes">Right answers.</param>
    /// <param name="n">Answers, at least 1.</param>
    /// <param name="confidence">Level.</param>
    /// <returns>Its ends.</returns>
    public static (double Low, double High) Interval(int successes, int n, double confidence = 0.95)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        var z = Quantile(confidence);
        var share = (double)successes / n;
        // centre ± half: (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)
        var centre = share + (z * z / (2 * n));
        var half = z * Math.Sqrt((share * (1 - share) / n) + (z * z / (4.0 * n * n)));
        var scale = 1 + (z * z / n);
        return (Math.Max(0, (centre - half) / scale), Math.Min(1, (centre + half) / scale));
    }

    /// <summary>Standard deviations on both sides of a normal mean that hold a share of the values: 1.96 for 95 %.</summary>
    internal static double Quantile(double confidence) => Normal.InvCDF(0, 1, (1 + confidence) / 2);
}
