using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>Embedding, decoder layers and final norm: everything below the language-model head.</summary>
internal sealed class LlamaModel : nn.Module
{
    [ComponentName(Name = "embed_tokens")]
    private readonly Embedding _embedding;

    [ComponentName(Name = "layers")]
    private readonly ModuleList<DecoderLayer> _layers;

    [ComponentName(Name = "norm")]
    private readonly RmsNorm _norm;

    private readonly LlamaConfig _config;

    internal LlamaModel(LlamaConfig config, ScalarType? dtype, Device? device)
        : base(nameof(LlamaModel))
    {
        _config = config;
        _embedding = nn.Embedding(config.VocabSize, config.HiddenSize, device: device, dtype: dtype);
        _layers = new ModuleList<DecoderLayer>([.. Enumerable.Range(0, config.NumHiddenLayers).Select(layer => new DecoderLayer(config, layer, dtype, device))]);
        _norm = new RmsNorm(config.HiddenSize, config.RmsNormEps, dtype, device);
        RegisterComponents();
    }

    internal Tensor Embedding => _embedding.weight!;

    internal Tensor Forward(Tensor inputIds, KeyValueCache? cache, Tensor? keyMask, IAttentionHook? hook, IAttentionObserver? observer)
    {
        var past = cache?.Length ?? 0;
        var queries = (int)inputIds.shape[1];
        keyMask = ExtendKeyMask(inputIds, cache, keyMask, past + queries);
        var positions = Positions(inputIds.device, keyMask, past, queries); // [batch or 1, query]
        var (cos, sin) = RotaryEmbedding.Table(_config, positions);
        var pass = new ForwardPass
        {
            Cos = cos.to(_embedding.weight!.dtype),
            Sin = sin.to(_embedding.weight.dtype),
            Mask = AllowedKeys(inputIds.device, keyMask, past, queries, hook is not null || observer is not null),
            KeyMask = keyMask,
            Past = past,
            Cache = cache,
            Hook = hook,
            Observer = observer,
        };
        var hidden = _embedding.call(inputIds); // [batch, query, hidden]
        foreach (var (index, layer) in _layers.Index())
        {
            hidden = layer.Forward(hidden, pass);
            observer?.OnHidden(pass.Site(index, _config.NumHiddenLayers), hidden);
        }

        cache?.Advance(queries);
        return _norm.call(hidden);
    }

    private static Tensor? ExtendKeyMask(Tensor inputIds, KeyValueCache? cache, Tensor? keyMask, int keys)
    {
        if (keyMask is null && cache?.KeyMask is { } remembered)
        {
            // Everything fed after the padded prompt is real.
            var added = ones([remembered.shape[0], keys - remembered.shape[1]], ScalarType.Bool, remembered.device);
            keyMask = cat([remembered, added], 1);
        }

        if (keyMask is null)
        {
            return null;
        }

        if (keyMask.shape[0] != inputIds.shape[0] || keyMask.shape[1] != keys)
        {
            throw new ArgumentException($"keyMask is [{string.Join(", ", keyMask.shape)}]; it must be [batch, past + query] = [{inputIds.shape[0]}, {keys}].", nameof(keyMask));
        }

        cache?.SetKeyMask(keyMask.clone());
        return keyMask;
    }

    private static Tensor Positions(Device device, Tensor? keyMask, int past, int queries)
    {
        if (keyMask is null)
        {
            return Scalars.Range(past, past + queries, device).unsqueeze(0);
        }

        // A token's position counts the real tokens before it, so padding moves nothing.
        return keyMask.to(ScalarType.Int64).cumsum(1).add(Scalars.MinusOne, Scalars.One).clamp_min(Scalars.Zero).narrow(1, past, queries);
    }

    /// <summary>Boolean <c>[batch or 1, 1, query, key]</c>, true where a query may look; null where the kernel's causal flag or no mask is enough.</summary>
    private Tensor? AllowedKeys(Device device, Tensor? keyMask, int past, int queries, bool hooked)
    {
        var window = _config.SlidingWindow is { } size && size < past + queries ? size : (int?)null; // null where it hides nothing
        if (keyMask is null && window is null && (queries == 1 || (past == 0 && !hooked)))
        {
            return null;
        }

        var query = Scalars.Range(past, past + queries, device).unsqueeze(1);
        var key = Scalars.Range(0, past + queries, device).unsqueeze(0);
        var visible = key.le(query);
        if (window is { } newest)
        {
            visible = visible.logical_and(key.gt(Scalars.Range(past - newest, past + queries - newest, device).unsqueeze(1)));
        }

        var causal = visible.unsqueeze(0).unsqueeze(0); // [1, 1, query, key]
        if (keyMask is null)
        {
            return causal;
        }

        // A padding query keeps its own key, because a row without any key has no softmax.
        var real = keyMask.unsqueeze(1).unsqueeze(1).logical_or(key.eq(query));
        return causal.logical_and(real);
    }
}

/// <summary>What the layers of one forward pass share.</summary>
internal sealed record ForwardPass
{
    internal required Tensor Cos { get; init; }

    internal required Tensor Sin { get; init; }

    internal required Tensor? Mask { get; init; }

    internal required Tensor? KeyMask { get; init; }

    internal required int Past { get; init; }

    internal required KeyValueCache? Cache { get; init; }

    internal required IAttentionHook? Hook { get; init; }

    internal required IAttentionObserver? Observer { get; init; }

    internal AttentionSite Site(int layer, int layers) => new(layer, layers, Past, KeyMask);

    /// <summary>The pass for some of its queries alone, whose keys end with the last of them.</summary>
    internal ForwardPass Piece(int start, int length) => this with
    {
        Mask = Mask?.narrow(2, start, length).narrow(3, 0, Past + start + length),
        KeyMask = KeyMask?.narrow(1, 0, Past + start + length),
        Past = Past + start,
    };
}
