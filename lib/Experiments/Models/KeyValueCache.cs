using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>Keys and values of the tokens that a decoder has seen, per layer; an argument of the forward pass, never model state.</summary>
/// <remarks>Buffers grow by doubling up to the capacity, so that decoding <c>n</c> tokens copies <c>O(n)</c> entries. For inference only: it detaches from autograd.</remarks>
public sealed class KeyValueCache : IDisposable
{
    private readonly Tensor?[] _keys;
    private readonly Tensor?[] _values;
    private readonly LlamaConfig _config;
    private readonly long _capacity;
    private readonly int? _budget;
    private readonly int _sinks;

    /// <summary>Makes an empty cache.</summary>
    /// <param name="config">The model that will fill it.</param>
    /// <param name="capacity">Tokens that it will probably hold at most: no room is taken for more until they come.</param>
    /// <param name="budget">Most tokens that it ever holds: see <see cref="GenerationOptions.CacheBudget"/>. Null for no limit.</param>
    /// <param name="sinks">First tokens that never leave.</param>
    public KeyValueCache(LlamaConfig config, long capacity = long.MaxValue, int? budget = null, int sinks = 4)
    {
        (_config, _budget, _sinks) = (config, budget, sinks);
        _capacity = Math.Min(capacity, budget ?? long.MaxValue);
        _keys = new Tensor?[config.NumHiddenLayers];
        _values = new Tensor?[config.NumHiddenLayers];
    }

    /// <summary>Tokens held so far, the same in every layer between two forward passes.</summary>
    public int Length { get; private set; }

    /// <summary>True for real tokens and false for left padding, <c>[batch, Length]</c>; null when all are real.</summary>
    internal Tensor? KeyMask { get; private set; }

    /// <summary>Becomes <see cref="AttentionSite.Prompts"/> of the passes to come.</summary>
    internal IReadOnlyList<int>? Prompts { get; set; }

    /// <summary>Makes a batch of the given rows, in that order: replies that ended leave the batch, and what several prompts begin with is repeated.</summary>
    /// <param name="rows">Row indices, any number of times.</param>
    public void Select(long[] rows)
    {
        using var scope = NewDisposeScope();
        using var index = tensor(rows);
        for (var layer = 0; layer < _keys.Length; layer++)
        {
            Replace(ref _keys[layer], _keys[layer]?.index_select(0, index.to(_keys[layer]!.device)));
            Replace(ref _values[layer], _values[layer]?.index_select(0, index.to(_values[layer]!.device)));
        }

        SetKeyMask(KeyMask?.index_select(0, index.to(KeyMask.device)));
    }

    /// <summary>Lets the oldest tokens behind the sinks leave, where the budget has no room for new ones.</summary>
    /// <param name="tokens">New tokens.</param>
    internal void MakeRoom(int tokens)
    {
        if (_budget is not { } budget || Length + tokens <= budget)
        {
            return;
        }

        if (tokens > budget - _sinks)
        {
            throw new ArgumentException($"A pass of {tokens} tokens does not fit into a cache of {budget} with {_sinks} sinks.", nameof(tokens));
        }

        if (KeyMask is not null)
        {
            throw new NotSupportedException("A cache with a budget takes rows without padding.");
        }

        // An eighth at a time: keys are rotated whenever some leave, and each rotation rounds.
        var leaving = Math.Min(Length - _sinks, Math.Max(Length + tokens - budget, (budget - _sinks) / 8));
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (cos, sin) = RotaryEmbedding.Table(_config, Scalars.Range(-leaving, 1 - leaving, _keys[0]!.device).unsqueeze(0));
        for (var layer = 0; layer < _keys.Length; layer++)
        {
            var dtype = _keys[layer]!.dtype;
            // What moves up by n places is rotated back by n: R(-n) R(p) = R(p - n).
            Move(_keys[layer]!, leaving, moved => RotaryEmbedding.Rotate(moved.to(ScalarType.Float32), cos, sin).to(dtype));
            Move(_values[layer]!, leaving, moved => moved.clone());
        }

        Length -= leaving;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in _keys.Concat(_values))
        {
            buffer?.Dispose();
        }

        KeyMask?.Dispose();
    }

    /// <summary>Appends <c>[batch, kvHead, query, headDim]</c> and returns views of all keys and values so far.</summary>
    internal (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        var total = Length + keys.shape[2];
        return (Append(ref _keys[layer], keys, total), Append(ref _values[layer], values, total));
    }

    internal void SetKeyMask(Tensor? mask)
    {
        var previous = KeyMask;
        KeyMask = mask?.DetachFromDisposeScope();
        if (!ReferenceEquals(previous, KeyMask))
        {
            previous?.Dispose();
        }
    }

    internal void Advance(int tokens) => Length += tokens;

    private void Move(Tensor buffer, int leaving, Func<Tensor, Tensor> change)
    {
        var staying = Length - _sinks - leaving;
        buffer.narrow(2, _sinks, staying).copy_(change(buffer.narrow(2, _sinks + leaving, staying)));
    }

    private Tensor Append(ref Tensor? buffer, Tensor added, long total)
    {
        if (buffer is null || buffer.shape[2] < total)
        {
            var shape = added.shape;
            var generous = Math.Max(total + 16, buffer is null ? 0 : 2 * buffer.shape[2]);
            shape[2] = Math.Max(total, Math.Min(generous, _capacity));
            var grown = zeros(shape, added.dtype, added.device);
            if (buffer is not null)
            {
                using var old = buffer.narrow(2, 0, Length);
                using var kept = grown.narrow(2, 0, Length);
                kept.copy_(old);
            }

            Replace(ref buffer, grown);
        }

        using (var slot = buffer!.narrow(2, Length, added.shape[2]))
        using (var detached = added.detach())
        {
            slot.copy_(detached);
        }

        return buffer.narrow(2, 0, total);
    }

    private static void Replace(ref Tensor? slot, Tensor? value)
    {
        slot?.Dispose();
        slot = value?.DetachFromDisposeScope();
    }
}
