using System.Globalization;
using Experiments.Runs;

namespace Experiments.Evaluation;

/// <summary>Two conditions on the same items of one group.</summary>
/// <param name="Name">Category, <c>STEM</c>, <c>non-STEM</c> or <c>overall</c>.</param>
/// <param name="N">Items.</param>
/// <param name="Before">Accuracy before.</param>
/// <param name="After">Accuracy after.</param>
/// <param name="Gained">Items wrong before and right after.</param>
/// <param name="Lost">Items right before and wrong after.</param>
/// <param name="Low">Lower end of the paired bootstrap 95 % interval of the difference.</param>
/// <param name="High">Upper end.</param>
/// <param name="P">McNemar's exact p, two-sided.</param>
/// <param name="AdjustedP">P after Holm's correction over the categories; equal to P for the groups of several categories.</param>
/// <param name="Detectable">Smallest true difference that this many items show with 80 % power at 5 %, given the share that changed.</param>
public sealed record PairedRow(string Name, int N, double Before, double After, int Gained, int Lost, double Low, double High, double P, double AdjustedP, double Detectable)
{
    /// <summary>After minus before.</summary>
    public double Difference => After - Before;

    /// <summary>What the numbers say, in a sentence.</summary>
    public string Verdict
    {
        get
        {
            var verdict = AdjustedP >= 0.05 ? "No detectable change" : Difference > 0 ? $"A gain of {Points(Difference)} points" : $"A loss of {Points(-Difference)} points";
            var change = AdjustedP >= 0.05 ? PercentagePoints.Text(Difference, Low, High) : PercentagePoints.Interval(Low, High);
            return string.Create(CultureInfo.InvariantCulture, $"{Name}: {verdict}{(AdjustedP >= 0.05 ? ": " : " ")}{change}, p = {PText(AdjustedP)}, n = {N:N0}.");
        }
    }

    private static string Points(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture);

    private static string PText(double p) => p < 0.001 ? p.ToString("0.0e-0", CultureInfo.InvariantCulture) : p.ToString("0.000", CultureInfo.InvariantCulture);
}

/// <summary>A paired comparison of two evaluations of the same items.</summary>
/// <param name="Rows">Every category, then STEM, non-STEM and overall.</param>
public sealed record PairedComparison(IReadOnlyList<PairedRow> Rows)
{
    private const double TwoSidedPlusPower = 1.959964 + 0.841621; // z of 97.5 % and of 80 %

    /// <summary>The row of all items.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public PairedRow Overall => this[ItemGroups.Overall];

    /// <summary>The row of that name.</summary>
    /// <param name="name">Category or group.</param>
    /// <returns>The row.</returns>
    public PairedRow this[string name] => Rows.First(row => row.Name == name);

    /// <summary>Compares.</summary>
    /// <param name="before">Results of the first condition.</param>
    /// <param name="after">Results of the second, on the same items.</param>
    /// <param name="seed">Seed of the bootstrap.</param>
    /// <param name="resamples">Resamples of the bootstrap.</param>
    /// <returns>The comparison.</returns>
    /// <exception cref="ExperimentException">The items differ.</exception>
    public static PairedComparison Of(IReadOnlyList<ItemResult> before, IReadOnlyList<ItemResult> after, int seed = 0, int resamples = 2000)
    {
        var later = after.ToDictionary(item => item.Id, StringComparer.Ordinal);
        var lone = before.FirstOrDefault(item => !later.ContainsKey(item.Id))?.Id;
        if (before.Count != after.Count || lone is not null)
        {
            throw new ExperimentException($"The two evaluations are of different items ({before.Count} and {after.Count}{(lone is null ? "" : $"; '{lone}' is only in the first")}). Evaluate the same questions twice.");
        }

        var random = new Random(seed);
        var groups = ItemGroups.Of(before);
        var rows = groups.Select(group => Row(group.Name, [.. group.Items.Select(item => (item.Correct, later[item.Id].Correct))], random, resamples)).ToList();
        var adjusted = McNemar.Holm([.. rows.Where((_, i) => groups[i].IsCategory).Select(row => row.P)]);
        return new PairedComparison([.. rows.Select((row, i) => groups[i].IsCategory ? row with { AdjustedP = adjusted[i] } : row)]);
    }

    private static PairedRow Row(string name, (bool Before, bool After)[] pairs, Random random, int resamples)
    {
        var (n, gained, lost) = (pairs.Length, pairs.Count(pair => !pair.Before && pair.After), pairs.Count(pair => pair.Before && !pair.After));
        var p = McNemar.ExactP(gained, lost);
        var (low, high) = Bootstrap(n, gained, lost, random, resamples);
        // A difference d has standard error sqrt((discordant - d²) / n); d is small beside the discordant share.
        var discordant = Math.Max(1, gained + lost) / (double)n;
        return new PairedRow(name, n, pairs.Count(pair => pair.Before) / (double)n, pairs.Count(pair => pair.After) / (double)n, gained, lost, low, high, p, p, TwoSidedPlusPower * Math.Sqrt(discordant / n));
    }

    /// <summary>Percentile interval over resampled items. Only the counts of gained and lost items matter, so items are drawn as such.</summary>
    private static (double Low, double High) Bootstrap(int n, int gained, int lost, Random random, int resamples)
    {
        var differences = new double[resamples];
        for (var resample = 0; resample < resamples; resample++)
        {
            var sum = 0;
            for (var i = 0; i < n; i++)
            {
                var item = random.Next(n);
                sum += item < gained ? 1 : item < gained + lost ? -1 : 0;
            }

            differences[resample] = sum / (double)n;
        }

        Array.Sort(differences);
        return (differences[(int)(0.025 * (resamples - 1))], differences[(int)Math.Ceiling(0.975 * (resamples - 1))]);
    }
}
