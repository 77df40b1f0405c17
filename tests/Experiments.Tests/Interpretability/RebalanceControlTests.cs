using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Tests.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Interpretability;

public class RebalanceControlTests
{
    private static readonly AttentionSite Whole = new(0, 3, 0, null);

    [Fact]
    public void A_random_mask_has_as_many_marks_in_each_row_all_before_the_diagonal()
    {
        using var scope = NewDisposeScope();
        var real = Marks(2, 4, 12);
        var drawn = new RandomMask().Draw(Whole, real);
        Assert.True(Equal(real.sum(-1), drawn.sum(-1)));
        Assert.False(drawn.triu(0).any().item<bool>());
        Assert.False(Equal(real, drawn));
        Assert.True(Equal(drawn, new RandomMask().Draw(Whole, real)));
        Assert.False(Equal(drawn, new RandomMask { Seed = 2 }.Draw(Whole, real)));
    }

    [Fact]
    public void Random_marks_are_spread_evenly_and_differ_between_heads()
    {
        using var scope = NewDisposeScope();
        var real = zeros([1, 50, 9, 9], ScalarType.Bool);
        real[.., .., 8, 0] = tensor(true);
        var chosen = cat([.. Enumerable.Range(0, 40).Select(seed => new RandomMask { Seed = seed }.Draw(Whole, real)[0, TensorIndex.Colon, 8, TensorIndex.Slice(0, 8)])]); // [2000, 8], one mark each
        Assert.Equal(2000, chosen.sum().item<long>());
        var share = chosen.to(ScalarType.Float32).mean([0]).data<float>().ToArray();
        Assert.All(share, value => Assert.InRange(value, 0.125 - 0.035, 0.125 + 0.035)); // 4.7 standard errors
    }

    [Fact]
    public void A_random_row_does_not_depend_on_chunks_or_padding()
    {
        using var scope = NewDisposeScope();
        var real = Marks(1, 4, 8);
        var whole = new RandomMask().Draw(Whole, real);
        var tail = new RandomMask().Draw(new AttentionSite(0, 3, 6, null), real[.., .., 6.., ..]);
        Assert.True(Equal(whole[.., .., 6.., ..], tail));

        var padding = zeros([1, 4, 8, 3], ScalarType.Bool);
        var padded = cat([zeros([1, 4, 3, 11], ScalarType.Bool), cat([padding, real], 3)], 2);
        var mask = cat([zeros([1, 3], ScalarType.Bool), ones([1, 8], ScalarType.Bool)], 1);
        var drawn = new RandomMask().Draw(new AttentionSite(0, 3, 0, mask), padded);
        Assert.True(Equal(whole, drawn[.., .., 3.., 3..]));
        Assert.Equal(real.sum().item<long>(), drawn.sum().item<long>());
    }

    [Fact]
    public void A_random_mask_marks_only_keys_inside_a_sliding_window()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModels.Make(TinyModels.Config with { Family = ModelFamily.Mistral, SlidingWindow = 6 });
        var all = new RebalanceOptions { Alpha = 2, Threshold = 0 }; // every visible key, so as many random ones can only be the same
        using var real = all.CreateHook(model);
        using var random = new RandomMask { Rebalance = all }.CreateHook(model);
        var ids = Golden.Ids([1, .. Enumerable.Range(0, 30).Select(i => 3 + (i * 5 % 19))]);
        Golden.Close(model.Forward(ids, hook: real), model.Forward(ids, hook: random), 1e-6);
    }

    [Fact]
    public void The_mask_of_another_layer_edits_only_the_layers_behind_it()
    {
        var options = new OtherLayerMask { Rebalance = new RebalanceOptions { Decay = Decay.Constant }, Layer = 2 }.Effective;
        Assert.Equal([0, 0, 0, 0.2, 0.2], Enumerable.Range(0, 5).Select(layer => options.Strength(layer, 5)));
        Assert.Equal(4, new OtherLayerMask { Rebalance = new RebalanceOptions { FirstLayer = 4 }, Layer = 2 }.Effective.FirstLayer);
    }

    [Fact]
    public void Rows_behind_the_other_texts_last_take_its_last_row_along()
    {
        using var scope = NewDisposeScope();
        // Three tokens: row 1 marks key 0, row 2 marks keys 0 and 1.
        var stored = OtherSequenceMask.Stored(tensor(new[,] { { false, false, false }, { true, false, false }, { true, true, false } }).reshape(1, 1, 3, 3));
        var found = OtherSequenceMask.Lookup(stored, Whole, zeros([1, 1, 5, 5], ScalarType.Bool));
        var expected = new[,] { { 0, 0, 0, 0, 0 }, { 1, 0, 0, 0, 0 }, { 1, 1, 0, 0, 0 }, { 1, 0, 1, 0, 0 }, { 1, 0, 0, 1, 0 } };
        Assert.True(tensor(expected).eq(found[0, 0].to(ScalarType.Int32)).all().item<bool>());
        stored.Dispose();
    }

    [Fact]
    public void The_mask_of_the_same_text_is_the_real_one()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModels.Make();
        int[] text = [1, 4, 2, 8, 5, 7];
        var options = new RebalanceOptions { Alpha = 2, Threshold = 0.1 };
        using Rebalancing real = new(options);
        using var same = new OtherSequenceMask { Rebalance = options, Tokens = text }.CreateHook(model);
        using var other = new OtherSequenceMask { Rebalance = options, Tokens = [1, 9, 9, 3, 7, 11] }.CreateHook(model);
        var expected = model.Forward(Golden.Ids(text), hook: real);
        Golden.Close(expected, model.Forward(Golden.Ids(text), hook: same), 1e-6);
        Assert.True(Golden.Difference(expected, model.Forward(Golden.Ids(text), hook: other)) > 1e-3);
    }

    private static bool Equal(Tensor one, Tensor other) => one.eq(other).all().item<bool>();

    /// <summary>A causal mask without diagonal, about a third marked.</summary>
    private static Tensor Marks(int batch, int heads, int length) => rand(batch, heads, length, length, generator: new Generator(7)).lt(0.35).tril(-1);
}
