using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>A linear map <c>y = W x + b</c>, and beside it the low-rank update of a <see cref="LoraAdapter"/> where one is attached.</summary>
/// <remarks>Unlike torch's <c>Linear</c> it starts at zero, because a checkpoint or <see cref="LlamaForCausalLM.Initialize"/> follows: drawing a billion numbers to overwrite them costs ten seconds.</remarks>
internal sealed class Projection : nn.Module
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias;

    internal Projection(long inputs, long outputs, bool hasBias, ScalarType? dtype, Device? device)
        : base(nameof(Projection))
    {
        _weight = new Parameter(zeros([outputs, inputs], dtype ?? ScalarType.Float32, device));
        _bias = hasBias ? new Parameter(zeros([outputs], dtype ?? ScalarType.Float32, device)) : null;
        RegisterComponents();
    }

    /// <summary>The matrix, <c>[output, input]</c>.</summary>
    internal Parameter Weight => _weight;

    /// <summary>The update that is added; null for none. Owned by its adapter.</summary>
    internal LoraUpdate? Update { get; set; }

    /// <summary>Applies the map to the last axis.</summary>
    /// <param name="x">Input, <c>[…, input]</c>.</param>
    /// <param name="dropout">Draws the adapter's dropout in training; null for none.</param>
    /// <returns><c>[…, output]</c>.</returns>
    internal Tensor Forward(Tensor x, DropoutMasks? dropout = null)
    {
        if (Update is not { } update)
        {
            return nn.functional.linear(x, _weight, _bias);
        }

        using var scope = NewDisposeScope();
        var y = nn.functional.linear(x, _weight, _bias);
        return y.Plus(update.Of(x, dropout).to(y.dtype)).MoveToOuterDisposeScope();
    }
}
