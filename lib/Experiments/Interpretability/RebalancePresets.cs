using Experiments.Runs;

namespace Experiments.Interpretability;

/// <summary>Named settings of re-balancing: what the authors released, what the paper prints, a control without a mask, and rows that still sum to 1.</summary>
public static class RebalancePresets
{
    private static readonly (string Name, RebalanceOptions Options)[] All =
    [
        // The authors' code, with its hard-coded 31 read as the last layer index.
        ("released-code", new RebalanceOptions()),

        // A_l += A_l (1 - l/h) M, as printed, with h the last layer index.
        ("paper-formula", new RebalanceOptions { Alpha = 1 }),

        // boosting_self=True in the code: every weight of the layers above 0, whatever the mask says.
        ("uniform-boost", new RebalanceOptions { Uniform = true }),

        // Weight is moved to the marked keys, not added: rows sum to 1.
        ("renormalized", new RebalanceOptions { RenormalizeRows = true }),
    ];

    /// <summary>Name of the preset that is used unless another is asked for.</summary>
    public static string Default => All[0].Name;

    /// <summary>Names that <see cref="Find"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(preset => preset.Name)];

    /// <summary>Settings by name.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <returns>The settings; change single values with <c>with</c>.</returns>
    /// <exception cref="ExperimentException">There is no such preset.</exception>
    public static RebalanceOptions Find(string name) => All.FirstOrDefault(preset => preset.Name == name).Options
        ?? throw new ExperimentException($"There is no re-balancing preset '{name}'. Presets: {string.Join(", ", Names)}.");
}
