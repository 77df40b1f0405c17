using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Tensors as plain arrays of double, whatever their dtype and device.</summary>
internal static class Plain
{
    internal static double[] Vector(Tensor values) => [.. Floats(values).Select(value => (double)value)];

    internal static double[,] Matrix(Tensor values)
    {
        var (flat, columns) = (Floats(values), (int)values.shape[1]);
        var matrix = new double[values.shape[0], columns];
        for (var i = 0; i < flat.Length; i++)
        {
            matrix[i / columns, i % columns] = flat[i];
        }

        return matrix;
    }

    /// <summary>Indices of the true entries of a vector.</summary>
    internal static int[] Positions(Tensor marked) => [.. marked.cpu().data<bool>().ToArray().Index().Where(entry => entry.Item).Select(entry => entry.Index)];

    /// <summary>All entries, the last axis running fastest.</summary>
    internal static float[] Floats(Tensor values) => values.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
}
