using Experiments.Interpretability;
using Experiments.Runs;

namespace Experiments.Studies;

/// <summary>One setting of a grid.</summary>
/// <param name="Layers">Edited layers, in words.</param>
/// <param name="Rebalance">The setting.</param>
internal sealed record AblationSetting(string Layers, RebalanceOptions Rebalance);

/// <summary>The settings that options mean, and the choice among them.</summary>
internal static class AblationGrid
{
    /// <summary>All settings, each once, however many combinations mean it.</summary>
    /// <param name="options">The lists.</param>
    /// <param name="layerCount">Layers of the model.</param>
    /// <exception cref="ExperimentException">A list is empty, or a setting does not fit the model.</exception>
    public static IReadOnlyList<AblationSetting> Settings(AblationOptions options, int layerCount)
    {
        var settings = All(options).DistinctBy(setting => setting.Rebalance with { FirstLayer = setting.Rebalance.FirstLayer ?? setting.Rebalance.SourceLayer + 1, LastLayer = setting.Rebalance.LastLayer ?? layerCount - 1 }).ToList();
        settings.ForEach(setting => setting.Rebalance.Validate(layerCount));
        return settings.Count > 0
            ? settings
            : throw new ExperimentException("The grid of re-balancing is empty. Give at least one alpha, threshold, source layer, head sharing, and range of layers that goes beyond a source layer.");
    }

    /// <summary>The parts of the grid that differ by more than alpha and threshold.</summary>
    /// <param name="options">The lists.</param>
    public static IEnumerable<(int Source, LayerRange Layers, MaskSharing Sharing)> Parts(AblationOptions options) =>
        (from source in options.SourceLayers
         from range in options.LayerRanges
         from sharing in options.HeadSharing
         where range.After(source) is not null
         select (source, range.After(source)!.Value, sharing)).Distinct();

    /// <summary>Place of the best setting: largest difference of accuracy; of equals the one that changes attention least, by the sum of its strengths over layers and then by its threshold.</summary>
    /// <param name="cells">The settings with their results.</param>
    /// <param name="layerCount">Layers of the model.</param>
    public static int Best(IReadOnlyList<AblationCell> cells, int layerCount) => cells.Index()
        .OrderByDescending(cell => cell.Item.Change.Difference)
        .ThenBy(cell => Math.Round(Enumerable.Range(0, layerCount).Sum(layer => Math.Abs(cell.Item.Rebalance.Strength(layer, layerCount))), 9)) // equal sums, whatever their order
        .ThenByDescending(cell => cell.Item.Rebalance.Threshold)
        .First().Index;

    private static IEnumerable<AblationSetting> All(AblationOptions options)
    {
        var parts = Parts(options).ToList();
        foreach (var alpha in options.Alphas)
        {
            foreach (var ((source, layers, sharing), threshold) in parts.SelectMany(_ => options.Thresholds, (part, threshold) => (part, threshold)))
            {
                yield return Setting(alpha, threshold, source, layers, sharing);
            }

            if (options is { Thresholds: [var first, ..], SourceLayers: [var at, ..], HeadSharing: [var heads, ..] })
            {
                foreach (var layer in options.SingleLayers)
                {
                    yield return Setting(alpha, first, at, new LayerRange(layer, layer), heads);
                }
            }
        }
    }

    private static AblationSetting Setting(double alpha, double threshold, int source, LayerRange layers, MaskSharing sharing) => new(
        layers.ToString(),
        new RebalanceOptions { Alpha = alpha, Threshold = threshold, SourceLayer = source, FirstLayer = layers.First, LastLayer = layers.Last, Sharing = sharing });
}
