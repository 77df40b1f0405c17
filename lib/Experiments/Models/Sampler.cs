namespace Experiments.Models;

/// <summary>Draws one prompt's tokens: temperature, then top-k, top-p and min-p, as transformers orders them.</summary>
internal sealed class Sampler(GenerationOptions options, int stream)
{
    private readonly Random _random = new(unchecked((options.Seed * 1_000_003) + stream));

    /// <summary>Draws a token id from logits over the vocabulary.</summary>
    internal int Draw(ReadOnlySpan<float> logits)
    {
        var ids = new int[logits.Length];
        var weights = new double[logits.Length];
        var peak = double.NegativeInfinity;
        foreach (var logit in logits)
        {
            peak = Math.Max(peak, logit);
        }

        for (var id = 0; id < logits.Length; id++)
        {
            (ids[id], weights[id]) = (id, Math.Exp((logits[id] - peak) / options.Temperature));
        }

        Array.Sort(weights, ids, Comparer<double>.Create((a, b) => b.CompareTo(a)));
        var count = options.TopK > 0 ? Math.Min(options.TopK, ids.Length) : ids.Length;
        var total = weights.AsSpan(0, count).ToArray().Sum();
        if (options.TopP < 1)
        {
            var reached = 0.0;
            for (var i = 0; i < count; i++)
            {
                reached += weights[i];
                if (reached >= options.TopP * total)
                {
                    (count, total) = (i + 1, reached);
                    break;
                }
            }
        }

        if (options.MinP > 0)
        {
            count = weights.AsSpan(0, count).IndexOfAnyExceptInRange(options.MinP * weights[0], weights[0]) is var first and >= 0 ? first : count;
            total = weights.AsSpan(0, count).ToArray().Sum();
        }

        var draw = _random.NextDouble() * total;
        for (var i = 0; i < count; i++)
        {
            draw -= weights[i];
            if (draw < 0)
            {
                return ids[i];
            }
        }

        return ids[count - 1];
    }
}
