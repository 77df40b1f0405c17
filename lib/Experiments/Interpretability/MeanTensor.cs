using MathNet.Numerics.Distributions;

namespace Experiments.Interpretability;

/// <summary>Mean over texts of one captured tensor, and the interval of each entry; <see cref="ActivationMeans"/> defines both.</summary>
public sealed class MeanTensor
{
    /// <summary>A mean and a sum of squared deviations.</summary>
    internal const int BytesPerNumber = 2 * sizeof(double);

    private const int KeyAxis = 3; // of patterns and scores

    private readonly IReadOnlyList<int> _positions;
    private readonly int[] _counts;
    private readonly bool _hasKeys;
    private readonly int _width;
    private readonly double[] _means;
    private readonly double[] _squares;

    /// <summary>An empty mean.</summary>
    /// <param name="first">The tensor of some text.</param>
    /// <param name="positions">All positions that are kept, ascending.</param>
    /// <param name="counts">Texts so far that have each position, up to the last one that is kept; counts a text before it is added.</param>
    internal MeanTensor(CapturedTensor first, IReadOnlyList<int> positions, int[] counts)
    {
        (Name, Axes, _positions, _counts) = (first.Name, first.Axes, positions, counts);
        var shape = first.Shape.ToArray();
        _hasKeys = Axes.EndsWith("query, key]", StringComparison.Ordinal);
        shape[_hasKeys ? KeyAxis - 1 : 1] = positions.Count;
        if (_hasKeys)
        {
            shape[KeyAxis] = counts.Length;
        }

        Shape = shape;
        _width = (int)shape[(_hasKeys ? KeyAxis : 2)..].Aggregate(1L, (product, size) => product * size);
        _means = new double[shape.Aggregate(1L, (product, size) => product * size)];
        _squares = new double[_means.Length];
    }

    /// <summary>Name, such as <c>blocks.0.attn.hook_pattern</c>.</summary>
    public string Name { get; }

    /// <summary>What the axes are; <c>batch</c> is 1.</summary>
    public string Axes { get; }

    /// <summary>Sizes of the axes.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The means.</summary>
    /// <returns>A new array, the last axis running fastest.</returns>
    public float[] Means() => Ends(0);

    /// <summary>Lower ends of the 95 % intervals; NaN where one text alone has the entry.</summary>
    /// <returns>A new array, the last axis running fastest.</returns>
    public float[] Low() => Ends(-1);

    /// <summary>Upper ends of the same.</summary>
    /// <returns>A new array, the last axis running fastest.</returns>
    public float[] High() => Ends(1);

    /// <summary>Adds a text's tensor, whose positions are the first of those that are kept.</summary>
    internal void Add(CapturedTensor text, int positions)
    {
        // Welford: mean += (x - mean) / n; squares += (x - old mean) (x - mean)
        var width = _hasKeys ? (int)text.Shape[KeyAxis] : _width;
        for (var row = 0; row < text.Values.Length / width; row++)
        {
            var (start, position) = Row(row, positions);
            for (var column = 0; column < width; column++)
            {
                var (value, i) = ((double)text.Values[(row * width) + column], start + column);
                var difference = value - _means[i];
                if (double.IsFinite(difference))
                {
                    _means[i] += difference / _counts[Last(position, column)];
                    _squares[i] += difference * (value - _means[i]);
                }
                else
                {
                    _means[i] += value; // infinity stays, and the difference of two is no number
                }
            }
        }
    }

    /// <summary>Where a row of a tensor that holds some positions begins in this one, and the row's position in the text.</summary>
    private (int Start, int Position) Row(int row, int positions)
    {
        var (head, place) = Math.DivRem(row, positions);
        return (((head * _positions.Count) + place) * _width, _positions[place]);
    }

    /// <summary>The later of query and key: a text has the entry if it has this position.</summary>
    private int Last(int position, int column) => _hasKeys ? Math.Max(position, column) : position;

    /// <summary>Means, or ends of their intervals on one side.</summary>
    private float[] Ends(int side)
    {
        // t s / sqrt(n) = t sqrt(squares / (n (n - 1)))
        var scale = side == 0 ? [] : Array.ConvertAll(_counts, n => n < 2 ? double.NaN : side * StudentT.InvCDF(0, 1, n - 1, (1 + ActivationMeans.Confidence) / 2) / Math.Sqrt(n * (n - 1.0)));
        var result = new float[_means.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = (float)(_means[i] + (side == 0 ? 0 : scale[Last(Row(i / _width, _positions.Count).Position, i % _width)] * Math.Sqrt(_squares[i])));
        }

        return result;
    }
}
