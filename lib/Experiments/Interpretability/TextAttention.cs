namespace Experiments.Interpretability;

/// <summary>What statistics over several texts need of one text: sums over its tokens, and nothing by token, so that long texts take no more memory than short ones.</summary>
internal sealed record TextAttention
{
    private static readonly int Kinds = Enum.GetValues<TokenClass>().Length;

    /// <summary>Number of tokens; each has one row of attention.</summary>
    internal required int Tokens { get; init; }

    /// <summary>Tokens by class, <c>[class]</c>.</summary>
    internal required int[] ClassTokens { get; init; }

    /// <summary>Share that the positions of each class would get under even attention, <c>[class][1]</c>.</summary>
    internal required double[][] Expected { get; init; }

    /// <summary>Share of each layer's attention by class, <c>[class][layer]</c>.</summary>
    internal required double[][] Mass { get; init; }

    /// <summary>Share of each head's attention by class, <c>[class][layer * heads + head]</c>.</summary>
    internal required double[][] HeadMass { get; init; }

    /// <summary>Outlier tokens by class, <c>[class][layer]</c>.</summary>
    internal required double[][] Outliers { get; init; }

    /// <summary>Share of each layer's attention that these outliers receive, <c>[class][layer]</c>.</summary>
    internal required double[][] OutlierMass { get; init; }

    /// <summary>As in <see cref="SequenceAttention"/>, <c>[layer, head]</c>.</summary>
    internal required double[,] FirstKey { get; init; }

    /// <inheritdoc cref="FirstKey"/>
    internal required double[,] Entropy { get; init; }

    /// <inheritdoc cref="FirstKey"/>
    internal required double[,] NormalizedEntropy { get; init; }

    /// <inheritdoc cref="FirstKey"/>
    internal required double[,] BosMass { get; init; }

    /// <summary>Whether it was read with <see cref="AttentionStudyOptions.Laboratory"/>.</summary>
    internal required bool HasLaboratory { get; init; }

    /// <summary>Scores by head; null where they were not asked for, as the next three.</summary>
    internal IReadOnlyList<HeadScores>? Heads { get; init; }

    /// <summary>Share of each layer's value-weighted attention by class, <c>[class][layer]</c>.</summary>
    internal double[][]? ValueMass { get; init; }

    /// <summary>Share of the rollout by class, <c>[class][1]</c>.</summary>
    internal double[][]? RolloutMass { get; init; }

    /// <summary>Counts by layer.</summary>
    internal IReadOnlyList<HiddenStateCounts>? HiddenStates { get; init; }

    /// <summary>Reduces a text.</summary>
    internal static TextAttention Of(SequenceAttention text)
    {
        var (layers, heads) = (text.Entropy.GetLength(0), text.Entropy.GetLength(1));
        var uniform = UniformShares(text.Pieces.Count);
        var (shares, outliers) = (HeadShares(text), text.Outliers.Select(keys => keys.ToHashSet()).ToArray());
        return new TextAttention
        {
            Tokens = text.Pieces.Count,
            ClassTokens = [.. Enumerable.Range(0, Kinds).Select(kind => text.Classes.Count(own => (int)own == kind))],
            Expected = ByClass(text, 1, (_, key) => uniform[key]),
            Mass = ByClass(text, layers, (layer, key) => text.Mass[layer, key]),
            HeadMass = ByClass(text, layers * heads, (place, key) => shares[place / heads, place % heads] * text.Received[place / heads, place % heads, key] * (text.Pieces.Count - key)),
            Outliers = ByClass(text, layers, (layer, key) => outliers[layer].Contains(key) ? 1 : 0),
            OutlierMass = ByClass(text, layers, (layer, key) => outliers[layer].Contains(key) ? text.Mass[layer, key] : 0),
            FirstKey = text.FirstKey,
            Entropy = text.Entropy,
            NormalizedEntropy = text.NormalizedEntropy,
            BosMass = text.BosMass,
            HasLaboratory = text.Laboratory is not null,
            Heads = text.Laboratory?.Heads,
            ValueMass = text.Laboratory?.Values is { } values ? ByClass(text, layers, (layer, key) => values[layer].Mass[key]) : null,
            RolloutMass = text.Laboratory?.RolloutMass is { } rollout ? ByClass(text, 1, (_, key) => rollout[key]) : null,
            HiddenStates = text.Laboratory?.HiddenStates?.Select(HiddenStateCounts.Of).ToList(),
        };
    }

    /// <summary>Share of all attention that each position gets when query i spreads evenly over keys 1 to i: <c>1/T * sum_{i=k..T} 1/i</c>.</summary>
    internal static double[] UniformShares(int length)
    {
        var (shares, sum) = (new double[length], 0.0);
        for (var key = length - 1; key >= 0; key--)
        {
            sum += 1.0 / (key + 1);
            shares[key] = sum / length;
        }

        return shares;
    }

    private static double[][] ByClass(SequenceAttention text, int places, Func<int, int, double> share)
    {
        var sums = Enumerable.Range(0, Kinds).Select(_ => new double[places]).ToArray();
        foreach (var (key, kind) in text.Classes.Index())
        {
            for (var place = 0; place < places; place++)
            {
                sums[(int)kind][place] += share(place, key);
            }
        }

        return sums;
    }

    /// <summary>The share of its attention that one unit of weight is in a head: 1 over the sum of its rows, which an intervention may raise.</summary>
    private static double[,] HeadShares(SequenceAttention text)
    {
        var shares = new double[text.Received.GetLength(0), text.Received.GetLength(1)];
        for (var layer = 0; layer < shares.GetLength(0); layer++)
        {
            for (var head = 0; head < shares.GetLength(1); head++)
            {
                shares[layer, head] = 1 / Enumerable.Range(0, text.Pieces.Count).Sum(key => text.Received[layer, head, key] * (text.Pieces.Count - key));
            }
        }

        return shares;
    }
}

/// <summary>What is counted in the hidden state behind one layer of one text; definitions as in <see cref="HiddenStateReading"/>.</summary>
internal readonly record struct HiddenStateCounts(int Massive, double Largest, double LargestRatio, int SecondarySinks)
{
    internal static HiddenStateCounts Of(HiddenStateReading reading) => new(reading.Massive, reading.Largest, reading.LargestRatio, reading.SecondarySinks.Count);
}
