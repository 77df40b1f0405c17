using System.Globalization;
using Experiments.Runs;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.Statistics;

namespace Experiments.Evaluation;

/// <summary>Two conditions on the same items of one group, each answered with one or more sampling seeds.</summary>
/// <param name="Name">Category, <c>STEM</c>, <c>non-STEM</c> or <c>overall</c>.</param>
/// <param name="N">Items.</param>
/// <param name="Before">Accuracy before, mean over seeds.</param>
/// <param name="After">Accuracy after, mean over seeds.</param>
/// <param name="Low">Lower end of the 95 % interval of the difference.</param>
/// <param name="High">Upper end.</param>
/// <param name="P">Two-sided p of the difference.</param>
/// <param name="AdjustedP">P after Holm's correction over the categories; equal to P for the groups of several categories.</param>
/// <remarks>
/// Items are the sample, not answers: interval and p come from the items' own mean differences and their standard error, as Miller (2024, arXiv 2411.00640)
/// recommends for paired evaluations. McNemar's test needs one answer an item; see <see cref="PairedComparison"/> for that.
/// </remarks>
public sealed record RepeatedRow(string Name, int N, double Before, double After, double Low, double High, double P, double AdjustedP)
{
    /// <summary>After minus before.</summary>
    public double Difference => After - Before;
}

/// <summary>A paired comparison of two evaluations of the same items, sampled with several seeds.</summary>
/// <param name="SeedsBefore">Seeds of the first.</param>
/// <param name="SeedsAfter">Seeds of the second.</param>
/// <param name="Rows">Every category, then STEM, non-STEM and overall.</param>
public sealed record RepeatedComparison(int SeedsBefore, int SeedsAfter, IReadOnlyList<RepeatedRow> Rows)
{
    /// <summary>What the numbers of all items say, in a sentence.</summary>
    public string Verdict
    {
        get
        {
            var all = Rows[^1];
            var verdict = all.P >= 0.05 ? "No detectable change" : all.Difference > 0 ? "A gain" : "A loss";
            return string.Create(CultureInfo.InvariantCulture, $"{all.Name}: {verdict}: {PercentagePoints.Text(all.Difference, all.Low, all.High)}, p = {all.P:0.0000}, n = {all.N:N0}, {SeedsBefore} and {SeedsAfter} seeds.");
        }
    }

    /// <summary>Compares.</summary>
    /// <param name="before">Results of the first condition, one list per seed.</param>
    /// <param name="after">Results of the second, on the same items.</param>
    /// <returns>The comparison.</returns>
    /// <exception cref="ExperimentException">The items differ.</exception>
    public static RepeatedComparison Of(IReadOnlyList<IReadOnlyList<ItemResult>> before, IReadOnlyList<IReadOnlyList<ItemResult>> after)
    {
        var (first, second) = (Means(before), Means(after));
        if (!first.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(second.Keys))
        {
            throw new ExperimentException($"The two evaluations are of different items ({first.Count} and {second.Count}). Evaluate the same questions twice.");
        }

        var groups = ItemGroups.Of(before[0]);
        var rows = groups.Select(group => Row(group.Name, [.. group.Items.Select(item => (first[item.Id], second[item.Id]))])).ToList();
        var adjusted = McNemar.Holm([.. rows.Where((_, i) => groups[i].IsCategory).Select(row => row.P)]);
        return new RepeatedComparison(before.Count, after.Count, [.. rows.Select((row, i) => groups[i].IsCategory ? row with { AdjustedP = adjusted[i] } : row)]);
    }

    private static Dictionary<string, double> Means(IReadOnlyList<IReadOnlyList<ItemResult>> repeats)
    {
        var items = repeats.SelectMany(results => results).GroupBy(item => item.Id, StringComparer.Ordinal).ToDictionary(item => item.Key, item => item.ToList(), StringComparer.Ordinal);
        return items.Values.All(answers => answers.Count == repeats.Count)
            ? items.ToDictionary(item => item.Key, item => item.Value.Average(answer => answer.Correct ? 1.0 : 0.0), StringComparer.Ordinal)
            : throw new ExperimentException("The seeds of one evaluation are of different items. Evaluate the same questions with each seed.");
    }

    private static RepeatedRow Row(string name, IReadOnlyList<(double Before, double After)> items)
    {
        var differences = items.Select(item => item.After - item.Before).ToList();
        var (mean, error) = (differences.Average(), items.Count > 1 ? differences.StandardDeviation() / Math.Sqrt(items.Count) : double.NaN);
        var half = Wilson.Quantile(0.95) * error;
        var p = mean == 0 ? 1 : error == 0 || double.IsNaN(error) ? double.NaN : 2 * Normal.CDF(0, 1, -Math.Abs(mean) / error);
        return new RepeatedRow(name, items.Count, items.Average(item => item.Before), items.Average(item => item.After), mean - half, mean + half, p, p);
    }
}
