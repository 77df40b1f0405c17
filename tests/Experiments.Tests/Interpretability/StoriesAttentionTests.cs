using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Tests.Models;

namespace Experiments.Tests.Interpretability;

public class StoriesAttentionTests
{
    [Fact]
    public void A_repeated_token_makes_no_sink_in_a_trained_rotary_model()
    {
        using var model = Checkpoint.Load(Stories.ModelFolder);
        var tokenizer = TextTokenizer.Load(Stories.ModelFolder);
        var repeated = AttentionStudy.Run(model, [[.. Enumerable.Repeat(403, 64)]], tokenizer.Piece, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(0, repeated.ModelSinkRate);
    }

    [Fact]
    public void Previous_token_heads_of_a_trained_model_are_the_same_ones_in_two_texts()
    {
        using var model = Checkpoint.Load(Stories.ModelFolder);
        var tokenizer = TextTokenizer.Load(Stories.ModelFolder);
        int[] ids = [.. Stories.Json("expected.json").GetProperty("nll_ids").EnumerateArray().Select(id => id.GetInt32())];
        IEnumerable<(int Layer, int Head)> Previous(int[] text) => AttentionStudy.Observe(model, text, tokenizer.Piece, options: new() { Laboratory = new() { Categories = new() { PatternScore = 0.5 } } })
            .Laboratory!.Heads!.Where(head => head.Category == HeadCategory.PreviousToken).Select(head => (head.Layer, head.Head));
        Assert.Equal([(1, 3), (1, 6), (3, 6)], Previous(ids[..120]));
        Assert.Equal([(1, 3), (1, 6), (3, 6)], Previous(ids[120..240]));
    }

    [Fact]
    public void Outliers_crowd_at_the_end_of_a_text_until_keys_that_few_queries_see_are_left_out()
    {
        using var model = Checkpoint.Load(Stories.ModelFolder);
        var tokenizer = TextTokenizer.Load(Stories.ModelFolder);
        int[] ids = [.. Stories.Json("expected.json").GetProperty("nll_ids").EnumerateArray().Select(id => id.GetInt32())];
        int[] Outliers(int queries) => [.. AttentionStudy.Observe(model, ids, tokenizer.Piece, options: new() { OutlierMinimumQueries = queries }).Outliers.SelectMany(layer => layer)];

        var plain = Outliers(1);
        Assert.True(plain.Count(key => key >= ids.Length * 2 / 3) > 0.9 * plain.Length);
        var seen = Outliers(ids.Length / 2);
        Assert.InRange(seen.Length, 1, plain.Length / 10);
        Assert.Contains(0, seen);
    }
}
