using MathNet.Numerics.Statistics;

namespace Experiments.Interpretability;

/// <summary>Attention statistics of one text. Layers, heads and positions count from 0; <c>T</c> is the number of tokens.</summary>
public sealed record SequenceAttention
{
    /// <summary>The tokens' pieces, for labels.</summary>
    public required IReadOnlyList<string> Pieces { get; init; }

    /// <summary>The tokens' classes.</summary>
    public required IReadOnlyList<TokenClass> Classes { get; init; }

    /// <summary>Attention received (importance), <c>[layer, head, key]</c>: <c>a_k = 1/(T-k+1) * sum_{i=k..T} A[i,k]</c> with k from 1 (Gu et al. 2024).</summary>
    public required double[,,] Received { get; init; }

    /// <summary>Attention received, mean over heads, <c>[layer, key]</c>: the layer × token heatmap.</summary>
    public required double[,] ReceivedByLayer { get; init; }

    /// <summary>Share of a layer's attention that each key gets, <c>[layer, key]</c>, heads and queries together; each layer sums to 1.</summary>
    public required double[,] Mass { get; init; }

    /// <summary>Share of a head's attention that goes to the first token, <c>[layer, head]</c>.</summary>
    public required double[,] BosMass { get; init; }

    /// <summary>Attention received by the first token among the first tokens (64 by default), <c>[layer, head]</c>; the sink rate counts those above epsilon.</summary>
    public required double[,] FirstKey { get; init; }

    /// <summary>Mean over queries of <c>H_i = -sum_j p_ij ln p_ij</c> in nats, <c>[layer, head]</c>; <c>p</c> is the row scaled to sum 1.</summary>
    public required double[,] Entropy { get; init; }

    /// <summary>Mean over queries i > 1 of <c>H_i / ln i</c>, <c>[layer, head]</c>: 0 for one key, 1 for uniform; NaN for a single token.</summary>
    public required double[,] NormalizedEntropy { get; init; }

    /// <summary>Effective context: mean over queries of <c>exp(H_i)</c>, in tokens, <c>[layer, head]</c>; 1 for one key, <c>(T+1)/2</c> for uniform attention.</summary>
    public required double[,] EffectiveContext { get; init; }

    /// <summary>Positions of outlier tokens by layer: received (mean over heads) above <c>Q3 + 1.5 IQR</c> of the layer's keys and above <c>c/T</c>.</summary>
    public required int[][] Outliers { get; init; }

    /// <summary>Statistics beyond these; null where <see cref="AttentionStudyOptions.Laboratory"/> did not ask for them.</summary>
    public LaboratoryReading? Laboratory { get; init; }

    /// <summary>Keys other than the first with attention received above a threshold in one head (sink set, Yu et al. 2024).</summary>
    /// <param name="layer">0-based layer.</param>
    /// <param name="head">0-based head.</param>
    /// <param name="threshold">0.1 as published.</param>
    /// <returns>0-based positions.</returns>
    public int[] SinkSet(int layer, int head, double threshold = 0.1) =>
        [.. Enumerable.Range(1, Math.Max(0, Pieces.Count - 1)).Where(key => Received[layer, head, key] > threshold)];

    internal static SequenceAttention From(IReadOnlyList<LayerAttention> layers, IReadOnlyList<string> pieces, IReadOnlyList<TokenClass> classes, AttentionStudyOptions options)
    {
        var (count, heads, length) = (layers.Count, layers[0].Total.GetLength(0), pieces.Count);
        var result = new SequenceAttention
        {
            Pieces = pieces,
            Classes = classes,
            Received = new double[count, heads, length],
            ReceivedByLayer = new double[count, length],
            Mass = new double[count, length],
            BosMass = new double[count, heads],
            FirstKey = new double[count, heads],
            Entropy = new double[count, heads],
            NormalizedEntropy = new double[count, heads],
            EffectiveContext = new double[count, heads],
            Outliers = new int[count][],
        };
        foreach (var (layer, reduced) in layers.Index())
        {
            var total = reduced.Total.Cast<double>().Sum();
            for (var head = 0; head < heads; head++)
            {
                result.Add(layer, head, reduced, total);
            }

            result.Outliers[layer] = FindOutliers([.. Enumerable.Range(0, length).Select(key => result.ReceivedByLayer[layer, key])], options);
        }

        return result;
    }

    /// <summary>Positions above both limits: <c>Q3 + f IQR</c> (quartiles by linear interpolation) and <c>c/T</c>.</summary>
    internal static int[] FindOutliers(double[] received, AttentionStudyOptions options)
    {
        double[] keys = [.. received.Take(received.Length - options.OutlierMinimumQueries + 1)]; // key k is seen by T - k + 1 queries
        if (keys.Length == 0)
        {
            return [];
        }

        var (q1, q3) = (keys.QuantileCustom(0.25, QuantileDefinition.R7), keys.QuantileCustom(0.75, QuantileDefinition.R7));
        var limit = Math.Max(q3 + (options.OutlierIqr * (q3 - q1)), options.OutlierFactor / received.Length);
        return [.. keys.Index().Where(key => key.Item > limit).Select(key => key.Index)];
    }

    private void Add(int layer, int head, LayerAttention reduced, double layerTotal)
    {
        var (heads, length) = (reduced.Total.GetLength(0), reduced.Total.GetLength(1));
        var headTotal = 0.0;
        for (var key = 0; key < length; key++)
        {
            var weight = reduced.Total[head, key];
            headTotal += weight;
            Received[layer, head, key] = weight / (length - key); // length - key queries can see this key
            ReceivedByLayer[layer, key] += Received[layer, head, key] / heads;
            Mass[layer, key] += weight / layerTotal;
            Entropy[layer, head] += reduced.Entropy[head, key] / length;
            EffectiveContext[layer, head] += Math.Exp(reduced.Entropy[head, key]) / length;
            NormalizedEntropy[layer, head] += key == 0 ? 0 : reduced.Entropy[head, key] / Math.Log(key + 1) / (length - 1);
        }

        BosMass[layer, head] = reduced.Total[head, 0] / headTotal;
        FirstKey[layer, head] = reduced.FirstKey[head];
        NormalizedEntropy[layer, head] = length == 1 ? double.NaN : NormalizedEntropy[layer, head];
    }
}
