using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Models;

/// <summary>Greedy and sampled decoding with a key/value cache, in batches with left padding.</summary>
public static class TextGenerator
{
    /// <summary>Continues each prompt. Prompts of similar length share a batch, and what all of a batch begin with is computed once; replies that ended leave it.</summary>
    /// <param name="model">The decoder.</param>
    /// <param name="prompts">Token ids per prompt, none empty.</param>
    /// <param name="options">How to decode.</param>
    /// <param name="hook">Intervention or observer on attention; null for none.</param>
    /// <param name="finished">Called after each batch with the indices of its prompts and their replies.</param>
    /// <param name="cancellation">Stops between two tokens.</param>
    /// <param name="skip">Whether a batch is left out, by the indices of its prompts; its replies are then empty. Null to leave none out.</param>
    /// <param name="goesOn">Told of each token at once: the index of its prompt, and the reply's ids so far; whether the reply goes on. A batch that did not fit into memory begins again in halves, and so do its replies.</param>
    /// <returns>One reply per prompt, in the prompts' order.</returns>
    /// <exception cref="Runs.ExperimentException">A prompt is empty, holds an id outside the vocabulary, fills the model's context or does not fit into memory, or an option is out of range.</exception>
    public static IReadOnlyList<Generation> Generate(
        LlamaForCausalLM model,
        IReadOnlyList<int[]> prompts,
        GenerationOptions options,
        IAttentionHook? hook = null,
        Action<int[], Generation[]>? finished = null,
        CancellationToken cancellation = default,
        Func<IEnumerable<int>, bool>? skip = null,
        Func<int, IReadOnlyList<int>, bool>? goesOn = null)
    {
        options.Validate();
        foreach (var prompt in prompts)
        {
            CheckPrompt(model.Config, prompt);
            CheckLength(model.Config, prompt, options);
        }

        using var inference = inference_mode();
        var replies = Enumerable.Repeat(new Generation([], false), prompts.Count).ToArray();
        var memory = new BatchMemory(model, options.MaxMemory, hook is not null);
        var batches = PromptBatches.Of(prompts, longest => options.CacheBudget is not null ? 1 : memory.Rows(options.BatchSize, longest, options.MaxNewTokens, options.PrefillChunk));
        BatchMemory.Halving(batches.Where(indices => skip?.Invoke(indices) != true), indices =>
        {
            new Batch(model, prompts, indices, options, hook, goesOn, cancellation).Run(replies);
            finished?.Invoke(indices, [.. indices.Select(index => replies[index])]);
        });
        return replies;
    }

    /// <summary>Rejects a prompt that the model cannot read.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="prompt">Token ids.</param>
    /// <exception cref="Runs.ExperimentException">The prompt is empty or holds an id outside the vocabulary.</exception>
    public static void CheckPrompt(LlamaConfig config, IReadOnlyList<int> prompt)
    {
        if (prompt.Count == 0)
        {
            throw new Runs.ExperimentException("The prompt is empty. Give at least one token; a lone BOS counts.");
        }

        foreach (var id in prompt)
        {
            if (id < 0 || id >= config.VocabSize)
            {
                throw new Runs.ExperimentException($"Token id {id} is outside the vocabulary of {config.VocabSize} (0 to {config.VocabSize - 1}). The tokenizer or the ids belong to another model.");
            }
        }
    }

    private static void CheckLength(LlamaConfig config, int[] prompt, GenerationOptions options)
    {
        var context = config.ContextLength;
        if (options.CacheBudget is { } budget)
        {
            if (budget > context || config.RopeScaling is { Type: RopeScalingType.Dynamic })
            {
                throw new Runs.ExperimentException(budget > context
                    ? $"The cache budget is {budget} tokens; the model's context is {context}. Ask for no more."
                    : "A cache budget moves keys to other positions, which dynamic RoPE scaling does not allow. Leave it out.");
            }
        }
        else if (options.MaxNewTokens > 0 && prompt.Length >= context && !options.AllowLongContext)
        {
            throw new Runs.ExperimentException($"The prompt has {prompt.Length} tokens, the model's context {context}: there is no room for a reply. Shorten it, keep a sliding window with --cache-budget, or pass --allow-long-context.");
        }
    }

    /// <summary>Runs prompts of one batch to their end.</summary>
    private sealed class Batch(
        LlamaForCausalLM model,
        IReadOnlyList<int[]> prompts,
        int[] indices,
        GenerationOptions options,
        IAttentionHook? hook,
        Func<int, IReadOnlyList<int>, bool>? goesOn,
        CancellationToken cancellation)
    {
        private readonly List<int>[] _new = [.. indices.Select(_ => new List<int>())];
        private readonly double[] _margins = [.. indices.Select(_ => double.PositiveInfinity)];
        private readonly Sampler[] _samplers = [.. indices.Select(index => new Sampler(options, index))];

        internal void Run(Generation[] replies)
        {
            var own = indices.Select(index => prompts[index]).ToArray();
            using var cache = new KeyValueCache(model.Config, own.Max(prompt => prompt.Length) + options.MaxNewTokens, options.CacheBudget, options.SinkTokens) { Prompts = indices };
            int[] rows = [.. Enumerable.Range(0, indices.Length)];
            if (options.MaxNewTokens == 0)
            {
                Array.ForEach(rows, row => replies[indices[row]] = new Generation([], false));
                return;
            }

            var logits = Prefill.Run(model, cache, own, Math.Min(options.PrefillChunk, (options.CacheBudget ?? int.MaxValue) - options.SinkTokens), hook, cancellation);
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                var kept = Choose(rows, logits, replies);
                logits.Dispose();
                if (kept.Count == 0)
                {
                    return;
                }

                if (kept.Count < rows.Length)
                {
                    cache.Select([.. kept.Select(position => (long)position)]);
                    rows = [.. kept.Select(position => rows[position])];
                    cache.Prompts = [.. rows.Select(row => indices[row])];
                }

                logits = Step(cache, rows);
            }
        }

        /// <summary>Feeds each row's newest token and returns its logits, <c>[batch, 1, vocab]</c>.</summary>
        private Tensor Step(KeyValueCache cache, int[] rows)
        {
            using var scope = NewDisposeScope();
            var ids = tensor(rows.Select(row => (long)_new[row][^1]).ToArray(), [rows.Length, 1], device: model.Device);
            return model.Forward(ids, cache, hook: hook, lastOnly: true).MoveToOuterDisposeScope();
        }

        /// <summary>Appends one token to each row and returns the positions of the rows that go on.</summary>
        private List<int> Choose(int[] rows, Tensor logits, Generation[] replies)
        {
            using var scope = NewDisposeScope();
            var last = logits.squeeze(1); // [batch, vocab]
            CheckNumbers(last);
            Penalize(rows, last);
            var greedy = options.Temperature == 0 ? last.argmax(-1).cpu().data<long>().ToArray() : null;
            var margins = greedy is null ? null : Margins(last);
            var values = greedy is null ? last.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray() : [];
            var kept = new List<int>();
            for (var position = 0; position < rows.Length; position++)
            {
                var row = rows[position];
                var id = greedy is null
                    ? _samplers[row].Draw(values.AsSpan(position * model.Config.VocabSize, model.Config.VocabSize))
                    : (int)greedy[position];
                _new[row].Add(id);
                _margins[row] = Math.Min(_margins[row], margins?[position] ?? double.PositiveInfinity);
                var goes = goesOn?.Invoke(indices[row], _new[row]) ?? true;
                var ended = !goes || (!options.IgnoreEos && model.Config.EosTokenIds.Contains(id));
                if (ended || _new[row].Count == MostTokens(row))
                {
                    replies[indices[row]] = new Generation(_new[row], ended) { Margin = greedy is null ? null : _margins[row] };
                }
                else
                {
                    kept.Add(position);
                }
            }

            return kept;
        }

        /// <summary>As many tokens as were asked for, and as the context has room for.</summary>
        private int MostTokens(int row) => options.AllowLongContext || options.CacheBudget is not null
            ? options.MaxNewTokens
            : Math.Min(options.MaxNewTokens, model.Config.ContextLength - prompts[indices[row]].Length);

        /// <summary>Applies the repetition penalty, in place.</summary>
        private void Penalize(int[] rows, Tensor logits)
        {
            if (options.RepetitionPenalty == 1)
            {
                return;
            }

            using Scalar penalty = options.RepetitionPenalty;
            for (var position = 0; position < rows.Length; position++)
            {
                using var scope = NewDisposeScope();
                var row = logits[position];
                var seen = tensor(prompts[indices[rows[position]]].Concat(_new[rows[position]]).Distinct().Select(id => (long)id).ToArray(), device: logits.device);
                var values = row.index_select(0, seen);
                row.index_copy_(0, seen, where(values.gt(Scalars.Zero), values.div(penalty), values.mul(penalty)));
            }
        }

        /// <summary>How far each row's largest logit is above the second.</summary>
        private static float[] Margins(Tensor logits)
        {
            using var scope = NewDisposeScope();
            var two = logits.topk(2).values.to(ScalarType.Float32).cpu(); // [batch, 2]
            return two.select(1, 0).Minus(two.select(1, 1)).data<float>().ToArray();
        }

        /// <summary>Rejects logits without an order: their largest would be a token like any other.</summary>
        private void CheckNumbers(Tensor logits)
        {
            using var scope = NewDisposeScope();
            if (!logits.amax(-1).isfinite().all().item<bool>())
            {
                throw new Runs.ExperimentException($"The model's logits are not finite in {model.Dtype}. {(model.Dtype == ScalarType.Float16 ? "Use bfloat16 or float32." : "The checkpoint is damaged or its training diverged.")}");
            }
        }
    }
}
