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

    internal IEnumerable<DecoderLayer> Layers => _layers;

    internal Tensor Forward(Tensor inputIds, KeyValueCache? cache, Tensor? keyMask, IAttentionHook? hook, IAttentionObserver? observer)
    {
        var queries = (int)inputIds.shape[1];
        cache?.MakeRoom(queries);
        var past = cache?.Length ?? 0;
        keyMask = ExtendKeyMask(inputIds, cache, keyMask, past + queries);
        var pass = Pass(Positions(inputIds.device, keyMask, past, queries)) with
        {
            Mask = AllowedKeys(inputIds.device, keyMask, past, queries, hook is not null || observer is not null),
            CausalOnly = keyMask is null && Window(past + queries) is null,
            KeyMask = keyMask,
            Past = past,
            Cache = cache,
            Prompts = cache?.Prompts,
            Hook = hook,
            Observer = observer,
        };
        var hidden = Embed(inputIds);
        foreach (var (index, layer) in _layers.Index())
        {
            hidden = layer.Forward(hidden, pass);
            hidden = hook?.OnHidden(pass.Site(index, _config.NumHiddenLayers), hidden) ?? hidden;
            observer?.OnHidden(pass.Site(index, _config.NumHiddenLayers), hidden);
        }

        cache?.Advance(queries);
        return Normalize(hidden);
    }

    /// <summary>What the layers share when sequences are learned: no cache, no hook.</summary>
    /// <param name="inputIds">Token ids, <c>[batch, query]</c>.</param>
    /// <param name="dropout">Draws the adapter's dropout; null for none.</param>
    /// <param name="documents">Where a row holds several documents that must not see each other: the number of each token's document, int64 <c>[batch, query]</c>. Null for one document a row.</param>
    internal ForwardPass TrainingPass(Tensor inputIds, DropoutMasks? dropout, Tensor? documents)
    {
        var queries = (int)inputIds.shape[1];
        if (documents is null)
        {
            return Pass(Positions(inputIds.device, null, 0, queries)) with { Mask = AllowedKeys(inputIds.device, null, 0, queries, hooked: false), Dropout = dropout };
        }

        var same = documents.unsqueeze(1).eq(documents.unsqueeze(2)); // [batch, query, key]
        var visible = same.logical_and(AllowedKeys(inputIds.device, null, 0, queries, hooked: true)!.squeeze(0)); // block-diagonal and causal
        var positions = same.tril(0).sum(-1).add(Scalars.MinusOne, Scalars.One); // a document's first token stands at 0
        return Pass(positions) with { Mask = visible.unsqueeze(1), Dropout = dropout };
    }

    /// <summary>The residual stream before the first layer, <c>[batch, query, hidden]</c>.</summary>
    internal Tensor Embed(Tensor inputIds) => _embedding.call(inputIds);

    /// <summary>The final norm.</summary>
    internal Tensor Normalize(Tensor hidden) => _norm.call(hidden);

    private ForwardPass Pass(Tensor positions)
    {
        var (cos, sin) = RotaryEmbedding.Table(_config, positions); // positions: [batch or 1, query]
        var dtype = _embedding.weight!.dtype;
        return new ForwardPass { Cos = cos.to(dtype), Sin = sin.to(dtype) };
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

    /// <summary>The sliding window; null where it hides nothing.</summary>
    private int? Window(int keys) => _config.SlidingWindow is { } size && size < keys ? size : null;

    /// <summary>Boolean <c>[batch or 1, 1, query, key]</c>, true where a query may look; null where the kernel's causal flag or no mask is enough.</summary>
    private Tensor? AllowedKeys(Device device, Tensor? keyMask, int past, int queries, bool hooked)
    {
        var window = Window(past + queries);
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

    internal Tensor? Mask { get; init; }

    /// <summary>Whether <see cref="Mask"/> hides later keys and nothing else: no padding, no sliding window.</summary>
    internal bool CausalOnly { get; init; }

    internal Tensor? KeyMask { get; init; }

    internal int Past { get; init; }

    internal KeyValueCache? Cache { get; init; }

    internal IReadOnlyList<int>? Prompts { get; init; }

    internal IAttentionHook? Hook { get; init; }

    internal IAttentionObserver? Observer { get; init; }

    internal DropoutMasks? Dropout { get; init; }

    /// <summary>The first of the heads that are computed.</summary>
    internal int FirstHead { get; init; }

    internal AttentionSite Site(int layer, int layers) => new(layer, layers, Past, KeyMask) { FirstHead = FirstHead, Prompts = Prompts };

    /// <summary>The pass for some of its queries alone, whose keys end with the last of them, and for the heads from one on.</summary>
    internal ForwardPass Piece(int start, int length, int firstHead) => this with
    {
        FirstHead = firstHead,
        Mask = Mask?.narrow(2, start, length).narrow(3, 0, Past + start + length),
        KeyMask = KeyMask?.narrow(1, 0, Past + start + length),
        Past = Past + start,
    };
}
