using System.Globalization;
using Experiments.Runs;

namespace Experiments.Studies;

/// <summary>Layers that are edited, both ends inclusive and 0-based.</summary>
/// <param name="First">First layer; null for the one after the source of the mask.</param>
/// <param name="Last">Last layer; null for the model's last.</param>
public readonly record struct LayerRange(int? First, int? Last)
{
    /// <summary>All layers after the source of the mask.</summary>
    public static LayerRange All { get; }

    /// <summary>Reads <c>all</c>, <c>2</c> or <c>1-4</c>.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The range.</returns>
    /// <exception cref="ExperimentException">It is none of these.</exception>
    public static LayerRange Parse(string text)
    {
        var ends = text.Split('-', StringSplitOptions.TrimEntries);
        return text.Trim() == "all" ? All
            : ends.Length <= 2 && int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first) && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) && first <= last
                ? new LayerRange(first, last)
                : throw new ExperimentException($"'{text}' is no range of layers. Write all, one layer such as 2, or first and last such as 1-4.");
    }

    /// <summary>The layers of the range that come after the source, which is never edited.</summary>
    /// <param name="source">0-based layer that the mask is read from.</param>
    /// <returns>The range; null where no layer is left.</returns>
    public LayerRange? After(int source) => Last <= source ? null : this with { First = First is { } first ? Math.Max(first, source + 1) : null };

    /// <summary>The range in words: <c>all</c>, <c>only 2</c>, <c>1–4</c>.</summary>
    public override string ToString() => (First, Last) switch
    {
        (null, null) => "all",
        ({ } first, { } last) when first == last => $"only {first}",
        ({ } first, { } last) => $"{first}–{last}",
        ({ } first, null) => $"from {first}",
        (null, { } last) => $"to {last}",
    };
}
