using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>The low-rank update of one projection: <c>scaling · B A</c>, always in float32, as PEFT keeps adapters of a half-precision model.</summary>
internal sealed class LoraUpdate : IDisposable
{
    private readonly Projection _projection;
    private readonly double _dropout;
    private readonly Scalar _scaling; // in a field: see lib/decisions/009-scalars.md
    private Tensor? _original;

    internal LoraUpdate(string module, Projection projection, LoraConfig config, Generator generator)
    {
        Module = module;
        _projection = projection;
        _dropout = config.LoraDropout;
        _scaling = config.Scaling;
        var (outputs, inputs) = (projection.Weight.shape[0], projection.Weight.shape[1]);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        // uniform in ±1/sqrt(inputs): PEFT's Kaiming draw with a = sqrt(5)
        using Scalar bound = 1 / Math.Sqrt(inputs);
        using Scalar width = 2 / Math.Sqrt(inputs);
        A = Kept(rand([config.R, inputs], ScalarType.Float32, projection.Weight.device, generator: generator).mul_(width).sub_(bound));
        B = Kept(zeros([outputs, config.R], ScalarType.Float32, projection.Weight.device));
        projection.Update = this;
    }

    /// <summary>Name of the projection, such as <c>model.layers.0.self_attn.q_proj</c>.</summary>
    internal string Module { get; }

    /// <summary><c>[r, input]</c>.</summary>
    internal Parameter A { get; }

    /// <summary><c>[output, r]</c>; zero at first, so that the model begins unchanged.</summary>
    internal Parameter B { get; }

    /// <summary>What is added to the projection's output, float32 <c>[…, output]</c>.</summary>
    internal Tensor Of(Tensor x, DropoutMasks? dropout)
    {
        using var scope = NewDisposeScope();
        var wide = x.to(ScalarType.Float32);
        wide = dropout?.Apply(wide, _dropout, Module) ?? wide;
        return nn.functional.linear(nn.functional.linear(wide, A), B).mul(_scaling).MoveToOuterDisposeScope();
    }

    /// <summary>Adds the update to the projection's weights and keeps the originals.</summary>
    internal void Merge()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        _original = _projection.Weight.detach().clone().DetachFromDisposeScope();
        // scaling · B A, added in float32 and rounded once
        _projection.Weight.copy_(_projection.Weight.to(ScalarType.Float32).Plus(B.matmul(A).mul(_scaling)));
        _projection.Update = null;
    }

    /// <summary>Puts the original weights back, bit for bit.</summary>
    internal void Unmerge()
    {
        using var noGrad = no_grad();
        _projection.Weight.copy_(_original!);
        ForgetOriginal();
        _projection.Update = this;
    }

    internal void ForgetOriginal()
    {
        _original?.Dispose();
        _original = null;
    }

    private static Parameter Kept(Tensor values)
    {
        var parameter = new Parameter(values);
        parameter.DetachFromDisposeScope();
        return parameter;
    }

    /// <summary>Takes the update off; merged weights stay.</summary>
    public void Dispose()
    {
        _projection.Update = null;
        ForgetOriginal();
        A.Dispose();
        B.Dispose();
        _scaling.Dispose();
    }
}
