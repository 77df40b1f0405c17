using Experiments.Interpretability;
using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Interpretability;

/// <summary>Head scores against ones worked out by hand, and the rule of the categories.</summary>
public class HeadScoreTests
{
    private const double Near = 1e-6;

    private static readonly float[,] Pattern =
    {
        { 1, 0, 0, 0 },
        { 0.6f, 0.4f, 0, 0 },
        { 0.5f, 0.3f, 0.2f, 0 },
        { 0.1f, 0.2f, 0.3f, 0.4f },
    };

    [Fact]
    public void Scores_are_shares_of_all_attention_on_the_detection_patterns()
    {
        // Tokens a b a b. Duplicates: (3,1), (4,2). Induction: the keys after those, (3,2) and (4,3), which here are the previous tokens too. Four rows sum to 4.
        var scores = Reduce([7, 8, 7, 8], 2, Pattern);
        Assert.Equal((0.6 + 0.3 + 0.3) / 4, scores[0], Near);
        Assert.Equal((0.5 + 0.2) / 4, scores[1], Near);
        Assert.Equal((0.3 + 0.3) / 4, scores[2], Near);
        Assert.Equal((0.3 + 0.2 + 0.3 + 0.4) / 2, scores[3], Near); // the last two keys of queries 3 and 4
    }

    [Fact]
    public void A_token_after_its_own_copy_is_an_induction_target_of_itself()
    {
        // Tokens a b b: only (3,2) is a duplicate, and the key after b is the query itself, as in TransformerLens.
        var scores = Reduce([7, 8, 8], 1, new float[,] { { 1, 0, 0 }, { 0.5f, 0.5f, 0 }, { 0.2f, 0.3f, 0.5f } });
        Assert.Equal(0.3 / 3, scores[1], Near);
        Assert.Equal(0.5 / 3, scores[2], Near);
    }

    [Fact]
    public void Rows_that_an_intervention_raised_weigh_more_and_local_is_not_a_number_in_a_short_text()
    {
        var scores = Reduce([7, 8], 2, new float[,] { { 1, 0 }, { 0.9f, 0.3f } });
        Assert.Equal(0.9 / 2.2, scores[0], Near);
        Assert.True(double.IsNaN(scores[3]));
        Assert.Equal([0, 0, 0], Reduce([7], 2, new float[,] { { 1 } })[..3]);
    }

    [Theory]
    [InlineData(HeadCategory.PreviousToken)]
    [InlineData(HeadCategory.Induction)]
    [InlineData(HeadCategory.Duplicate)]
    [InlineData(HeadCategory.Broad)]
    [InlineData(HeadCategory.Sink)]
    [InlineData(HeadCategory.Local)]
    public void A_head_that_does_one_thing_is_named_after_it(HeadCategory category)
    {
        const int half = 12; // a random stretch twice: its second half has a copy of each token, 12 back
        int[] ids = [.. Enumerable.Range(0, 2 * half).Select(i => i % half)];
        var pattern = new float[ids.Length, ids.Length];
        for (var query = 0; query < ids.Length; query++)
        {
            int[] keys = category switch
            {
                HeadCategory.PreviousToken => [Math.Max(0, query - 1)],
                HeadCategory.Induction => [query < half ? query : query - half + 1],
                HeadCategory.Duplicate => [query < half ? query : query - half],
                HeadCategory.Broad => [.. Enumerable.Range(0, query + 1)],
                HeadCategory.Sink => [0],
                _ => [query],
            };
            Array.ForEach(keys, key => pattern[query, key] = 1f / keys.Length);
        }

        Assert.Equal(category, Assert.Single(Observe(ids, pattern)).Category);
    }

    [Theory]
    [InlineData(0.4, 0.0, 0.95, 0.9, 0.9, HeadCategory.PreviousToken)]
    [InlineData(0.41, 0.5, 0.95, 0.9, 0.9, HeadCategory.Induction)]
    [InlineData(0.39, 0.0, 0.90, 0.9, 0.9, HeadCategory.Broad)]
    [InlineData(0.39, 0.0, 0.89, 0.31, 0.9, HeadCategory.Sink)]
    [InlineData(0.39, 0.0, 0.89, 0.3, 0.6, HeadCategory.Local)]
    [InlineData(0.39, 0.0, 0.89, 0.3, 0.59, HeadCategory.Other)]
    [InlineData(0.0, 0.0, double.NaN, 0.0, double.NaN, HeadCategory.Other)]
    public void The_first_condition_that_holds_gives_the_category(double previous, double induction, double entropy, double sink, double local, HeadCategory expected)
    {
        var scores = new HeadScores { Layer = 0, Head = 0, Sink = sink, PreviousToken = previous, DuplicateToken = 0, Induction = induction, Local = local, NormalizedEntropy = entropy, EffectiveContext = 1, Category = HeadCategory.Other };
        Assert.Equal(expected, new HeadCategoryOptions().Of(scores));
        Assert.Equal(HeadCategory.Induction, new HeadCategoryOptions { PatternScore = 0.01 }.Of(scores with { Induction = 0.9 }));
    }

    private static double[] Reduce(int[] ids, int window, float[,] pattern)
    {
        using var scope = NewDisposeScope();
        var reducer = new HeadScoreReducer(ids, window);
        Assert.Null(reducer.OnPattern(new AttentionSite(0, 1, 0, null), stack([zeros_like(tensor(pattern)), tensor(pattern)]).unsqueeze(0)));
        return [.. reducer.Layers[0].Select(score => score[1])];
    }

    private static IReadOnlyList<HeadScores> Observe(int[] ids, float[,] pattern)
    {
        using var scope = NewDisposeScope();
        var (plain, scores) = (new AttentionReducer(new()), new HeadScoreReducer(ids, new HeadCategoryOptions().LocalWindow));
        HookChain.Of(plain, scores)!.OnPattern(new AttentionSite(0, 1, 0, null), tensor(pattern).unsqueeze(0).unsqueeze(0));
        string[] pieces = [.. ids.Select(id => $"{id}")];
        return HeadScores.Of(SequenceAttention.From(plain.Layers(0), pieces, new TokenClassifier().Classify(pieces), new()), scores.Layers, new());
    }
}
