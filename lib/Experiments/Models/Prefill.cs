using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>Feeds prompts to an empty cache: what all begin with once, the rest in chunks with left padding.</summary>
internal static class Prefill
{
    /// <summary>Tokens of all rows together above which a pass gets no faster: their scores no longer fit into the processor's cache.</summary>
    private const int TokensPerPass = 2048;

    /// <summary>Tokens of each row in a pass.</summary>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="chunk">At most so many.</param>
    private static int Chunk(int rows, int chunk) => Math.Min(chunk, Math.Max(16, TokensPerPass / rows));

    /// <summary>Runs the prompts.</summary>
    /// <param name="model">The decoder.</param>
    /// <param name="cache">Filled by this; empty before.</param>
    /// <param name="prompts">Token ids per prompt, not all empty.</param>
    /// <param name="chunk">Tokens of each prompt per pass at most.</param>
    /// <param name="hook">Intervention or observer on attention; null for none.</param>
    /// <param name="cancellation">Stops between two passes.</param>
    /// <returns>Logits of the last position, <c>[batch, 1, vocab]</c>.</returns>
    internal static Tensor Run(LlamaForCausalLM model, KeyValueCache cache, IReadOnlyList<int[]> prompts, int chunk, IAttentionHook? hook, CancellationToken cancellation)
    {
        // Dynamic NTK picks the rotary base by the length of the whole sequence, so all of it must be known at once.
        var longest = prompts.Max(prompt => prompt.Length);
        var atOnce = model.Config.RopeScaling is { Type: RopeScalingType.Dynamic } && longest > model.Config.MaxPositionEmbeddings;
        var shared = atOnce ? 0 : PromptBatches.SharedLength(prompts);
        if (shared > 0)
        {
            Feed(model, cache, [prompts[0][..shared]], chunk, hook, cancellation).Dispose();
            cache.Select(new long[prompts.Count]);
        }

        return Feed(model, cache, [.. prompts.Select(prompt => prompt[shared..])], atOnce ? longest : Chunk(prompts.Count, chunk), hook, cancellation);
    }

    private static Tensor Feed(LlamaForCausalLM model, KeyValueCache cache, int[][] prompts, int chunk, IAttentionHook? hook, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var longest = prompts.Max(prompt => prompt.Length);
        var ids = prompts.SelectMany(prompt => Enumerable.Repeat(0L, longest - prompt.Length).Concat(prompt.Select(id => (long)id))).ToArray();
        var input = tensor(ids, [prompts.Length, longest], device: model.Device);
        var mask = prompts.All(prompt => prompt.Length == longest) ? null : Mask(prompts, cache.Length, longest, model.Device);
        var past = cache.Length;
        Tensor? logits = null;
        for (var start = 0; start < longest; start += chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            logits?.Dispose();
            var length = Math.Min(chunk, longest - start);
            logits = model.Forward(input.narrow(1, start, length), cache, mask?.narrow(1, 0, past + start + length), hook, lastOnly: true);
        }

        return logits!.MoveToOuterDisposeScope();
    }

    /// <summary><c>[batch, past + longest]</c>, false for the padding before each prompt.</summary>
    private static Tensor Mask(int[][] prompts, int past, int longest, Device device) => tensor(
        prompts.SelectMany(prompt => Enumerable.Repeat(true, past).Concat(Enumerable.Repeat(false, longest - prompt.Length)).Concat(Enumerable.Repeat(true, prompt.Length))).ToArray(),
        [prompts.Length, past + longest],
        device: device);
}
