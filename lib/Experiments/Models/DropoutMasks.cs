using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>Draws dropout masks that depend on where they are used and on nothing else, so that a pass can be computed again, on any thread and after a restart.</summary>
/// <param name="seed">Names the training, the step and the part of its batch.</param>
internal sealed class DropoutMasks(string seed)
{
    /// <summary>Sets each value to zero with a probability, and scales the others so that the mean stays.</summary>
    /// <param name="x">Values.</param>
    /// <param name="probability">Between 0 and 1.</param>
    /// <param name="place">Name of the place in the model; each has its own mask.</param>
    /// <returns>A new tensor, or <paramref name="x"/> itself at probability 0.</returns>
    internal Tensor Apply(Tensor x, double probability, string place)
    {
        if (probability == 0)
        {
            return x;
        }

        using var scope = NewDisposeScope();
        using var generator = new Generator(BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{place}"))), x.device);
        using Scalar limit = probability;
        using Scalar scale = 1 / (1 - probability);
        var kept = rand(x.shape, x.dtype, x.device, generator: generator).ge(limit).to(x.dtype).mul_(scale);
        return (x * kept).MoveToOuterDisposeScope();
    }
}
