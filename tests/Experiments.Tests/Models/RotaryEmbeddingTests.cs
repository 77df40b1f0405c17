using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Models;

public class RotaryEmbeddingTests
{
    private const int Width = 8, Trained = 64;

    private static readonly LlamaConfig Config = TinyModels.Config with { HeadDim = Width, MaxPositionEmbeddings = Trained, RopeTheta = 10000 };

    [Fact]
    public void Unscaled_frequencies_are_powers_of_the_base() =>
        Near([1, 0.1, 0.01, 0.001], RotaryEmbedding.Frequencies(Config, 10));

    [Fact]
    public void Linear_scaling_divides_positions_by_the_factor() =>
        Near([0.25, 0.025, 0.0025, 0.00025], RotaryEmbedding.Frequencies(Scaled(RopeScalingType.Linear, 4), 10));

    [Fact]
    public void Dynamic_scaling_changes_nothing_up_to_the_trained_length_and_stretches_the_base_after()
    {
        var config = Scaled(RopeScalingType.Dynamic, 4);
        Near(RotaryEmbedding.Frequencies(Config, Trained), RotaryEmbedding.Frequencies(config, Trained));

        // transformers: base * ((factor * seq_len / max) - (factor - 1)) ^ (dim / (dim - 2)), here at twice the trained length
        var stretched = 10000 * Math.Pow((4 * 2) - 3, 8 / 6.0);
        Near([.. Enumerable.Range(0, 4).Select(i => 1 / Math.Pow(stretched, 2 * i / 8.0))], RotaryEmbedding.Frequencies(config, 2 * Trained));
    }

    [Fact]
    public void Llama3_scaling_keeps_short_waves_divides_long_ones_and_blends_between()
    {
        var scaling = new RopeScaling { Type = RopeScalingType.Llama3, Factor = 8, LowFreqFactor = 1, HighFreqFactor = 4, OriginalMaxPositionEmbeddings = 128 };
        var actual = RotaryEmbedding.Frequencies(Config with { RopeScaling = scaling }, 10);

        // Wavelengths 6.3, 62.8, 628 and 6283: kept (below 128/4 = 32), blended, divided, divided (above 128).
        var smooth = ((128 / (2 * Math.PI / 0.1)) - 1) / (4 - 1);
        Near([1, ((1 - smooth) * 0.1 / 8) + (smooth * 0.1), 0.01 / 8, 0.001 / 8], actual);
    }

    [Fact]
    public void Rotation_turns_the_pairs_of_the_half_split_layout()
    {
        using var scope = NewDisposeScope();
        var x = arange(1, Width + 1, ScalarType.Float32).reshape(1, 1, 1, Width);
        var (cos, sin) = RotaryEmbedding.Table(Config, tensor(new long[,] { { 7 } }));
        var rotated = RotaryEmbedding.Rotate(x, cos, sin).flatten().data<float>().ToArray();
        for (var i = 0; i < Width / 2; i++)
        {
            var angle = 7 * Math.Pow(10000, -2.0 * i / Width);
            Assert.Equal(((i + 1) * Math.Cos(angle)) - ((i + 5) * Math.Sin(angle)), rotated[i], 1e-5);
            Assert.Equal(((i + 5) * Math.Cos(angle)) + ((i + 1) * Math.Sin(angle)), rotated[i + 4], 1e-5);
        }
    }

    [Theory]
    [InlineData(RopeScalingType.Linear, 128)]
    [InlineData(RopeScalingType.Dynamic, 128)]
    [InlineData(RopeScalingType.Llama3, 64)]
    public void The_context_grows_with_the_factor_where_the_config_does_not_say_so_already(RopeScalingType type, int length) =>
        Assert.Equal(length, Scaled(type, 2).ContextLength);

    private static LlamaConfig Scaled(RopeScalingType type, double factor) => Config with { RopeScaling = new RopeScaling { Type = type, Factor = factor } };

    private static void Near(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(1, pair.Second / pair.First, 1e-9));
    }
}
