namespace Experiments.Interpretability;

/// <summary>Sums over the queries of one layer of one text, which come in pieces: those of a long text, or one of each decoding step.</summary>
internal sealed class AttentionSums(int heads, int sinkLength)
{
    private readonly List<double>[] _total = [.. Enumerable.Range(0, heads).Select(_ => new List<double>())]; // [head][key]
    private readonly List<double>[] _entropy = [.. Enumerable.Range(0, heads).Select(_ => new List<double>())]; // [head][query]
    private readonly double[] _firstKey = new double[heads];

    /// <summary>Adds the queries of a piece that are no padding.</summary>
    /// <param name="piece">A batch, reduced.</param>
    /// <param name="row">The text's row in it.</param>
    internal void Add(AttentionPiece piece, int row)
    {
        var past = piece.Keys - piece.Queries;
        var before = Enumerable.Range(0, past).Count(key => piece.IsReal(row, key));
        if (before != _entropy[0].Count)
        {
            throw new InvalidOperationException($"A pass goes on behind {before} tokens of a text of which {_entropy[0].Count} were seen. Statistics take whole texts.");
        }

        for (var head = 0; head < heads; head++)
        {
            var (start, position) = ((row * heads) + head, 0);
            for (var key = 0; key < piece.Keys; key++)
            {
                if (piece.IsReal(row, key))
                {
                    AddAt(_total[head], position++, piece.Total[(start * piece.Keys) + key]);
                }
            }

            for (var query = 0; query < piece.Queries; query++)
            {
                if (piece.IsReal(row, past + query))
                {
                    _firstKey[head] += _entropy[head].Count < sinkLength ? piece.FirstKey[(start * piece.Queries) + query] : 0;
                    _entropy[head].Add(piece.Entropy[(start * piece.Queries) + query]);
                }
            }
        }
    }

    /// <summary>The statistics of the queries so far.</summary>
    internal LayerAttention Layer() => new()
    {
        Total = Matrix(_total),
        Entropy = Matrix(_entropy),
        FirstKey = [.. _firstKey.Select(sum => sum / Math.Min(sinkLength, _entropy[0].Count))],
    };

    private static void AddAt(List<double> sums, int index, double value)
    {
        if (index == sums.Count)
        {
            sums.Add(0);
        }

        sums[index] += value;
    }

    private static double[,] Matrix(List<double>[] rows)
    {
        var matrix = new double[rows.Length, rows[0].Count];
        for (var row = 0; row < rows.Length; row++)
        {
            for (var column = 0; column < rows[row].Count; column++)
            {
                matrix[row, column] = rows[row][column];
            }
        }

        return matrix;
    }
}

/// <summary>Some queries of a batch in one layer, reduced; arrays are flat, the last axis running fastest.</summary>
internal sealed record AttentionPiece
{
    internal required int Heads { get; init; }

    internal required int Queries { get; init; }

    /// <summary>Keys up to the last query, padding included.</summary>
    internal required int Keys { get; init; }

    /// <summary>False for padding, <c>[batch, key]</c>; null when all are real.</summary>
    internal required bool[]? Real { get; init; }

    /// <summary>Sum over queries of the weight on a key, <c>[batch, head, key]</c>.</summary>
    internal required float[] Total { get; init; }

    /// <summary>Entropy of each row in nats, <c>[batch, head, query]</c>.</summary>
    internal required float[] Entropy { get; init; }

    /// <summary>Weight on the text's first key, <c>[batch, head, query]</c>.</summary>
    internal required float[] FirstKey { get; init; }

    internal bool IsReal(int row, int key) => Real is null || Real[(row * Keys) + key];
}

/// <summary>One layer of one text, reduced.</summary>
internal sealed record LayerAttention
{
    /// <summary>Sum over queries of the weight on a key, <c>[head, key]</c>.</summary>
    internal required double[,] Total { get; init; }

    /// <summary>Entropy of each row in nats, <c>[head, query]</c>.</summary>
    internal required double[,] Entropy { get; init; }

    /// <summary>Mean weight on the first key over the first queries that the sink rate is measured on, per head.</summary>
    internal required double[] FirstKey { get; init; }
}
