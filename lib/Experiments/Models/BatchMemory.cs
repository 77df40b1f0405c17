using Experiments.Runs;
using TorchSharp;

namespace Experiments.Models;

/// <summary>Keeps batches within memory: by an upper estimate of what they allocate, and by halving those that fail all the same.</summary>
internal sealed class BatchMemory
{
    /// <summary>What an allocator keeps beyond what is in use.</summary>
    private const double Overhead = 1.25;

    private readonly LlamaForCausalLM _model;
    private readonly long? _limit;
    private readonly long _used;
    private readonly bool _hooked;

    /// <summary>Measures what is used already.</summary>
    /// <param name="model">The decoder.</param>
    /// <param name="limit">Bytes that the process, or on a GPU the model and its batches, may use; null for no limit.</param>
    /// <param name="hooked">Whether patterns are written out.</param>
    internal BatchMemory(LlamaForCausalLM model, long? limit, bool hooked)
    {
        (_model, _limit, _hooked) = (model, limit, hooked);
        _used = model.Device.type == DeviceType.CPU ? Environment.WorkingSet : model.parameters().Sum(weight => weight.numel() * weight.element_size());
    }

    /// <summary>Rows of a batch that fit.</summary>
    /// <param name="wanted">At most so many.</param>
    /// <param name="prompt">Tokens of the longest prompt.</param>
    /// <param name="added">Tokens that follow it one by one.</param>
    /// <param name="chunk">Tokens per pass at most.</param>
    /// <param name="logits">Positions whose logits are wanted.</param>
    /// <exception cref="ExperimentException">Not even one fits.</exception>
    internal int Rows(int wanted, int prompt, int added, int chunk, int logits = 1)
    {
        if (_limit is not { } limit)
        {
            return wanted;
        }

        var bytes = (long)(Overhead * BytesPerRow(prompt, added, Math.Min(chunk, prompt), logits));
        var rows = (limit - _used) / bytes;
        return rows > 0
            ? (int)Math.Min(wanted, rows)
            : throw new ExperimentException($"One prompt of {prompt} tokens needs about {(_used + bytes) >> 20} MB with the model, and {limit >> 20} MB are allowed. Allow more, or use shorter prompts.");
    }

    /// <summary>Runs batches. One that does not fit into memory is halved, and so are all after it.</summary>
    /// <param name="batches">Indices of prompts.</param>
    /// <param name="run">Computes a batch.</param>
    /// <exception cref="ExperimentException">A single prompt does not fit.</exception>
    internal static void Halving(IEnumerable<int[]> batches, Action<int[]> run)
    {
        var limit = int.MaxValue;
        foreach (var batch in batches)
        {
            var open = new Stack<int[]>(batch.Chunk(limit).Reverse());
            while (open.TryPop(out var part))
            {
                try
                {
                    run(part);
                }
                catch (Exception e) when (IsOutOfMemory(e))
                {
                    limit = part.Length > 1 ? (part.Length + 1) / 2 : throw new ExperimentException("One prompt alone does not fit into memory. Use a shorter one, a smaller model, or --dtype bfloat16.", e);
                    foreach (var half in part.Chunk(limit).Reverse())
                    {
                        open.Push(half);
                    }
                }
            }
        }
    }

    /// <summary>libtorch tells a failed allocation by its message only.</summary>
    private static bool IsOutOfMemory(Exception e) =>
        e is OutOfMemoryException || e.Message.Contains("not enough memory", StringComparison.Ordinal) || e.Message.Contains("can't allocate memory", StringComparison.Ordinal) || e.Message.Contains("out of memory", StringComparison.Ordinal);

    private long BytesPerRow(long prompt, long added, long queries, long logits)
    {
        var config = _model.Config;
        var (element, keys) = (_model.Dtype.ElementSize(), prompt + added + 16);
        long perKey = 2 * config.NumKeyValueHeads * config.HeadWidth * element;
        var cache = (config.NumHiddenLayers + 1) * perKey * keys; // one layer is there twice while its buffer grows
        long repeated = config.NumAttentionHeads == config.NumKeyValueHeads ? 0 : 2 * config.NumAttentionHeads * config.HeadWidth * element * keys;
        var activations = queries * element * ((8 * config.HiddenSize) + (4 * config.IntermediateSize));
        var pattern = queries * keys * (_hooked ? config.NumAttentionHeads * ((3 * sizeof(float)) + (2 * element)) : sizeof(float) + element + 4);
        return cache + repeated + activations + pattern + (logits * config.VocabSize * 3 * sizeof(float));
    }
}
