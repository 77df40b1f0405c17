namespace Experiments.Interpretability;

/// <summary>What one head does, in numbers. The token scores are those of TransformerLens' head detector: shares of all the head's attention, 0 to 1.</summary>
public sealed record HeadScores
{
    /// <summary>0-based layer.</summary>
    public required int Layer { get; init; }

    /// <summary>0-based head.</summary>
    public required int Head { get; init; }

    /// <summary>Attention received by the first token among the first tokens (64 by default).</summary>
    public required double Sink { get; init; }

    /// <summary>Share on the token before the query.</summary>
    public required double PreviousToken { get; init; }

    /// <summary>Share on earlier copies of the query's token.</summary>
    public required double DuplicateToken { get; init; }

    /// <summary>Share on tokens that follow an earlier copy of the query's token.</summary>
    public required double Induction { get; init; }

    /// <summary>Share on the last few keys (5 by default), the query's own included, over queries that see more; NaN where none does.</summary>
    public required double Local { get; init; }

    /// <summary>Mean normalised entropy; NaN for a single token.</summary>
    public required double NormalizedEntropy { get; init; }

    /// <summary>Mean effective context in tokens.</summary>
    public required double EffectiveContext { get; init; }

    /// <summary>The category that the rule gives these scores.</summary>
    public required HeadCategory Category { get; init; }

    internal static IReadOnlyList<HeadScores> Of(SequenceAttention text, IReadOnlyList<double[][]> layers, HeadCategoryOptions rule) =>
    [
        .. from layer in Enumerable.Range(0, layers.Count)
           from head in Enumerable.Range(0, layers[layer][0].Length)
           let scores = layers[layer]
           select new HeadScores
           {
               Layer = layer,
               Head = head,
               Sink = text.FirstKey[layer, head],
               PreviousToken = scores[0][head],
               DuplicateToken = scores[1][head],
               Induction = scores[2][head],
               Local = scores[3][head],
               NormalizedEntropy = text.NormalizedEntropy[layer, head],
               EffectiveContext = text.EffectiveContext[layer, head],
               Category = HeadCategory.Other,
           }.Categorized(rule),
    ];

    /// <summary>Means over texts, which count alike; the category is that of the means.</summary>
    internal static IReadOnlyList<HeadScores> Mean(IReadOnlyList<IReadOnlyList<HeadScores>> texts, HeadCategoryOptions rule) =>
    [
        .. texts[0].Select((head, index) =>
        {
            double Of(Func<HeadScores, double> read) => texts.Select(text => read(text[index])).Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average();
            return (head with
            {
                Sink = Of(scores => scores.Sink),
                PreviousToken = Of(scores => scores.PreviousToken),
                DuplicateToken = Of(scores => scores.DuplicateToken),
                Induction = Of(scores => scores.Induction),
                Local = Of(scores => scores.Local),
                NormalizedEntropy = Of(scores => scores.NormalizedEntropy),
                EffectiveContext = Of(scores => scores.EffectiveContext),
            }).Categorized(rule);
        }),
    ];

    private HeadScores Categorized(HeadCategoryOptions rule) => this with { Category = rule.Of(this) };
}
