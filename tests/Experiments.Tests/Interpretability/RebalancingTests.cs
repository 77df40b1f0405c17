using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Tests.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Interpretability;

public class RebalancingTests
{
    private const int Layers = 4;

    private static readonly float[,] Source = { { 1, 0, 0 }, { 0.3f, 0.7f, 0 }, { 0.2f, 0.01f, 0.79f } };

    private static readonly float[,] Later = { { 1, 0, 0 }, { 0.5f, 0.5f, 0 }, { 0.25f, 0.25f, 0.5f } };

    [Fact]
    public void Marked_weights_grow_by_alpha_times_the_decay_and_the_rest_stays()
    {
        // Marked: (1,0) and (2,0). (2,1) is not strictly above the threshold, the diagonal never is. decay(1) = 2/3.
        var factor = (float)(1 + (0.2 * 2 / 3));
        Same(new[,] { { 1, 0, 0 }, { 0.5f * factor, 0.5f, 0 }, { 0.25f * factor, 0.25f, 0.5f } }, Apply(new RebalanceOptions(), 1));
    }

    [Fact]
    public void The_source_layer_and_the_last_layer_are_left_alone()
    {
        Assert.Null(Apply(new RebalanceOptions(), 0));
        Assert.Null(Apply(new RebalanceOptions(), Layers - 1));
        Assert.Null(Apply(RebalancePresets.Find("uniform-boost"), Layers - 1));
    }

    [Fact]
    public void The_diagonal_is_marked_only_when_asked_for()
    {
        var factor = (float)(1 + (0.2 * 2 / 3));
        Same(new[,] { { factor, 0, 0 }, { 0.5f * factor, 0.5f * factor, 0 }, { 0.25f * factor, 0.25f, 0.5f * factor } }, Apply(new RebalanceOptions { IncludeDiagonal = true }, 1));
    }

    [Fact]
    public void Uniform_boost_multiplies_every_weight()
    {
        var factor = (float)(1 + (0.2 / 3));
        Same(new[,] { { factor, 0, 0 }, { 0.5f * factor, 0.5f * factor, 0 }, { 0.25f * factor, 0.25f * factor, 0.5f * factor } }, Apply(RebalancePresets.Find("uniform-boost"), 2));
    }

    [Fact]
    public void Renormalised_rows_sum_to_one()
    {
        var factor = (float)(1 + (0.2 * 2 / 3));
        var sum = 0.5f + (0.5f * factor);
        var edited = Apply(new RebalanceOptions { RenormalizeRows = true }, 1)!;
        Assert.Equal(0.5f * factor / sum, edited[1, 0], 1e-6f);
        Assert.Equal(0.5f / sum, edited[1, 1], 1e-6f);
    }

    [Fact]
    public void The_mean_over_heads_gives_all_heads_one_mask()
    {
        using var scope = NewDisposeScope();
        using var hook = new Rebalancing(new RebalanceOptions { Sharing = MaskSharing.MeanOverHeads, Threshold = 0.2 });
        var quiet = tensor(new[,] { { 1f, 0, 0 }, { 0.05f, 0.95f, 0 }, { 0.1f, 0.5f, 0.4f } });
        hook.OnPattern(Site(0), stack([tensor(Source), quiet]).unsqueeze(0)); // means: (1,0) 0.175, (2,0) 0.15, (2,1) 0.255
        var edited = hook.OnPattern(Site(1), stack([tensor(Later), tensor(Later)]).unsqueeze(0))!;
        var factor = (float)(1 + (0.2 * 2 / 3));
        foreach (var head in new[] { 0, 1 })
        {
            Same(new[,] { { 1, 0, 0 }, { 0.5f, 0.5f, 0 }, { 0.25f, 0.25f * factor, 0.5f } }, Values(edited[0, head]));
        }
    }

    [Theory]
    [InlineData(Decay.Linear, new[] { 0, 2.0 / 3, 1.0 / 3, 0 })]
    [InlineData(Decay.Constant, new[] { 0, 1.0, 1, 1 })]
    [InlineData(Decay.Cosine, new[] { 0, 0.75, 0.25, 0 })]
    public void Strength_follows_the_decay(Decay decay, double[] expected)
    {
        var options = new RebalanceOptions { Alpha = 1, Decay = decay };
        Assert.All(expected.Index(), pair => Assert.Equal(pair.Item, options.Strength(pair.Index, Layers), 1e-12));
    }

    [Fact]
    public void Layers_can_be_chosen_and_the_source_can_be_a_later_one()
    {
        var range = new RebalanceOptions { FirstLayer = 2, LastLayer = 3, Decay = Decay.Constant };
        Assert.Equal([0, 0, 0.2, 0.2, 0, 0], Enumerable.Range(0, 6).Select(layer => range.Strength(layer, 6)));
        var later = new RebalanceOptions { SourceLayer = 2, Decay = Decay.Constant };
        Assert.Equal([0, 0, 0, 0.2, 0.2], Enumerable.Range(0, 5).Select(layer => later.Strength(layer, 5)));
        Assert.Equal(0, new RebalanceOptions { Decay = Decay.Linear }.Strength(0, 1));
    }

    [Fact]
    public void Presets_are_those_of_the_paper_and_its_code_and_one_with_rows_that_sum_to_one()
    {
        Assert.Equal(["released-code", "paper-formula", "uniform-boost", "renormalized"], RebalancePresets.Names);
        Assert.Equal(new RebalanceOptions { RenormalizeRows = true }, RebalancePresets.Find("renormalized"));
        Assert.Equal(new RebalanceOptions(), RebalancePresets.Find(RebalancePresets.Default));
        Assert.Equal((1, 0.01), (RebalancePresets.Find("paper-formula").Alpha, RebalancePresets.Find("paper-formula").Threshold));
        Assert.Contains("uniform-boost", Assert.Throws<ExperimentException>(() => RebalancePresets.Find("x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_out_of_range_are_rejected_by_name()
    {
        RebalanceOptions[] wrong =
        [
            new() { Alpha = double.NaN }, new() { Alpha = -1 }, new() { Threshold = -0.1 }, new() { Threshold = 1 }, new() { SourceLayer = -1 },
            new() { FirstLayer = 0 }, new() { SourceLayer = 2, FirstLayer = 2 }, new() { FirstLayer = 3, LastLayer = 2 }, new() { SourceLayer = 2, LastLayer = 1 },
        ];
        Assert.All(wrong, options => Assert.Throws<ExperimentException>(() => new Rebalancing(options)));
        using var model = TinyModels.Make();
        using var ids = Golden.Ids([1, 2]);
        foreach (var options in new RebalanceOptions[] { new() { SourceLayer = 3 }, new() { LastLayer = 3 }, new() { FirstLayer = 5 } })
        {
            using var hook = new Rebalancing(options);
            Assert.Contains("layers 0 to 2", Assert.Throws<ExperimentException>(() => model.Forward(ids, hook: hook)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Rows_of_a_rebalanced_model_sum_to_between_one_and_one_plus_alpha()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Make();
        using var hook = new Rebalancing(RebalancePresets.Find("paper-formula"));
        var recorder = new Golden.Recorder();
        model.Forward(Golden.Ids([1, 4, 2, 8, 5, 7]), hook: HookChain.Of(hook, recorder));
        var sums = stack([.. recorder.Patterns]).sum(-1);
        Assert.InRange(sums.min().item<float>(), 1 - 1e-5f, 1 + 1e-5f);
        Assert.InRange(sums.max().item<float>(), 1.1f, 2);
    }

    [Fact]
    public void A_chain_shows_each_hook_what_the_one_before_made()
    {
        using var scope = NewDisposeScope();
        using var hook = new Rebalancing(new RebalanceOptions());
        var (before, after) = (new Golden.Recorder(), new Golden.Recorder());
        using var model = TinyModels.Make();
        model.Forward(Golden.Ids([1, 4, 2, 8]), hook: HookChain.Of(before, null, hook, after));
        Golden.Close(before.Patterns[0], after.Patterns[0], 0);
        Assert.True(Golden.Difference(before.Patterns[1], after.Patterns[1]) > 0.01);
        Assert.Null(HookChain.Of());
        Assert.Same(hook, HookChain.Of(null, hook));
    }

    private static AttentionSite Site(int layer) => new(layer, Layers, 0, null);

    private static float[,]? Apply(RebalanceOptions options, int layer)
    {
        using var scope = NewDisposeScope();
        using var hook = new Rebalancing(options);
        Tensor? edited = null;
        for (var l = 0; l <= layer; l++)
        {
            edited = hook.OnPattern(Site(l), tensor(l == 0 ? Source : Later).reshape(1, 1, 3, 3));
        }

        return edited is null ? null : Values(edited[0, 0]);
    }

    private static float[,] Values(Tensor matrix) => (float[,])matrix.contiguous().data<float>().ToNDArray();

    private static void Same(float[,] expected, float[,]? actual) =>
        Assert.All(expected.Cast<float>().Zip(actual!.Cast<float>()), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
}
