using System.Text.Json.Serialization;

namespace Experiments.Evaluation;

/// <summary>Accuracy of a group of items.</summary>
/// <param name="Name">Category, <c>STEM</c>, <c>non-STEM</c> or <c>overall</c>.</param>
/// <param name="N">Items.</param>
/// <param name="Correct">Right answers.</param>
/// <param name="Low">Lower end of Wilson's 95 % interval.</param>
/// <param name="High">Upper end.</param>
public sealed record AccuracyRow(string Name, int N, int Correct, double Low, double High)
{
    /// <summary>Share of right answers.</summary>
    public double Accuracy => (double)Correct / N;

    /// <summary>Share of right answers by log-likelihood per character, <c>acc_norm</c>; null unless options' texts were compared.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? AccuracyPerCharacter { get; init; }

    /// <summary>Mean of the computed tokens per reply; null in files from before it was counted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? MeanTokens { get; init; }

    /// <summary>Standard error: sample standard deviation over root n, as in lm-evaluation-harness; NaN for n = 1.</summary>
    public double StandardError => Math.Sqrt(Accuracy * (1 - Accuracy) / (N - 1));

    internal static AccuracyRow Of(string name, IReadOnlyCollection<ItemResult> items)
    {
        var (low, high) = Wilson.Interval(items.Count(item => item.Correct), items.Count);
        return new AccuracyRow(name, items.Count, items.Count(item => item.Correct), low, high)
        {
            AccuracyPerCharacter = items.All(item => item.PredictedPerCharacter is not null) ? items.Count(item => item.PredictedPerCharacter == item.Target) / (double)items.Count : null,
            MeanTokens = items.Average(item => item.NewTokens),
        };
    }
}

/// <summary>What an evaluation found.</summary>
/// <param name="Categories">One row per category, in order of appearance.</param>
/// <param name="Stem">All STEM items; null if there are none.</param>
/// <param name="NonStem">All other items; null if there are none.</param>
/// <param name="Overall">All items: the micro average.</param>
/// <param name="Macro">Mean of the categories' accuracies.</param>
/// <param name="Tokens">Computed tokens per reply.</param>
/// <param name="Unparsed">Replies from which no answer could be read.</param>
/// <param name="Truncated">Replies cut at the length limit.</param>
/// <param name="Fallback">Answers guessed from the closest option.</param>
public sealed record EvaluationSummary(
    IReadOnlyList<AccuracyRow> Categories,
    AccuracyRow? Stem,
    AccuracyRow? NonStem,
    AccuracyRow Overall,
    double Macro,
    TokenCounts Tokens,
    int Unparsed,
    int Truncated,
    int Fallback)
{
    /// <summary>Prompts that were longer than the model's context and lost their beginning.</summary>
    public int ContextCut { get; init; }

    /// <summary>Replies in which a token was chosen by less than 0.001 in logits: rounding, as in another batch size, may turn them.</summary>
    public int NearTies { get; init; }

    /// <summary>Categories, then STEM, non-STEM and overall.</summary>
    [JsonIgnore]
    public IEnumerable<AccuracyRow> Rows => Categories.Concat(new[] { Stem, NonStem, Overall }.OfType<AccuracyRow>());

    /// <summary>The same with intervals over items, where each item was answered several times: answers of one item are no sample of their own.</summary>
    /// <param name="seeds">The accuracies over seeds.</param>
    /// <returns>The summary.</returns>
    public EvaluationSummary WithIntervals(IReadOnlyList<RepeatedAccuracy> seeds)
    {
        AccuracyRow Of(AccuracyRow row) => seeds.First(seed => seed.Name == row.Name) is var same ? row with { Low = same.Low, High = same.High } : row;
        return this with { Categories = [.. Categories.Select(Of)], Stem = Stem is null ? null : Of(Stem), NonStem = NonStem is null ? null : Of(NonStem), Overall = Of(Overall) };
    }

    /// <summary>Sums up.</summary>
    /// <param name="items">Results of one evaluation.</param>
    /// <returns>The summary.</returns>
    /// <exception cref="Runs.ExperimentException">There are no items.</exception>
    public static EvaluationSummary Of(IReadOnlyList<ItemResult> items)
    {
        if (items.Count == 0)
        {
            throw new Runs.ExperimentException("There are no results to sum up. Evaluate at least one question.");
        }

        var groups = ItemGroups.Of(items);
        AccuracyRow? Row(string name) => groups.FirstOrDefault(group => group.Name == name) is { Items: { } members } ? AccuracyRow.Of(name, members) : null;
        var categories = groups.Where(group => group.IsCategory).Select(group => AccuracyRow.Of(group.Name, group.Items)).ToList();
        return new EvaluationSummary(
            categories,
            Row(ItemGroups.Stem),
            Row(ItemGroups.NonStem),
            AccuracyRow.Of(ItemGroups.Overall, items),
            categories.Average(row => row.Accuracy),
            TokenCounts.Of(items),
            items.Count(item => item.Rule == ExtractionRule.Unparsed),
            items.Count(item => item.Truncated),
            items.Count(item => item.Rule == ExtractionRule.ClosestOption))
        {
            ContextCut = items.Count(item => item.ContextCut),
            NearTies = items.Count(item => item.Margin < 1e-3),
        };
    }
}

/// <summary>Groups that are reported: every category, STEM, non-STEM and overall.</summary>
internal static class ItemGroups
{
    internal const string Stem = "STEM";
    internal const string NonStem = "non-STEM";
    internal const string Overall = "overall";

    internal static IReadOnlyList<(string Name, IReadOnlyList<ItemResult> Items, bool IsCategory)> Of(IReadOnlyList<ItemResult> items)
    {
        var groups = items.GroupBy(item => item.Category).Select(group => (group.Key, (IReadOnlyList<ItemResult>)[.. group], true)).ToList();
        groups.Add((Stem, [.. items.Where(item => item.Stem)], false));
        groups.Add((NonStem, [.. items.Where(item => !item.Stem)], false));
        groups.Add((Overall, items, false));
        groups.RemoveAll(group => group.Item2.Count == 0);
        return groups;
    }
}
