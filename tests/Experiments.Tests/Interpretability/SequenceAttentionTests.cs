using Experiments.Interpretability;
using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Interpretability;

/// <summary>Each number against one worked out by hand.</summary>
public class SequenceAttentionTests
{
    private const double Near = 1e-6;

    private static readonly float[,] Pattern = { { 1, 0, 0 }, { 0.6f, 0.4f, 0 }, { 0.5f, 0.25f, 0.25f } };

    private static readonly float[,] Uniform = { { 1, 0, 0 }, { 0.5f, 0.5f, 0 }, { 1 / 3f, 1 / 3f, 1 / 3f } };

    [Fact]
    public void Attention_received_is_the_mean_over_the_queries_that_can_see_the_key()
    {
        var text = Observe(new(), Pattern);
        Near3([2.1 / 3, 0.65 / 2, 0.25], key => text.Received[0, 0, key]);
    }

    [Fact]
    public void Layer_values_are_means_over_heads()
    {
        var text = Observe(new(), Pattern, Uniform);
        Near3([((2.1 / 3) + (11 / 18.0)) / 2, ((0.65 / 2) + (5 / 12.0)) / 2, (0.25 + (1 / 3.0)) / 2], key => text.ReceivedByLayer[0, key]);
        Near3([(2.1 + (11 / 6.0)) / 6, (0.65 + (5 / 6.0)) / 6, (0.25 + (1 / 3.0)) / 6], key => text.Mass[0, key]);
    }

    [Fact]
    public void Entropy_is_in_nats_and_its_normalised_form_leaves_out_the_first_query()
    {
        var text = Observe(new(), Pattern, Uniform);
        Assert.Equal((0 + 0.6730116670 + 1.0397207708) / 3, text.Entropy[0, 0], Near);
        Assert.Equal(((0.6730116670 / Math.Log(2)) + (1.0397207708 / Math.Log(3))) / 2, text.NormalizedEntropy[0, 0], Near);
        Assert.Equal((Math.Log(2) + Math.Log(3)) / 3, text.Entropy[0, 1], Near);
        Assert.Equal(1, text.NormalizedEntropy[0, 1], Near);
    }

    [Fact]
    public void Effective_context_is_the_mean_of_the_rows_perplexities()
    {
        var text = Observe(new(), Pattern, Uniform);
        Assert.Equal((1 + 1.9601316 + 2.8284271) / 3, text.EffectiveContext[0, 0], Near); // exp(0), exp(0.6730117), exp(1.0397208)
        Assert.Equal((1 + 2 + 3) / 3.0, text.EffectiveContext[0, 1], Near);
    }

    [Fact]
    public void Rows_that_an_intervention_raised_count_as_shares_in_entropy_and_mass()
    {
        var raised = (float[,])Pattern.Clone();
        for (var key = 0; key < 3; key++)
        {
            raised[1, key] *= 1.5f;
        }

        var (plain, edited) = (Observe(new(), Pattern), Observe(new(), raised));
        Assert.Equal(plain.Entropy[0, 0], edited.Entropy[0, 0], Near);
        Assert.Equal((2.1 + 0.3) / 3, edited.Received[0, 0, 0], Near); // attention received is what is multiplied with the values
        Assert.Equal(2.4 / 3.5, edited.BosMass[0, 0], Near);
    }

    [Fact]
    public void First_key_numbers_are_its_share_and_what_it_receives_within_the_sink_length()
    {
        var text = Observe(new() { SinkLength = 2 }, Pattern);
        Assert.Equal(0.7, text.BosMass[0, 0], Near);
        Assert.Equal(0.8, text.FirstKey[0, 0], Near);
        Assert.Equal(0.7, Observe(new(), Pattern).FirstKey[0, 0], Near);
        Assert.Equal([1, 2], text.SinkSet(0, 0));
        Assert.Equal([1], text.SinkSet(0, 0, 0.3));
    }

    [Fact]
    public void Outliers_pass_both_limits()
    {
        double[] received = [1, 2, 3, 4, 5, 6, 7, 8, 9, 13.6, 30];
        var options = new AttentionStudyOptions();
        Assert.Equal([10], SequenceAttention.FindOutliers(received, options)); // Q1 = 3.5, Q3 = 8.5, limit 16
        Assert.Equal([9, 10], SequenceAttention.FindOutliers(received, options with { OutlierIqr = 1 })); // limit 13.5
        Assert.Empty(SequenceAttention.FindOutliers(received, options with { OutlierFactor = 400 })); // limit 400/11
    }

    [Fact]
    public void Keys_that_few_queries_see_can_be_left_out()
    {
        double[] received = [1, 30, 3, 4, 5, 6, 7, 8, 9, 10, 40];
        Assert.Equal([1, 10], SequenceAttention.FindOutliers(received, new()));
        Assert.Equal([1], SequenceAttention.FindOutliers(received, new() { OutlierMinimumQueries = 2 }));
        Assert.Empty(SequenceAttention.FindOutliers(received, new() { OutlierMinimumQueries = 12 }));
    }

    [Fact]
    public void Equal_keys_have_no_outlier() => Assert.Empty(SequenceAttention.FindOutliers([0.1, 0.1, 0.1, 0.1], new() { OutlierFactor = 0 }));

    [Fact]
    public void A_single_token_has_no_normalised_entropy()
    {
        var text = Observe(new(), new float[,] { { 1 } });
        Assert.True(double.IsNaN(text.NormalizedEntropy[0, 0]));
        Assert.Equal((0, 1, 1), (text.Entropy[0, 0], text.BosMass[0, 0], text.Received[0, 0, 0]));
    }

    [Fact]
    public void A_text_whose_beginning_was_not_seen_is_refused()
    {
        using var scope = NewDisposeScope();
        var reducer = new AttentionReducer(new());
        Assert.Throws<InvalidOperationException>(() => reducer.OnPattern(new AttentionSite(0, 1, 2, null), ones(1, 1, 1, 3)));
        reducer.OnPattern(new AttentionSite(0, 1, 0, null), ones(1, 1, 3, 3));
        Assert.Throws<InvalidOperationException>(() => reducer.OnPattern(new AttentionSite(0, 1, 4, null), ones(1, 1, 1, 5)));
    }

    private static SequenceAttention Observe(AttentionStudyOptions options, params float[][,] heads)
    {
        using var scope = NewDisposeScope();
        var reducer = new AttentionReducer(options);
        reducer.OnPattern(new AttentionSite(0, 1, 0, null), stack([.. heads.Select(head => tensor(head))]).unsqueeze(0));
        string[] pieces = [.. Enumerable.Repeat("▁x", heads[0].GetLength(0))];
        return SequenceAttention.From(reducer.Layers(0), pieces, new TokenClassifier().Classify(pieces), options);
    }

    private static void Near3(double[] expected, Func<int, double> actual) => Assert.All(expected.Index(), key => Assert.Equal(key.Item, actual(key.Index), Near));
}
