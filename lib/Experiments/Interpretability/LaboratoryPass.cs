using Experiments.Models;

namespace Experiments.Interpretability;

/// <summary>The reducers that one text's pass needs for the statistics that are asked for.</summary>
internal sealed class LaboratoryPass(LaboratoryOptions options, IReadOnlyList<int> ids) : IDisposable
{
    private readonly HeadScoreReducer? _heads = options.Heads ? new(ids, options.Categories.LocalWindow) : null;
    private readonly HiddenStateReducer? _hidden = options.HiddenStates ? new(options) : null;
    private readonly RolloutReducer? _rollout = options.Rollout ? new(ids.Count) : null;
    private readonly ValueWeightReducer? _values = options.ValueWeighting ? new(ids.Count) : null;

    /// <summary>What must see the patterns, after interventions.</summary>
    internal IAttentionHook? Hook => HookChain.Of(_heads, _rollout);

    /// <summary>What must see values and hidden states.</summary>
    internal IAttentionObserver? Observer => ObserverChain.Of(_values, _hidden);

    /// <summary>What the pass gave.</summary>
    /// <param name="text">The plain statistics of the same pass.</param>
    internal LaboratoryReading Read(SequenceAttention text)
    {
        var rollout = _rollout?.Rollout();
        return new LaboratoryReading
        {
            Heads = _heads is null ? null : HeadScores.Of(text, _heads.Layers, options.Categories),
            Values = _values?.Layers,
            Rollout = rollout,
            RolloutMass = rollout is null ? null : ColumnMeans(rollout),
            HiddenStates = _hidden?.Layers,
        };
    }

    public void Dispose()
    {
        _rollout?.Dispose();
        _values?.Dispose();
    }

    private static double[] ColumnMeans(double[,] rows)
    {
        var means = new double[rows.GetLength(1)];
        for (var row = 0; row < rows.GetLength(0); row++)
        {
            for (var column = 0; column < means.Length; column++)
            {
                means[column] += rows[row, column] / rows.GetLength(0);
            }
        }

        return means;
    }
}
