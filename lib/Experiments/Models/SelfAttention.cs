using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>Causal grouped-query self-attention with rotary positions.</summary>
internal sealed class SelfAttention : nn.Module
{
    private const int PieceLength = 128;
    private const int PieceWeights = 1 << 20; // 4 MB: scores, pattern and what a hook makes of it stay in the processor's cache
    private const int ShortestPiece = 16;

    [ComponentName(Name = "q_proj")]
    private readonly Projection? _query;

    [ComponentName(Name = "k_proj")]
    private readonly Projection? _key;

    [ComponentName(Name = "v_proj")]
    private readonly Projection? _value;

    [ComponentName(Name = "qkv_proj")]
    private readonly Projection? _fused;

    [ComponentName(Name = "o_proj")]
    private readonly Projection _output;

    [ComponentName(Name = "q_norm")]
    private readonly RmsNorm? _queryNorm;

    [ComponentName(Name = "k_norm")]
    private readonly RmsNorm? _keyNorm;

    private readonly LlamaConfig _config;
    private readonly int _layer;
    private readonly Scalar _scale;

    internal SelfAttention(LlamaConfig config, int layer, ScalarType? dtype, Device? device)
        : base(nameof(SelfAttention))
    {
        _config = config;
        _layer = layer;
        _scale = 1 / Math.Sqrt(config.HeadWidth);
        long queries = config.NumAttentionHeads * config.HeadWidth, keys = config.NumKeyValueHeads * config.HeadWidth;
        if (config.FusedProjections)
        {
            _fused = new Projection(config.HiddenSize, queries + (2 * keys), config.QueryKeyValueBias, dtype, device);
        }
        else
        {
            _query = new Projection(config.HiddenSize, queries, config.QueryKeyValueBias, dtype, device);
            _key = new Projection(config.HiddenSize, keys, config.QueryKeyValueBias, dtype, device);
            _value = new Projection(config.HiddenSize, keys, config.QueryKeyValueBias, dtype, device);
        }

        _output = new Projection(queries, config.HiddenSize, config.AttentionBias, dtype, device);
        if (config.QueryKeyNorm)
        {
            _queryNorm = new RmsNorm(config.HeadWidth, config.RmsNormEps, dtype, device);
            _keyNorm = new RmsNorm(config.HeadWidth, config.RmsNormEps, dtype, device);
        }

        RegisterComponents();
    }

    private int Groups => _config.NumAttentionHeads / _config.NumKeyValueHeads;

    internal Tensor Forward(Tensor hidden, ForwardPass pass)
    {
        using var scope = NewDisposeScope();
        var (query, key, value) = Projected(hidden, pass.Dropout);
        var q = RotaryEmbedding.Rotate(Normal(_queryNorm, Heads(query, _config.NumAttentionHeads)), pass.Cos, pass.Sin); // [batch, head, query, headDim]
        var k = RotaryEmbedding.Rotate(Normal(_keyNorm, Heads(key, _config.NumKeyValueHeads)), pass.Cos, pass.Sin); // [batch, kvHead, query, headDim]
        var v = Heads(value, _config.NumKeyValueHeads); // [batch, kvHead, query, headDim]
        if (pass.Cache is not null)
        {
            (k, v) = pass.Cache.Append(_layer, k, v); // [batch, kvHead, key, headDim]
        }

        var mixed = pass switch
        {
            { Hook: null, Observer: null } => Fused(q, k, v, pass),
            { Hook: null or { RowByRow: true }, Observer: null or { RowByRow: true } } when q.shape[2] > PieceLength => InPieces(q, k, v, pass),
            _ => Hooked(q, k, v, pass),
        }; // [batch, head, query, headDim]
        var (batch, queries) = (hidden.shape[0], hidden.shape[1]);
        return _output.Forward(mixed.transpose(1, 2).reshape(batch, queries, -1), pass.Dropout).MoveToOuterDisposeScope();
    }

    private (Tensor Query, Tensor Key, Tensor Value) Projected(Tensor hidden, DropoutMasks? dropout)
    {
        if (_fused is null)
        {
            return (_query!.Forward(hidden, dropout), _key!.Forward(hidden, dropout), _value!.Forward(hidden, dropout));
        }

        long queries = _config.NumAttentionHeads * _config.HeadWidth, keys = _config.NumKeyValueHeads * _config.HeadWidth;
        var all = _fused.Forward(hidden, dropout);
        return (all.narrow(-1, 0, queries), all.narrow(-1, queries, keys), all.narrow(-1, queries + keys, keys));
    }

    private static Tensor Normal(RmsNorm? norm, Tensor heads) => norm is null ? heads : norm.call(heads);

    private Tensor Heads(Tensor projected, int heads) =>
        projected.view(projected.shape[0], projected.shape[1], heads, _config.HeadWidth).transpose(1, 2); // [batch, heads, query, headDim]

    private Tensor Fused(Tensor q, Tensor k, Tensor v, ForwardPass pass)
    {
        if (q.shape[2] == 1 && Groups > 1)
        {
            // One query per head: the heads of a group become the queries of their shared key/value head.
            var grouped = q.view(q.shape[0], k.shape[1], Groups, q.shape[3]);
            return nn.functional.scaled_dot_product_attention(grouped, k, v, pass.Mask).view(q.shape);
        }

        return nn.functional.scaled_dot_product_attention(q, Repeat(k), Repeat(v), pass.Mask, 0, pass.Mask is null && q.shape[2] > 1);
    }

    /// <summary>What <see cref="Hooked"/> gives, for a few queries and, where the hook allows it, a few heads at a time.</summary>
    private Tensor InPieces(Tensor q, Tensor k, Tensor v, ForwardPass pass)
    {
        var groups = k.shape[1];
        var headByHead = pass is { Hook.HeadByHead: true, Observer: null };
        var groupWeights = q.shape[0] * Groups * k.shape[2]; // of the last query
        var queries = Math.Clamp(PieceWeights / ((headByHead ? 1 : groups) * groupWeights), ShortestPiece, PieceLength);
        var pieces = new List<Tensor>();
        for (long start = 0; start < q.shape[2]; start += queries)
        {
            using var scope = NewDisposeScope();
            var length = Math.Min(queries, q.shape[2] - start);
            var keys = pass.Past + start + length;
            var most = headByHead ? Math.Clamp(PieceWeights / (length * q.shape[0] * Groups * keys), 1, groups) : groups;
            var heads = new List<Tensor>();
            for (long group = 0; group < groups; group += most)
            {
                using var inner = NewDisposeScope();
                var count = Math.Min(most, groups - group);
                heads.Add(Hooked(
                    q.narrow(1, group * Groups, count * Groups).narrow(2, start, length),
                    k.narrow(1, group, count).narrow(2, 0, keys),
                    v.narrow(1, group, count).narrow(2, 0, keys),
                    pass.Piece((int)start, (int)length, (int)group * Groups)).MoveToOuterDisposeScope());
            }

            pieces.Add((heads.Count == 1 ? heads[0] : cat(heads, 1)).MoveToOuterDisposeScope());
        }

        return cat(pieces, 2); // [batch, head, query, headDim]
    }

    private Tensor Hooked(Tensor q, Tensor k, Tensor v, ForwardPass pass)
    {
        var (batch, queries, keys) = (q.shape[0], q.shape[2], k.shape[2]);
        long[] grouped = [batch, k.shape[1], Groups * queries, keys];
        long[] perHead = [batch, q.shape[1], queries, keys];
        var scores = (q * _scale).reshape(batch, k.shape[1], Groups * queries, -1).matmul(k.transpose(2, 3)).view(perHead); // scaling q is cheaper than scaling scores
        if (pass.Mask is not null)
        {
            var first = pass.CausalOnly ? pass.Past : 0; // every query may see the keys before it
            var hidden = pass.Mask.narrow(3, first, keys - first).logical_not();
            scores.narrow(3, first, keys - first).masked_fill_(hidden, Scalars.NegativeInfinity); // in place: scores are not needed for the gradient
        }

        var site = pass.Site(_layer, _config.NumHiddenLayers);
        pass.Observer?.OnScores(site, q, k, scores);
        var pattern = nn.functional.softmax(scores, -1, ScalarType.Float32).to(q.dtype); // [batch, head, query, key]
        pattern = pass.Hook?.OnPattern(site with { Scores = scores }, pattern) ?? pattern;
        scores.Dispose();
        pass.Observer?.OnAttention(site, pattern, v, _output.Weight);
        return pattern.reshape(grouped).matmul(v).view(q.shape); // [batch, head, query, headDim]
    }

    private Tensor Repeat(Tensor x) => Groups == 1
        ? x
        : x.unsqueeze(2).expand(x.shape[0], x.shape[1], Groups, x.shape[2], x.shape[3]).reshape(x.shape[0], -1, x.shape[2], x.shape[3]);
}
