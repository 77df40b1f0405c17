namespace Experiments.Interpretability;

/// <summary>Adds up what token classes receive over texts, and resamples the texts for intervals.</summary>
internal sealed class ClassMassEstimate(IReadOnlyList<SequenceAttention> texts, AttentionStudyOptions options)
{
    /// <summary>Share by layer and class of any attention whose shares of a text's keys sum to 1 in a layer.</summary>
    internal IReadOnlyList<ClassMass> Masses(IEnumerable<int> layers, IReadOnlyList<TokenClass> classes, Func<SequenceAttention, int, int, double> share)
    {
        var result = new List<ClassMass>();
        double[] weights = [.. texts.Select(text => (double)text.Pieces.Count)]; // one row of attention per token
        double all = weights.Sum();
        var draws = Draws();
        foreach (var layer in layers)
        {
            foreach (var kind in classes)
            {
                double[] received = [.. texts.Zip(weights, (text, weight) => weight * Keys(text, kind).Sum(key => share(text, layer, key)))];
                var expected = texts.Zip(weights, (text, weight) => weight * Keys(text, kind).Sum(key => UniformShare(key, text.Pieces.Count))).Sum() / all;
                var (low, high) = Interval(draws, received, weights);
                result.Add(new ClassMass(layer, kind, texts.Sum(text => Keys(text, kind).Count()), received.Sum() / all, expected, low, high));
            }
        }

        return result;
    }

    internal IReadOnlyList<OutlierShare> Outliers(int layers, IReadOnlyList<TokenClass> classes)
    {
        double all = texts.Sum(text => text.Pieces.Count);
        return
        [
            .. from layer in Enumerable.Range(0, layers)
               from kind in classes
               let found = texts.Select(text => (Text: text, Keys: text.Outliers[layer].Where(key => text.Classes[key] == kind).ToArray())).ToArray()
               select new OutlierShare(
                   layer,
                   kind,
                   texts.Sum(text => Keys(text, kind).Count()),
                   found.Sum(item => item.Keys.Length),
                   found.Sum(item => item.Text.Pieces.Count * item.Keys.Sum(key => item.Text.Mass[layer, key])) / all),
        ];
    }

    /// <summary>Share of all attention that a 0-based position gets when query i spreads evenly over keys 1 to i: <c>1/T * sum_{i=k..T} 1/i</c>.</summary>
    internal static double UniformShare(int key, int length)
    {
        var sum = 0.0;
        for (var query = key; query < length; query++)
        {
            sum += 1.0 / (query + 1);
        }

        return sum / length;
    }

    private static IEnumerable<int> Keys(SequenceAttention text, TokenClass kind) => text.Classes.Index().Where(token => token.Item == kind).Select(token => token.Index);

    /// <summary>Resampled text indices, the same for every layer and class so that their intervals belong together.</summary>
    private int[][] Draws()
    {
        var random = new Random(options.Seed);
        return texts.Count < 2 ? [] : [.. Enumerable.Range(0, options.Resamples).Select(_ => texts.Select(_ => random.Next(texts.Count)).ToArray())];
    }

    private (double? Low, double? High) Interval(int[][] draws, double[] received, double[] weights)
    {
        if (draws.Length == 0)
        {
            return (null, null);
        }

        double[] shares = [.. draws.Select(draw => draw.Sum(index => received[index]) / draw.Sum(index => weights[index])).Order()];
        var tail = (1 - options.Confidence) / 2;
        double At(double quantile) => shares[(int)Math.Round(quantile * (shares.Length - 1))];
        return (At(tail), At(1 - tail));
    }
}
