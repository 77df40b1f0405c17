using MathNet.Numerics.Distributions;

namespace Experiments.Evaluation;

/// <summary>Tests of paired yes/no results, and their correction for multiplicity.</summary>
public static class McNemar
{
    /// <summary>McNemar's exact test: under no change, gains and losses are equally likely (McNemar 1947).</summary>
    /// <param name="gained">Items that became right.</param>
    /// <param name="lost">Items that became wrong.</param>
    /// <returns>Two-sided p: twice the smaller binomial tail, at most 1.</returns>
    public static double ExactP(int gained, int lost)
    {
        var changed = gained + lost;
        return changed == 0 ? 1 : Math.Min(1, 2 * Binomial.CDF(0.5, changed, Math.Min(gained, lost)));
    }

    /// <summary>Holm's step-down correction (Holm 1979): the chance of any false finding stays below the level.</summary>
    /// <param name="p">Raw p values.</param>
    /// <returns>Adjusted p values, in the same order.</returns>
    public static double[] Holm(IReadOnlyList<double> p)
    {
        var adjusted = new double[p.Count];
        var running = 0.0;
        foreach (var (rank, index) in Enumerable.Range(0, p.Count).OrderBy(i => p[i]).Index())
        {
            running = Math.Max(running, Math.Min(1, (p.Count - rank) * p[index]));
            adjusted[index] = running;
        }

        return adjusted;
    }
}
