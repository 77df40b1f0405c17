using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>Numbers that stay alive while torch reads them; see lib/decisions/009-scalars.md.</summary>
internal static class Scalars
{
    internal static readonly Scalar Zero = 0;

    internal static readonly Scalar One = 1;

    internal static readonly Scalar MinusOne = -1;

    internal static readonly Scalar NegativeInfinity = double.NegativeInfinity;

    /// <summary>The sum; the operator makes a temporary scalar.</summary>
    /// <param name="x">One.</param>
    /// <param name="y">The other.</param>
    internal static Tensor Plus(this Tensor x, Tensor y) => x.add(y, One);

    /// <summary>The difference; the operator makes a temporary scalar.</summary>
    /// <param name="x">From which.</param>
    /// <param name="y">What is taken away.</param>
    internal static Tensor Minus(this Tensor x, Tensor y) => x.add(y, MinusOne);

    /// <summary>Whole numbers in a row, int64.</summary>
    /// <param name="first">The first.</param>
    /// <param name="end">One more than the last.</param>
    /// <param name="device">Where to.</param>
    internal static Tensor Range(long first, long end, Device device)
    {
        using Scalar from = first;
        using Scalar to = end;
        using Scalar step = 1L;
        return arange(from, to, step, ScalarType.Int64, device);
    }
}
