using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Tests.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Interpretability;

public class PatternInterventionTests
{
    private static readonly float[,] Rows = { { 1, 0, 0, 0 }, { 0.8f, 0.2f, 0, 0 }, { 0.5f, 0.3f, 0.2f, 0 }, { 0.4f, 0.3f, 0.05f, 0.25f } };

    [Fact]
    public void A_temperature_of_two_gives_the_roots_of_the_weights_scaled_to_one()
    {
        // Row 1: sqrt(0.8) : sqrt(0.2) = 2 : 1.
        var edited = Apply(new SoftmaxTemperature { Tau = 2 });
        Same([1, 0, 0, 0], edited, 0);
        Same([2 / 3f, 1 / 3f, 0, 0], edited, 1);
        var roots = new[] { 0.5, 0.3, 0.2 }.Select(Math.Sqrt).ToArray();
        Same([.. roots.Select(root => (float)(root / roots.Sum())), 0], edited, 2);
    }

    [Fact]
    public void A_temperature_of_the_pattern_is_the_temperature_of_the_scores()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Make();
        using var hook = new SoftmaxTemperature { Tau = 0.05 }.CreateHook(model);
        var scores = randn(2, 3, 5, 7, generator: new Generator(3)) * 4;
        var edited = hook.OnPattern(new AttentionSite(0, 3, 2, null), nn.functional.softmax(scores, -1))!;
        Golden.Close(nn.functional.softmax(scores / 0.05, -1), edited, 2e-4);
    }

    [Fact]
    public void The_first_key_is_scaled_and_its_own_row_stays()
    {
        var edited = Apply(new SinkDownWeighting { Beta = 0 });
        Same([1, 0, 0, 0], edited, 0);
        Same([0, 1, 0, 0], edited, 1);
        Same([0, 0.6f, 0.4f, 0], edited, 2);
        Same([0.25f / 1.25f, 1 / 1.25f, 0, 0], Apply(new SinkDownWeighting { Beta = 0.0625 }), 1);
    }

    [Fact]
    public void Keys_outside_the_span_are_scaled_and_rows_that_see_nothing_of_it_stay()
    {
        var edited = Apply(new SpanSteering { First = 2, Last = 3, Alpha = 0.5 });
        Same([1, 0, 0, 0], edited, 0);
        Same([0.8f, 0.2f, 0, 0], edited, 1);
        Same([0.25f / 0.6f, 0.15f / 0.6f, 0.2f / 0.6f, 0], edited, 2);
        Same([0.2f / 0.65f, 0.15f / 0.65f, 0.05f / 0.65f, 0.25f / 0.65f], edited, 3);
    }

    [Fact]
    public void Sinks_behind_the_first_key_give_their_weight_to_the_other_keys_in_proportion()
    {
        // Row 3: sinks 1 and 3 (0.55) keep half; 0.275 goes to keys 0 and 2, which hold 0.45.
        var edited = Apply(new AttentionCalibration { Threshold = 0.1, Beta = 0.5 });
        const float growth = 1 + (0.275f / 0.45f);
        Same([0.4f * growth, 0.15f, 0.05f * growth, 0.125f], edited, 3);
        Same([0.9f, 0.1f, 0, 0], edited, 1);
        Same([1, 0, 0, 0], edited, 0);
    }

    [Fact]
    public void Sinks_can_be_named_by_position_and_a_row_of_sinks_alone_stays()
    {
        var edited = Apply(new AttentionCalibration { Positions = [0, 1], Beta = 0 });
        Same([1, 0, 0, 0], edited, 0);
        Same([0.8f, 0.2f, 0, 0], edited, 1);
        Same([0, 0, 1, 0], edited, 2);
        Same([0, 0, 0.05f / 0.3f, 0.25f / 0.3f], edited, 3);
    }

    [Fact]
    public void Neutral_settings_leave_every_pattern_bit_by_bit_as_it_is()
    {
        PatternIntervention[] neutral = [new SoftmaxTemperature { Tau = 1 }, new SinkDownWeighting { Beta = 1 }, new SpanSteering { Alpha = 1 }, new AttentionCalibration { Beta = 1 }, new AttentionCalibration { Positions = [] }];
        Assert.All(neutral, settings => Assert.Null(Apply(settings)));
    }

    [Fact]
    public void Only_the_chosen_layers_are_edited()
    {
        var settings = new SinkDownWeighting { FirstLayer = 1, LastLayer = 1 };
        Assert.Equal([true, false, true], new[] { 0, 1, 2 }.Select(layer => Apply(settings, layer) is null));
    }

    [Fact]
    public void Half_precision_rows_sum_to_one_and_keep_their_dtype()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Make();
        using var hook = new SpanSteering { First = 3, Last = 3, Alpha = 1e-7 }.CreateHook(model);
        var edited = hook.OnPattern(new AttentionSite(0, 3, 0, null), tensor(Rows).reshape(1, 1, 4, 4).to(ScalarType.Float16))!;
        Assert.Equal(ScalarType.Float16, edited.dtype);
        Golden.Close(ones(1, 1, 4), edited.to(ScalarType.Float32).sum(-1), 2e-3);
    }

    [Theory]
    [MemberData(nameof(InterventionCases.Names), MemberType = typeof(InterventionCases))]
    public void Training_goes_through_with_finite_gradients(string name)
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Make();
        using var hook = InterventionCases.Find(name).CreateHook(model);
        model.Forward(Golden.Ids([1, 4, 2, 8, 5]), hook: hook).square().mean().backward();
        Assert.All(model.parameters(), parameter => Assert.True(parameter.grad!.isfinite().all().item<bool>()));
    }

    private static float[,]? Apply(PatternIntervention settings, int layer = 0)
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Make();
        using var hook = settings.CreateHook(model);
        var edited = hook.OnPattern(new AttentionSite(layer, 3, 0, null), tensor(Rows).reshape(1, 1, 4, 4));
        return edited is null ? null : (float[,])edited[0, 0].contiguous().data<float>().ToNDArray();
    }

    private static void Same(float[] expected, float[,]? actual, int row) => Assert.All(expected.Index(), pair => Assert.Equal(pair.Item, actual![row, pair.Index], 1e-6f));
}
