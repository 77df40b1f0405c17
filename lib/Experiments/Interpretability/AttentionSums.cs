using System.Runtime.InteropServices;

namespace Experiments.Interpretability;

/// <summary>Sums over the queries of one layer of one text, which come in pieces: those of a long text, or one of each decoding step.</summary>
internal sealed class AttentionSums(int sinkLength)
{
    private readonly List<Head> _heads = [];

    /// <summary>Adds the queries of a piece that are no padding.</summary>
    /// <param name="piece">A batch, reduced.</param>
    /// <param name="row">The text's row in it.</param>
    internal void Add(AttentionPiece piece, int row)
    {
        var past = piece.Keys - piece.Queries;
        int[] keys = [.. Enumerable.Range(0, piece.Keys).Where(key => piece.IsReal(row, key))];
        int[] queries = [.. keys.Where(key => key >= past).Select(key => key - past)];
        for (var index = 0; index < piece.Heads; index++)
        {
            var head = At(piece.FirstHead + index);
            if (head.Entropy.Count != keys.Length - queries.Length)
            {
                throw new InvalidOperationException($"A pass goes on behind {keys.Length - queries.Length} tokens of a text of which {head.Entropy.Count} were seen. Statistics take whole texts.");
            }

            var start = (row * piece.Heads) + index;
            head.Add(keys, piece.Total.AsSpan(start * piece.Keys, piece.Keys));
            foreach (var query in queries)
            {
                head.FirstKey += head.Entropy.Count < sinkLength ? piece.FirstKey[(start * piece.Queries) + query] : 0;
                head.Entropy.Add(piece.Entropy[(start * piece.Queries) + query]);
            }
        }
    }

    /// <summary>The statistics of the queries so far.</summary>
    internal LayerAttention Layer() => new()
    {
        Total = Matrix(_heads, head => head.Total),
        Entropy = Matrix(_heads, head => head.Entropy),
        FirstKey = [.. _heads.Select(head => head.FirstKey / Math.Min(sinkLength, head.Entropy.Count))],
    };

    private Head At(int index)
    {
        while (_heads.Count <= index)
        {
            _heads.Add(new Head());
        }

        return _heads[index];
    }

    private static double[,] Matrix(List<Head> heads, Func<Head, List<double>> read)
    {
        var matrix = new double[heads.Count, read(heads[0]).Count];
        foreach (var (row, head) in heads.Index())
        {
            foreach (var (column, value) in read(head).Index())
            {
                matrix[row, column] = value;
            }
        }

        return matrix;
    }

    private sealed class Head
    {
        internal List<double> Total { get; } = []; // by key

        internal List<double> Entropy { get; } = []; // by query

        internal double FirstKey { get; set; }

        /// <summary>Adds weights to the sums of the text's tokens, which are the real keys in their order.</summary>
        internal void Add(int[] keys, ReadOnlySpan<float> weights)
        {
            while (Total.Count < keys.Length)
            {
                Total.Add(0);
            }

            var sums = CollectionsMarshal.AsSpan(Total); // each piece of a long text adds to every token before it
            for (var token = 0; token < keys.Length; token++)
            {
                sums[token] += weights[keys[token]];
            }
        }
    }
}

/// <summary>Some queries of a batch in one layer, reduced; arrays are flat, the last axis running fastest.</summary>
internal sealed record AttentionPiece
{
    /// <summary>0-based head of the model that the first one here is.</summary>
    internal required int FirstHead { get; init; }

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
