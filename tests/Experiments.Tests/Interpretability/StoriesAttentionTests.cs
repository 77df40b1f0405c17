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
    public void Keys_at_the_end_are_outliers_for_want_of_queries_and_a_setting_leaves_them_out()
    {
        using var model = Checkpoint.Load(Stories.ModelFolder);
        var tokenizer = TextTokenizer.Load(Stories.ModelFolder);
        int[] ids = [.. Stories.Json("expected.json").GetProperty("nll_ids").EnumerateArray().Select(id => id.GetInt32())];
        var plain = AttentionStudy.Observe(model, ids, tokenizer.Piece);
        var seen = AttentionStudy.Observe(model, ids, tokenizer.Piece, options: new() { OutlierMinimumQueries = 16 });
        foreach (var (layer, outliers) in plain.Outliers.Index())
        {
            TestContext.Current.SendDiagnosticMessage("layer {0}: {1} | {2}", layer, string.Join(" ", outliers), string.Join(" ", seen.Outliers[layer]));
            Assert.All(seen.Outliers[layer], key => Assert.InRange(key, 0, ids.Length - 16));
        }
    }
}
