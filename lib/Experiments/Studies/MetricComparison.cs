using System.Text.Json.Nodes;
using Experiments.Reporting;
using Experiments.Runs;

namespace Experiments.Studies;

/// <summary>How far a number may be from the saved one: <c>|now - saved| ≤ Absolute + Relative × |saved|</c>, as numpy's allclose has it.</summary>
/// <param name="Relative">Share of the saved number.</param>
/// <param name="Absolute">In the number's own unit.</param>
public sealed record Tolerance(double Relative = 1e-4, double Absolute = 1e-8)
{
    /// <summary>Whether a number is near enough.</summary>
    public bool Allows(double saved, double now) => saved.Equals(now) || Math.Abs(now - saved) <= Absolute + (Relative * Math.Abs(saved));

    /// <summary>The bound in words.</summary>
    public override string ToString() => FormattableString.Invariant($"{Absolute} + {Relative} × |saved|");
}

/// <summary>A value that is not what was saved.</summary>
/// <param name="Path">Where it stands in <c>metrics.json</c>, as a JSON path: <c>$[0].before.accuracy</c>.</param>
/// <param name="Saved">The value of the saved run; a word in brackets where it has none, or a list of another length.</param>
/// <param name="Now">The value of the run that was made again.</param>
public sealed record MetricDifference(string Path, JsonNode? Saved, JsonNode? Now)
{
    /// <summary>Difference as a share of the larger number; null where the two are not numbers.</summary>
    internal double? Relative => MetricComparison.Number(Saved) is { } saved && MetricComparison.Number(Now) is { } now
        ? Math.Abs(now - saved) / Math.Max(Math.Abs(saved), Math.Abs(now))
        : null;
}

/// <summary>Two <c>metrics.json</c>, number by number.</summary>
/// <param name="Numbers">How many numbers were compared.</param>
/// <param name="Differences">What differs: words and lists first, then numbers, the largest relative difference first.</param>
public sealed record MetricComparison(int Numbers, IReadOnlyList<MetricDifference> Differences)
{
    /// <summary>Most rows of <see cref="Table"/>.</summary>
    public const int MostShown = 20;

    private const int LongestShown = 40;

    /// <summary>The first differences.</summary>
    public Table Table => Table.From(Differences.Take(MostShown), c => c
        .Text("Value", row => row.Path).Text("Saved", row => Shown(row.Saved, row.Now)).Text("Now", row => Shown(row.Now, row.Saved)).Number("Relative difference", row => row.Relative, "0.0E+0"));

    /// <summary>Compares; durations and speeds don't count.</summary>
    /// <param name="saved">What was saved.</param>
    /// <param name="now">What came out now.</param>
    /// <param name="tolerance">How far numbers may be apart; all else must be equal.</param>
    public static MetricComparison Of(JsonNode? saved, JsonNode? now, Tolerance tolerance)
    {
        var (numbers, found) = (0, new List<MetricDifference>());
        Walk(saved, now, "$");
        return new MetricComparison(numbers, [.. found.OrderByDescending(difference => difference.Relative ?? double.PositiveInfinity)]);

        void Walk(JsonNode? a, JsonNode? b, string path)
        {
            switch (a, b)
            {
                case (JsonObject before, JsonObject after):
                    foreach (var key in before.Select(pair => pair.Key).Union(after.Select(pair => pair.Key)).Where(key => !IsTime(key)))
                    {
                        Property(before, after, key, path + Step(key));
                    }

                    break;
                case (JsonArray before, JsonArray after):
                    if (before.Count != after.Count)
                    {
                        found.Add(new MetricDifference(path, $"({before.Count} values)", $"({after.Count} values)"));
                    }

                    for (var i = 0; i < Math.Min(before.Count, after.Count); i++)
                    {
                        Walk(before[i], after[i], $"{path}[{i}]");
                    }

                    break;
                default:
                    Value(a, b, path);
                    break;
            }
        }

        void Property(JsonObject before, JsonObject after, string key, string path)
        {
            if (before.ContainsKey(key) && after.ContainsKey(key))
            {
                Walk(before[key], after[key], path);
                return;
            }

            found.Add(new MetricDifference(path, before.ContainsKey(key) ? before[key] : "(none)", after.ContainsKey(key) ? after[key] : "(none)"));
        }

        void Value(JsonNode? before, JsonNode? after, string path)
        {
            bool equal;
            if (Number(before) is { } a && Number(after) is { } b)
            {
                numbers++;
                equal = tolerance.Allows(a, b);
            }
            else
            {
                equal = JsonNode.DeepEquals(before, after);
            }

            if (!equal)
            {
                found.Add(new MetricDifference(path, before, after));
            }
        }
    }

    /// <summary>The number that a node holds; null for all else.</summary>
    internal static double? Number(JsonNode? node) => node is JsonValue value && value.GetValueKind() == System.Text.Json.JsonValueKind.Number ? value.GetValue<double>() : null;

    /// <summary>Whether the value says how long something took, which no two runs share.</summary>
    private static bool IsTime(string key) => key.EndsWith("seconds", StringComparison.OrdinalIgnoreCase) || key.EndsWith("PerSecond", StringComparison.OrdinalIgnoreCase);

    private static string Step(string key) => key.All(char.IsAsciiLetterOrDigit) ? $".{key}" : $"['{key}']";

    /// <summary>A value in one line; of a long one the part where it begins to be another.</summary>
    private static string Shown(JsonNode? node, JsonNode? other)
    {
        var (text, compared) = (Text(node), Text(other));
        if (text.Length <= LongestShown)
        {
            return text;
        }

        var first = Math.Max(0, Math.Min(text.AsSpan().CommonPrefixLength(compared) - (LongestShown / 2), text.Length - LongestShown));
        return $"{(first > 0 ? "…" : "")}{text[first..Math.Min(text.Length, first + LongestShown)]}{(first + LongestShown < text.Length ? "…" : "")}";
    }

    private static string Text(JsonNode? node) => node?.ToJsonString(RunJson.Compact) ?? "null";
}
