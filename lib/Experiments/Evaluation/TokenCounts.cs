using System.Globalization;
using MathNet.Numerics.Statistics;

namespace Experiments.Evaluation;

/// <summary>Computed tokens per reply, and what they have to do with being right.</summary>
/// <param name="Mean">Mean.</param>
/// <param name="Median">Median.</param>
/// <param name="Low">5 % of the replies have fewer.</param>
/// <param name="High">5 % have more.</param>
/// <param name="Correlation">Pearson's correlation of a reply's length with being right (1 or 0); null where one of them is constant.</param>
/// <param name="ByLength">Accuracy of the shortest quarter of replies, and so on to the longest; fewer rows where lengths are equal.</param>
public sealed record TokenCounts(double Mean, double Median, double Low, double High, double? Correlation, IReadOnlyList<AccuracyRow> ByLength)
{
    /// <summary>How many replies have which length, shortest first; empty in files from before it was counted.</summary>
    public IReadOnlyList<ReplyLength> Lengths { get; init; } = [];

    /// <summary>Counts.</summary>
    /// <param name="items">Results of one evaluation, at least one.</param>
    /// <returns>The counts.</returns>
    public static TokenCounts Of(IReadOnlyCollection<ItemResult> items)
    {
        var tokens = items.Select(item => (double)item.NewTokens).ToList();
        var right = items.Select(item => item.Correct ? 1.0 : 0.0).ToList();
        double[] quartiles = [tokens.Quantile(0.25), tokens.Quantile(0.5), tokens.Quantile(0.75)];
        var correlation = MathNet.Numerics.Statistics.Correlation.Pearson(tokens, right);
        return new TokenCounts(
            tokens.Average(),
            tokens.Median(),
            tokens.Quantile(0.05),
            tokens.Quantile(0.95),
            double.IsFinite(correlation) ? correlation : null,
            [.. items.GroupBy(item => quartiles.Count(bound => item.NewTokens > bound)).OrderBy(quarter => quarter.Key).Select(quarter => AccuracyRow.Of(Range([.. quarter]), [.. quarter]))])
        {
            Lengths = [.. items.CountBy(item => item.NewTokens).OrderBy(length => length.Key).Select(length => new ReplyLength(length.Key, length.Value))],
        };
    }

    private static string Range(IReadOnlyCollection<ItemResult> items)
    {
        var (shortest, longest) = (items.Min(item => item.NewTokens), items.Max(item => item.NewTokens));
        return shortest == longest ? string.Create(CultureInfo.InvariantCulture, $"{shortest} tokens") : string.Create(CultureInfo.InvariantCulture, $"{shortest} to {longest} tokens");
    }
}

/// <summary>Replies of one length.</summary>
/// <param name="Tokens">Computed tokens of each.</param>
/// <param name="Replies">How many there are.</param>
public sealed record ReplyLength(int Tokens, int Replies);
