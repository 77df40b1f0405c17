namespace Experiments.Evaluation;

/// <summary>Differences of accuracies in words: <c>-0.4 points [-0.9, +0.1]</c>.</summary>
internal static class PercentagePoints
{
    /// <summary>A difference with its interval, all shares of 1.</summary>
    internal static string Text(double difference, double low, double high) => $"{Signed(difference)} points {Interval(low, high)}";

    /// <summary>An interval alone.</summary>
    internal static string Interval(double low, double high) => $"[{Signed(low)}, {Signed(high)}]";

    private static string Signed(double share) => FormattableString.Invariant($"{100 * share:+0.0;-0.0;0.0}");
}
