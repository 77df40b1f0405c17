using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Reduces each head of one sequence to the shares of its attention that lie where previous-token, duplicate-token, induction and local heads look.</summary>
/// <remarks>
/// The first three are <c>detect_head</c> of TransformerLens (head_detector.py) with its default error measure, <c>mul</c>, and nothing excluded:
/// <c>sum(A ∘ D) / sum(A)</c> over all queries, BOS among them, with a detection pattern <c>D</c> of zeros and ones.
/// </remarks>
internal sealed class HeadScoreReducer(IReadOnlyList<int> ids, int localWindow) : IAttentionHook
{
    private readonly List<double[][]> _layers = [];
    private Sums? _sums;

    /// <summary>Per layer: previous-token, duplicate-token, induction and local scores, each <c>[head]</c>; local is NaN in a text of no more tokens than the window.</summary>
    internal IReadOnlyList<double[][]> Layers => _layers;

    public bool RowByRow => true;

    public Tensor? OnPattern(AttentionSite site, Tensor pattern)
    {
        using var scope = NewDisposeScope();
        var weights = pattern.detach()[0].to(ScalarType.Float32); // [head, query, key]
        var (heads, past, queries, keys) = ((int)weights.shape[0], site.PastLength, weights.shape[1], weights.shape[2]);
        _sums = past == 0 ? new Sums(heads) : _sums!;
        var duplicate = Duplicates(past, keys, weights.device);
        var induction = cat([zeros(queries, 1, device: weights.device), duplicate.narrow(1, 0, keys - 1)], 1); // the key after an earlier copy of the query
        var flat = weights.reshape(heads, -1);
        Sums.Add(_sums.All, flat.sum(-1));
        Sums.Add(_sums.Previous, weights.diagonal(past - 1, 1, 2).sum(-1));
        Sums.Add(_sums.Duplicate, flat.matmul(duplicate.reshape(-1)));
        Sums.Add(_sums.Induction, flat.matmul(induction.reshape(-1)));
        var early = Math.Max(0, localWindow - past); // rows that see no more keys than the window
        if (queries > early)
        {
            var late = weights.narrow(1, early, queries - early);
            Sums.Add(_sums.Late, late.sum([1, 2]));
            Sums.Add(_sums.Local, late.triu(past + early - localWindow + 1).sum([1, 2])); // query i looks at keys i - w + 1 to i
        }

        if (keys == ids.Count)
        {
            _layers.Add(_sums.Scores());
        }

        return null;
    }

    /// <summary>1 where a key before the query is the same token, else 0: <c>[query, key]</c>, for some queries and the keys up to the last of them.</summary>
    private Tensor Duplicates(long past, long keys, Device device)
    {
        var tokens = tensor(ids.Select(id => (long)id).ToArray(), device: device);
        return tokens.narrow(0, past, keys - past).unsqueeze(1).eq(tokens.narrow(0, 0, keys).unsqueeze(0)).to(ScalarType.Float32).tril(past - 1);
    }

    /// <summary>Attention of a layer's heads so far, in the places that scores are shares of.</summary>
    private sealed class Sums(int heads)
    {
        internal double[] All { get; } = new double[heads];

        internal double[] Previous { get; } = new double[heads];

        internal double[] Duplicate { get; } = new double[heads];

        internal double[] Induction { get; } = new double[heads];

        internal double[] Late { get; } = new double[heads];

        internal double[] Local { get; } = new double[heads];

        internal static void Add(double[] sums, Tensor values)
        {
            foreach (var (head, value) in Plain.Vector(values).Index())
            {
                sums[head] += value;
            }
        }

        internal double[][] Scores() => [Shares(Previous, All), Shares(Duplicate, All), Shares(Induction, All), Shares(Local, Late)];

        private static double[] Shares(double[] parts, double[] wholes) => [.. parts.Zip(wholes, (part, whole) => part / whole)];
    }
}
