using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>Rotary position embedding in the half-split layout of Hugging Face checkpoints (Su et al. 2021).</summary>
internal static class RotaryEmbedding
{
    /// <summary>Frequencies <c>theta^(-2i/d)</c> after scaling, <c>[headDim / 2]</c>, in float64 on the host.</summary>
    internal static double[] Frequencies(LlamaConfig config, long sequenceLength)
    {
        var width = config.HeadWidth;
        var theta = config.RopeTheta;
        var scaling = config.RopeScaling;
        if (scaling is { Type: RopeScalingType.Dynamic } && sequenceLength > config.MaxPositionEmbeddings)
        {
            // theta * (factor * T / T_max - (factor - 1))^(d / (d - 2))
            var stretch = (scaling.Factor * sequenceLength / config.MaxPositionEmbeddings) - (scaling.Factor - 1);
            theta *= Math.Pow(stretch, width / (width - 2.0));
        }

        var frequencies = new double[width / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = Scale(Math.Pow(theta, -2.0 * i / width), scaling);
        }

        return frequencies;
    }

    /// <summary>Cosines and sines for the given positions, <c>[batch or 1, query]</c>, each <c>[batch or 1, 1, query, headDim / 2]</c> in float32.</summary>
    /// <remarks>A row ends with its newest token, so its length is its last position plus one: under dynamic scaling each row has its own base.</remarks>
    internal static (Tensor Cos, Tensor Sin) Table(LlamaConfig config, Tensor positions)
    {
        using var scope = NewDisposeScope();
        var rows = config.RopeScaling is { Type: RopeScalingType.Dynamic }
            ? positions.select(1, -1).cpu().contiguous().data<long>().Select(last => Frequencies(config, last + 1)).ToArray()
            : [Frequencies(config, 0)]; // the same at any length
        var frequencies = tensor(rows.SelectMany(row => row).ToArray(), [rows.Length, 1, rows[0].Length], ScalarType.Float32, positions.device);
        var angles = positions.to(ScalarType.Float32).unsqueeze(-1) * frequencies; // [batch or 1, query, headDim / 2]
        return (angles.cos().unsqueeze(1).MoveToOuterDisposeScope(), angles.sin().unsqueeze(1).MoveToOuterDisposeScope());
    }

    /// <summary>Rotates each pair <c>(x_i, x_(i + d/2))</c> by its angle.</summary>
    /// <param name="x"><c>[batch, head, query, headDim]</c>.</param>
    /// <param name="cos">From <see cref="Table"/>, in x's dtype.</param>
    /// <param name="sin">From <see cref="Table"/>, in x's dtype.</param>
    internal static Tensor Rotate(Tensor x, Tensor cos, Tensor sin)
    {
        var halves = x.chunk(2, -1);
        var (first, second) = (halves[0], halves[1]); // [batch, head, query, headDim / 2]
        return cat([(first * cos).Minus(second * sin), (second * cos).Plus(first * sin)], -1);
    }

    private static double Scale(double frequency, RopeScaling? scaling)
    {
        switch (scaling?.Type)
        {
            case RopeScalingType.Linear:
                return frequency / scaling.Factor;
            case RopeScalingType.Llama3:
                var wavelength = 2 * Math.PI / frequency;
                double original = scaling.OriginalMaxPositionEmbeddings;
                if (wavelength < original / scaling.HighFreqFactor)
                {
                    return frequency;
                }

                if (wavelength > original / scaling.LowFreqFactor)
                {
                    return frequency / scaling.Factor;
                }

                var smooth = ((original / wavelength) - scaling.LowFreqFactor) / (scaling.HighFreqFactor - scaling.LowFreqFactor);
                return ((1 - smooth) * frequency / scaling.Factor) + (smooth * frequency);
            default:
                return frequency;
        }
    }
}
