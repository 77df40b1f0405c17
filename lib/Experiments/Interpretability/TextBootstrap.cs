using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Means over texts with percentile bootstrap intervals. All of them see the same resampled texts, so that their intervals belong together.</summary>
internal sealed class TextBootstrap
{
    private readonly double _tail;
    private readonly double[,] _draws; // [resample, text]: how often the text was drawn

    internal TextBootstrap(int texts, AttentionStudyOptions options)
    {
        _tail = (1 - options.Confidence) / 2;
        _draws = new double[texts < 2 ? 0 : options.Resamples, texts];
        var random = new Random(options.Seed);
        for (var draw = 0; draw < _draws.GetLength(0); draw++)
        {
            for (var text = 0; text < texts; text++)
            {
                _draws[draw, random.Next(texts)]++;
            }
        }
    }

    /// <summary>Weighted mean of each column, <c>sum_t w_t v_t / sum_t w_t</c>, with the interval of that quotient: one matrix product for all columns.</summary>
    /// <param name="values">Numbers of each text, <c>[text][column]</c>.</param>
    /// <param name="weights">Weight of each text; where it is 0, its numbers may be NaN.</param>
    /// <returns>Means, NaN where all weights are 0; no interval there, nor for a single text.</returns>
    internal ColumnMeans Means(IReadOnlyList<double[]> values, IReadOnlyList<double> weights)
    {
        using var scope = NewDisposeScope();
        var weighted = new double[values.Count, values[0].Length];
        for (var text = 0; text < values.Count; text++)
        {
            for (var column = 0; column < values[text].Length && weights[text] != 0; column++)
            {
                weighted[text, column] = weights[text] * values[text][column];
            }
        }

        var (sums, weight) = (tensor(weighted), tensor(weights.ToArray()).unsqueeze(1)); // [text, column], [text, 1]
        var means = Row(sums.sum(dim: 0) / weight.sum());
        if (_draws.Length == 0)
        {
            return new ColumnMeans(means, null, null);
        }

        var draws = tensor(_draws);
        var totals = draws.matmul(weight); // [resample, 1]
        using Scalar nothing = 0;
        var shares = (draws.matmul(sums) / totals).index_select(0, totals.squeeze(1).gt(nothing).nonzero().squeeze(1)); // a draw without any weight has no mean
        if (shares.shape[0] == 0)
        {
            return new ColumnMeans(means, null, null);
        }

        var sorted = shares.t().contiguous().sort(1).Values; // [column, resample]
        double[] At(double quantile) => Row(sorted.select(1, (long)Math.Round(quantile * (sorted.shape[1] - 1))));
        return new ColumnMeans(means, At(_tail), At(1 - _tail));
    }

    private static double[] Row(Tensor values) => values.contiguous().data<double>().ToArray();
}

/// <summary>Means of columns and their intervals, null where there are none.</summary>
internal readonly record struct ColumnMeans(double[] Mean, double[]? Low, double[]? High);
