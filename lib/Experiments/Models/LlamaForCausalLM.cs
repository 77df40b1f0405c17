using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>A decoder of the LLaMA family with a language-model head: RMSNorm, RoPE, SwiGLU, grouped-query attention.</summary>
/// <remarks>Module names give Hugging Face's state-dict keys. Cache and hook are arguments of the pass; the module holds weights only.</remarks>
public sealed class LlamaForCausalLM : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "model")]
    private readonly LlamaModel _model;

    [ComponentName(Name = "lm_head")]
    private readonly Projection? _head;

    /// <summary>Makes a decoder whose matrices are zero: <see cref="Initialize"/> or a checkpoint fills them.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="dtype">Dtype of the weights; null for float32.</param>
    /// <param name="device">Device of the weights; null for CPU.</param>
    public LlamaForCausalLM(LlamaConfig config, ScalarType? dtype = null, Device? device = null)
        : base(nameof(LlamaForCausalLM))
    {
        config.Validate("LlamaConfig");
        Config = config;
        _model = new LlamaModel(config, dtype, device);
        _head = config.TieWordEmbeddings ? null : new Projection(config.HiddenSize, config.VocabSize, hasBias: false, dtype, device);
        RegisterComponents();
    }

    /// <summary>The model's shape.</summary>
    public LlamaConfig Config { get; }

    /// <summary>The low-rank adapter on the model; null for none. See <see cref="LoraAdapter.Attach"/>.</summary>
    public LoraAdapter? Adapter { get; internal set; }

    /// <summary>What training changes: the adapter's matrices where there is one, otherwise all weights.</summary>
    internal IEnumerable<(string Name, Parameter Parameter)> TrainedParameters => Adapter?.NamedParameters ?? named_parameters().Select(p => (p.name, p.parameter));

    /// <summary>The projections of all layers, by module name; the language-model head is none of them.</summary>
    internal IEnumerable<(string Name, Projection Module)> Projections =>
        named_modules().Where(entry => entry.module is Projection && entry.name != "lm_head").Select(entry => (entry.name, (Projection)entry.module));

    /// <summary>Embedding, layers and final norm.</summary>
    internal LlamaModel Body => _model;

    /// <summary>Dtype of the weights.</summary>
    public ScalarType Dtype => Of(embedding => embedding.dtype);

    /// <summary>Device of the weights.</summary>
    public Device Device => Of(embedding => embedding.device);

    /// <summary>Reads a property of the weights. Every access of a module's weight makes a tensor, which goes at once.</summary>
    private T Of<T>(Func<Tensor, T> property)
    {
        using var scope = NewDisposeScope();
        return property(_model.Embedding);
    }

    /// <summary>Draws matrices from <c>N(0, InitializerRange²)</c> and sets norms to one, as transformers does.</summary>
    /// <param name="seed">Seed of the draw.</param>
    public void Initialize(long seed)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator((ulong)seed, Device);
        foreach (var (_, weight) in named_parameters())
        {
            if (weight.dim() >= 2)
            {
                weight.normal_(0, Config.InitializerRange, generator);
            }
            else
            {
                weight.fill_(1);
            }
        }

        foreach (var (name, bias) in named_parameters().Where(p => p.name.EndsWith(".bias", StringComparison.Ordinal)))
        {
            bias.zero_();
        }
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor inputIds) => Forward(inputIds);

    /// <summary>Runs the decoder.</summary>
    /// <param name="inputIds">Token ids, int64 <c>[batch, query]</c>.</param>
    /// <param name="cache">Keys and values of earlier tokens; extended by this pass. Null to run without one.</param>
    /// <param name="keyMask">Boolean <c>[batch, past + query]</c>, false for left padding. With a cache it is remembered: later passes need none.</param>
    /// <param name="hook">Observes and edits attention. Null takes the fused <c>scaled_dot_product_attention</c>.</param>
    /// <param name="lastOnly">Whether only the last position's logits are wanted, as in decoding.</param>
    /// <param name="positions">The positions whose logits are wanted, int64 <c>[batch, kept]</c>, 0-based in the query; null for all.</param>
    /// <param name="observer">Sees queries, keys, scores, values and hidden states. Null costs nothing.</param>
    /// <returns>Logits <c>[batch, query, vocab]</c>, or <c>[batch, 1, vocab]</c> with <paramref name="lastOnly"/>, or <c>[batch, kept, vocab]</c>, in the model's dtype.</returns>
    public Tensor Forward(Tensor inputIds, KeyValueCache? cache = null, Tensor? keyMask = null, IAttentionHook? hook = null, bool lastOnly = false, Tensor? positions = null, IAttentionObserver? observer = null)
    {
        using var scope = NewDisposeScope();
        var hidden = _model.Forward(inputIds, cache, keyMask, hook, observer); // [batch, query, hidden]
        if (lastOnly)
        {
            hidden = hidden.narrow(1, hidden.shape[1] - 1, 1);
        }
        else if (positions is not null)
        {
            hidden = hidden.gather(1, positions.unsqueeze(-1).expand(-1, -1, hidden.shape[2]));
        }

        return Head(hidden).MoveToOuterDisposeScope();
    }

    /// <summary>Logits of normalised hidden states.</summary>
    internal Tensor Head(Tensor normal) => _head is null ? nn.functional.linear(normal, _model.Embedding) : _head.Forward(normal);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Adapter?.Dispose();
        }

        base.Dispose(disposing);
    }
}
