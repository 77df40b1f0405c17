using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Tests.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Interpretability;

/// <summary>Rollout, value weighting and hidden states against numbers worked out by hand.</summary>
public class LaboratoryReducerTests
{
    private const double Near = 1e-6;

    [Fact]
    public void Rollout_multiplies_the_layers_from_the_last_to_the_first()
    {
        using var scope = NewDisposeScope();
        using var reducer = new RolloutReducer(3);
        float[,] first = { { 1, 0, 0 }, { 0.5f, 0.5f, 0 }, { 0.2f, 0.2f, 0.6f } }, other = { { 1, 0, 0 }, { 1, 0, 0 }, { 0.4f, 0, 0.6f } };
        reducer.OnPattern(new AttentionSite(0, 2, 0, null), stack([tensor(first), tensor(other)]).unsqueeze(0));

        // Mean over heads: [1 0 0; 0.75 0.25 0; 0.3 0.1 0.6]. R_1 is half of it and half of I.
        Same(new[,] { { 1, 0, 0 }, { 0.375, 0.625, 0 }, { 0.15, 0.05, 0.8 } }, reducer.Rollout());
        float[,] raised = { { 1, 0, 0 }, { 0, 1.5f, 0 }, { 0, 1, 0 } }; // a row of 1.5 counts as its shares
        reducer.OnPattern(new AttentionSite(1, 2, 0, null), tensor(raised).unsqueeze(0).unsqueeze(0));

        // R_2 = [1 0 0; 0 1 0; 0 0.5 0.5]; R_2 R_1, not R_1 R_2.
        Same(new[,] { { 1, 0, 0 }, { 0.375, 0.625, 0 }, { 0.2625, 0.3375, 0.4 } }, reducer.Rollout());
    }

    [Fact]
    public void Value_weights_are_norms_through_each_heads_own_columns_of_the_output_projection()
    {
        using var scope = NewDisposeScope();
        using var reducer = new ValueWeightReducer(2);
        var patterns = stack([tensor(new[,] { { 1f, 0 }, { 0.25f, 0.75f } }), tensor(new[,] { { 1f, 0 }, { 0.5f, 0.5f } })]).unsqueeze(0);
        var values = tensor(new[,] { { 3f, 4 }, { 0, 1 } }).unsqueeze(0).unsqueeze(0); // one value head for two heads
        var output = tensor(new[,] { { 1f, 0, 0, 0 }, { 0, 1, 0, 2 } }); // head 0: identity; head 1: (x, y) to (0, 2y)
        reducer.OnAttention(new AttentionSite(0, 1, 0, null), patterns, values, output);

        var layer = Assert.Single(reducer.Layers);
        Same(new double[,] { { 5, 1 } }, layer.ValueNorms);
        Same(new double[,] { { 5, 1 }, { 8, 2 } }, layer.OutputNorms);

        // Key 1: 1.25 * 5 + 1.5 * 8 = 18.25; key 2: 0.75 * 1 + 0.5 * 2 = 1.75.
        Assert.Equal(18.25 / 20, layer.Mass[0], Near);
        Assert.Equal(1.75 / 20, layer.Mass[1], Near);
    }

    [Fact]
    public void Value_weights_of_a_grouped_query_model_are_those_of_a_naive_computation()
    {
        using var model = TinyModels.Make(); // 4 heads, 2 value heads
        using var rebalancing = new Rebalancing(RebalancePresets.Find("paper-formula"));
        var naive = new NaiveValues();
        using var ids = Golden.Ids([1, 4, 2, 8, 5]);
        using (no_grad())
        {
            model.Forward(ids, hook: rebalancing, observer: naive).Dispose();
        }

        var reading = AttentionStudy.Observe(model, [1, 4, 2, 8, 5], id => $"<{id}>", rebalancing, new() { Laboratory = new() }).Laboratory!;
        Assert.Equal(3, naive.Mass.Count);
        Assert.All(naive.Mass.Zip(reading.Values!), layer => Assert.All(layer.First.Zip(layer.Second.Mass), key => Assert.Equal(key.First, key.Second, 1e-5)));
    }

    [Fact]
    public void Massive_activations_pass_both_limits()
    {
        // Absolute values 0 … 0.2 with median 0.1: 150 passes both limits, 99 only the ratio.
        var reading = Read(new(), new[,] { { 0, 0.1f, 0.1f }, { -150, 0.1f, 0.2f }, { 0.1f, 99, 0.1f } });
        Assert.Equal((1, 150), (reading.Massive, reading.Largest));
        Assert.Equal([1], reading.MassivePositions);
        Assert.Equal(1500, reading.LargestRatio, 1e-3);
        var lower = Read(new() { MassiveMagnitude = 50 }, new[,] { { 0, 0.1f, 0.1f }, { -150, 60, 0.2f }, { 0.1f, 99, 0.1f } });
        Assert.Equal((1, 1), (lower.Massive, lower.MassivePositions[0])); // 60 and 99 are less than 1000 medians
        Assert.Equal(3, Read(new() { MassiveMagnitude = 50, MassiveRatio = 600 }, new[,] { { 0, 0.1f, 0.1f }, { -150, 60, 0.1f }, { 0.1f, 99, 0.1f } }).Massive);
    }

    [Fact]
    public void Secondary_sinks_point_where_the_first_token_points()
    {
        float[,] state = { { 1, 0, 0 }, { 2, 0.9f, 0 }, { 2, 1, 0 }, { -3, 0, 0 } }; // cosines 1, 0.912, 0.894, -1
        Assert.Equal([1], Read(new(), state).SecondarySinks);
        Assert.Equal([1, 2], Read(new() { SecondarySinkCosine = 0.8 }, state).SecondarySinks);
    }

    private static HiddenStateReading Read(LaboratoryOptions options, float[,] state)
    {
        using var scope = NewDisposeScope();
        var reducer = new HiddenStateReducer(options);
        reducer.OnHidden(new AttentionSite(2, 3, 0, null), tensor(state).unsqueeze(0));
        var reading = Assert.Single(reducer.Layers);
        Assert.Equal(2, reading.Layer);
        return reading;
    }

    private static void Same(double[,] expected, double[,] actual)
    {
        Assert.Equal((expected.GetLength(0), expected.GetLength(1)), (actual.GetLength(0), actual.GetLength(1)));
        Assert.All(expected.Cast<double>().Zip(actual.Cast<double>()), pair => Assert.Equal(pair.First, pair.Second, Near));
    }

    /// <summary>The definition, weight by weight.</summary>
    private sealed class NaiveValues : IAttentionObserver
    {
        internal List<double[]> Mass { get; } = [];

        public void OnAttention(AttentionSite site, Tensor pattern, Tensor values, Tensor outputWeight)
        {
            using var scope = NewDisposeScope();
            var (heads, length, width) = ((int)pattern.shape[1], (int)pattern.shape[2], (int)values.shape[3]);
            var keys = new double[length];
            foreach (var head in Enumerable.Range(0, heads))
            {
                for (var query = 0; query < length; query++)
                {
                    for (var key = 0; key < length; key++)
                    {
                        var value = values[0, head * values.shape[1] / heads, key]; // [headDim]
                        var projected = outputWeight[.., (head * width)..((head + 1) * width)].mv(value); // [hidden]
                        keys[key] += pattern[0, head, query, key].item<float>() * projected.norm().item<float>();
                    }
                }
            }

            Mass.Add([.. keys.Select(weight => weight / keys.Sum())]);
        }
    }
}
