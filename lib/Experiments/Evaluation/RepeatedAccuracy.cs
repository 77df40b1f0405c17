using MathNet.Numerics.Statistics;

namespace Experiments.Evaluation;

/// <summary>Accuracy of a group of items, each answered several times with different sampling seeds.</summary>
/// <param name="Name">Category, <c>STEM</c>, <c>non-STEM</c> or <c>overall</c>.</param>
/// <param name="N">Items.</param>
/// <param name="Accuracies">Share of right answers by seed.</param>
/// <param name="Low">Lower end of the 95 % interval of the mean.</param>
/// <param name="High">Upper end.</param>
/// <remarks>
/// Items are the sample, not answers: the interval is the mean ± 1.96 standard errors of the items' own means, as Miller (2024, arXiv 2411.00640) recommends.
/// The spread over seeds is told beside it; it says nothing about other questions.
/// </remarks>
public sealed record RepeatedAccuracy(string Name, int N, IReadOnlyList<double> Accuracies, double Low, double High)
{
    /// <summary>Mean over seeds.</summary>
    public double Mean => Accuracies.Average();

    /// <summary>Sample standard deviation over seeds; NaN for one.</summary>
    public double StandardDeviation => Accuracies.StandardDeviation();

    /// <summary>Sums up.</summary>
    /// <param name="repeats">Results of the same items, one list per seed.</param>
    /// <returns>Every category, then STEM, non-STEM and overall.</returns>
    /// <exception cref="Runs.ExperimentException">The items differ.</exception>
    public static IReadOnlyList<RepeatedAccuracy> Of(IReadOnlyList<IReadOnlyList<ItemResult>> repeats)
    {
        var byId = repeats.Select(results => results.ToDictionary(item => item.Id, StringComparer.Ordinal)).ToList();
        return byId.TrueForAll(results => results.Count == byId[0].Count && results.Keys.All(byId[0].ContainsKey))
            ? [.. ItemGroups.Of(repeats[0]).Select(group => Row(group.Name, [.. group.Items.Select(item => byId.ConvertAll(results => results[item.Id].Correct ? 1.0 : 0.0))]))]
            : throw new Runs.ExperimentException("The repeats are of different items. Evaluate the same questions with each seed.");
    }

    private static RepeatedAccuracy Row(string name, IReadOnlyList<List<double>> items)
    {
        var means = items.Select(answers => answers.Average()).ToList();
        var half = items.Count > 1 ? Wilson.Quantile(0.95) * means.StandardDeviation() / Math.Sqrt(items.Count) : double.NaN;
        return new RepeatedAccuracy(name, items.Count, [.. Enumerable.Range(0, items[0].Count).Select(seed => items.Average(answers => answers[seed]))], means.Average() - half, means.Average() + half);
    }
}
