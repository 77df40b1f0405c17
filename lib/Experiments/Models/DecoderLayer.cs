using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>One decoder layer: attention and SwiGLU, each behind RMSNorm and added to the residual stream.</summary>
internal sealed class DecoderLayer : nn.Module
{
    [ComponentName(Name = "input_layernorm")]
    private readonly RmsNorm _attentionNorm;

    [ComponentName(Name = "self_attn")]
    private readonly SelfAttention _attention;

    [ComponentName(Name = "post_attention_layernorm")]
    private readonly RmsNorm _feedForwardNorm;

    [ComponentName(Name = "mlp")]
    private readonly SwiGlu _feedForward;

    internal DecoderLayer(LlamaConfig config, int layer, ScalarType? dtype, Device? device)
        : base(nameof(DecoderLayer))
    {
        _attentionNorm = new RmsNorm(config.HiddenSize, config.RmsNormEps, dtype, device);
        _attention = new SelfAttention(config, layer, dtype, device);
        _feedForwardNorm = new RmsNorm(config.HiddenSize, config.RmsNormEps, dtype, device);
        _feedForward = new SwiGlu(config, dtype, device);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor hidden, ForwardPass pass)
    {
        using var scope = NewDisposeScope();
        hidden = hidden.Plus(_attention.Forward(_attentionNorm.call(hidden), pass));
        hidden = hidden.Plus(_feedForward.Forward(_feedForwardNorm.call(hidden), pass.Dropout));
        return hidden.MoveToOuterDisposeScope(); // [batch, query, hidden]
    }
}

/// <summary>Root-mean-square norm (Zhang and Sennrich 2019), computed in float32 and cast back.</summary>
internal sealed class RmsNorm : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    private readonly Scalar _epsilon; // in a field: see lib/decisions/009-scalars.md

    internal RmsNorm(int width, double epsilon, ScalarType? dtype, Device? device)
        : base(nameof(RmsNorm))
    {
        _weight = new Parameter(ones(width, dtype ?? ScalarType.Float32, device));
        _epsilon = epsilon;
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var wide = x.to(ScalarType.Float32);
        var normal = wide * (wide * wide).mean([-1], keepdim: true).add(_epsilon, Scalars.One).rsqrt();
        return (_weight * normal.to(x.dtype)).MoveToOuterDisposeScope();
    }
}

/// <summary>Gated feed-forward layer: <c>down(silu(gate(x)) * up(x))</c> (Shazeer 2020).</summary>
internal sealed class SwiGlu : nn.Module
{
    [ComponentName(Name = "gate_proj")]
    private readonly Projection? _gate;

    [ComponentName(Name = "up_proj")]
    private readonly Projection? _up;

    [ComponentName(Name = "gate_up_proj")]
    private readonly Projection? _fused;

    [ComponentName(Name = "down_proj")]
    private readonly Projection _down;

    internal SwiGlu(LlamaConfig config, ScalarType? dtype, Device? device)
        : base(nameof(SwiGlu))
    {
        if (config.FusedProjections)
        {
            _fused = new Projection(config.HiddenSize, 2 * config.IntermediateSize, hasBias: false, dtype, device);
        }
        else
        {
            _gate = new Projection(config.HiddenSize, config.IntermediateSize, hasBias: false, dtype, device);
            _up = new Projection(config.HiddenSize, config.IntermediateSize, hasBias: false, dtype, device);
        }

        _down = new Projection(config.IntermediateSize, config.HiddenSize, hasBias: false, dtype, device);
        RegisterComponents();
    }

    internal Tensor Forward(Tensor x, DropoutMasks? dropout)
    {
        using var scope = NewDisposeScope();
        var halves = _fused?.Forward(x, dropout).chunk(2, -1) ?? [_gate!.Forward(x, dropout), _up!.Forward(x, dropout)];
        return _down.Forward(nn.functional.silu(halves[0]) * halves[1], dropout).MoveToOuterDisposeScope();
    }
}
