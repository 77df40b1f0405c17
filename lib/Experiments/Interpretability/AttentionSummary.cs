namespace Experiments.Interpretability;

/// <summary>Joins reduced texts to statistics, with intervals over texts.</summary>
internal sealed class AttentionSummary
{
    private readonly IReadOnlyList<TextAttention> _texts;
    private readonly AttentionStudyOptions _options;
    private readonly TextBootstrap _bootstrap;
    private readonly TokenClass[] _classes; // those that occur
    private readonly double[] _tokens;
    private readonly double[] _alike;

    internal AttentionSummary(IReadOnlyList<TextAttention> texts, AttentionStudyOptions options)
    {
        (_texts, _options, _bootstrap) = (texts, options, new TextBootstrap(texts.Count, options));
        _classes = [.. Enum.GetValues<TokenClass>().Where(kind => texts.Any(text => text.ClassTokens[(int)kind] > 0))];
        (_tokens, _alike) = ([.. texts.Select(text => (double)text.Tokens)], [.. texts.Select(_ => 1.0)]);
    }

    internal AttentionStatistics Statistics()
    {
        var sinks = Heads(text => text.FirstKey, _alike, value => value > _options.SinkEpsilon ? 100 : 0);
        var entropy = Heads(text => text.Entropy, _alike);
        var normalized = Heads(text => text.NormalizedEntropy, [.. _texts.Select(text => text.Tokens > 1 ? 1.0 : 0)]);
        var first = Heads(text => text.BosMass, _alike);
        return new AttentionStatistics
        {
            Sequences = _texts.Count,
            Tokens = _texts.Sum(text => text.Tokens),
            SinkRate = sinks.Mean,
            ModelSinkRate = sinks.Mean.Cast<double>().Average(),
            Entropy = entropy.Mean,
            NormalizedEntropy = normalized.Mean,
            BosMass = first.Mean,
            Intervals = _texts.Count < 2 ? null : new HeadIntervals(sinks.Interval, entropy.Interval, normalized.Interval, first.Interval),
            ClassMasses = Masses(text => text.Mass),
            HeadMasses = [.. _classes.Select(kind => new HeadMass(kind, Tokens(kind), Expected(kind), Shares(text => text.HeadMass[(int)kind])))],
            NonSemantic = NonSemantic([.. _classes.Where(kind => kind.IsNonSemantic())]),
            Outliers = Outliers(),
            Laboratory = _options.Laboratory is { } laboratory ? LaboratoryStatistics.Of(_texts, Masses, laboratory) : null,
        };
    }

    /// <summary>Share by layer and class; where there is one share for all layers, the layer is the last.</summary>
    private IReadOnlyList<ClassMass> Masses(Func<TextAttention, double[][]> mass)
    {
        var shares = Array.ConvertAll(_classes, kind => Mean(text => mass(text)[(int)kind]));
        var expected = Array.ConvertAll(_classes, Expected);
        var first = _texts[0].Mass[0].Length - shares[0].Mean.Length;
        return
        [
            .. from layer in Enumerable.Range(0, shares[0].Mean.Length)
               from kind in Enumerable.Range(0, _classes.Length)
               let share = shares[kind]
               select new ClassMass(first + layer, _classes[kind], Tokens(_classes[kind]), share.Mean[layer], expected[kind], share.Low?[layer], share.High?[layer]),
        ];
    }

    private NonSemanticMass NonSemantic(IReadOnlyList<TokenClass> kinds)
    {
        var layers = Mean(text => Together(text.Mass));
        return new NonSemanticMass(
            kinds.Sum(Tokens),
            kinds.Sum(Expected),
            [.. layers.Mean.Select((mass, layer) => new LayerMass(mass, layers.Low?[layer], layers.High?[layer]))],
            Shares(text => Together(text.HeadMass)));

        double[] Together(double[][] byClass) => [.. Enumerable.Range(0, byClass[0].Length).Select(place => kinds.Sum(kind => byClass[(int)kind][place]))];
    }

    private IReadOnlyList<OutlierShare> Outliers() =>
    [
        .. from layer in Enumerable.Range(0, _texts[0].Mass[0].Length)
           from kind in _classes
           select new OutlierShare(
               layer,
               kind,
               Tokens(kind),
               (int)_texts.Sum(text => text.Outliers[(int)kind][layer]),
               _texts.Sum(text => text.Tokens * text.OutlierMass[(int)kind][layer]) / _tokens.Sum()),
    ];

    private int Tokens(TokenClass kind) => _texts.Sum(text => text.ClassTokens[(int)kind]);

    private double Expected(TokenClass kind) => _texts.Sum(text => text.Tokens * text.Expected[(int)kind][0]) / _tokens.Sum();

    /// <summary>Means over texts that count by their tokens.</summary>
    private ColumnMeans Mean(Func<TextAttention, double[]> values) => _bootstrap.Means([.. _texts.Select(values)], _tokens);

    private HeadShares Shares(Func<TextAttention, double[]> values)
    {
        var means = Mean(values);
        return new HeadShares(Matrix(means.Mean), means.Low is null ? null : Matrix(means.Low), means.High is null ? null : Matrix(means.High));
    }

    private (double[,] Mean, HeadInterval Interval) Heads(Func<TextAttention, double[,]> values, double[] weights, Func<double, double>? map = null)
    {
        var means = _bootstrap.Means([.. _texts.Select(text => values(text).Cast<double>().Select(value => map is null ? value : map(value)).ToArray())], weights);
        return (Matrix(means.Mean), new HeadInterval(Matrix(means.Low ?? means.Mean), Matrix(means.High ?? means.Mean)));
    }

    /// <summary>A number per layer and head, from one row.</summary>
    private double[,] Matrix(double[] values)
    {
        var matrix = new double[_texts[0].Entropy.GetLength(0), _texts[0].Entropy.GetLength(1)];
        foreach (var (place, value) in values.Index())
        {
            matrix[place / matrix.GetLength(1), place % matrix.GetLength(1)] = value;
        }

        return matrix;
    }
}
