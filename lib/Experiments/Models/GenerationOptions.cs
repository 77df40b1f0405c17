namespace Experiments.Models;

/// <summary>How to continue a prompt. The defaults are greedy decoding until EOS.</summary>
public sealed record GenerationOptions
{
    /// <summary>Longest reply in tokens.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>0 for greedy decoding; otherwise logits are divided by it before sampling.</summary>
    public double Temperature { get; init; }

    /// <summary>Sample among the k most probable tokens; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Sample among the fewest tokens whose probability reaches p; 1 for all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Sample among tokens whose probability is at least this share of the greatest (min-p, Nguyen et al. 2024); 0 for all.</summary>
    public double MinP { get; init; }

    /// <summary>Divides positive and multiplies negative logits of tokens that stand in the prompt or the reply (Keskar et al. 2019); 1 for none.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>
    /// Most tokens in the key/value cache, so that texts of any length are continued in constant memory (StreamingLLM, Xiao et al. 2024): the oldest behind the first <see cref="SinkTokens"/>
    /// leave, an eighth at a time, and the others move up to their places. Null to keep all.
    /// </summary>
    public int? CacheBudget { get; init; }

    /// <summary>First tokens that never leave the cache, because attention rests on them.</summary>
    public int SinkTokens { get; init; } = 4;

    /// <summary>Whether to go on beyond the model's context, where it was not trained.</summary>
    public bool AllowLongContext { get; init; }

    /// <summary>Seed of sampling. Each prompt draws from its own stream, so that results do not depend on the batch.</summary>
    public int Seed { get; init; }

    /// <summary>Whether to go on past the end-of-sequence token.</summary>
    public bool IgnoreEos { get; init; }

    /// <summary>Prompts decoded together at most.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Bytes that the process (on a GPU: the model and its batches) may use; batches are made smaller to stay below. Null for no limit.</summary>
    public long? MaxMemory { get; init; }

    /// <summary>Prompt tokens per prefill pass; bounds the memory of long prompts.</summary>
    public int PrefillChunk { get; init; } = 512;

    /// <summary>Rejects contradictions.</summary>
    /// <exception cref="Runs.ExperimentException">A value is out of range.</exception>
    public void Validate()
    {
        var wrong = this switch
        {
            { MaxNewTokens: < 0 } => $"max-new-tokens is {MaxNewTokens}; it must be 0 or more",
            { Temperature: < 0 or double.NaN } => $"temperature is {Temperature}; it must be 0 (greedy) or more",
            { TopK: < 0 } => $"top-k is {TopK}; it must be 0 (all) or more",
            { TopP: <= 0 or > 1 or double.NaN } => $"top-p is {TopP}; it must be above 0 and at most 1",
            { MinP: not (>= 0 and < 1) } => $"min-p is {MinP}; it must be at least 0 (all) and below 1",
            { RepetitionPenalty: not > 0 } => $"repetition penalty is {RepetitionPenalty}; it must be above 0; 1 is none",
            { SinkTokens: < 0 } => $"sink tokens are {SinkTokens}; there must be 0 or more",
            { CacheBudget: { } budget } when budget < SinkTokens + 8 => $"the cache budget is {budget} tokens; it must be at least the {SinkTokens} sinks and 8 more",
            { BatchSize: < 1 } => $"batch-size is {BatchSize}; it must be at least 1",
            { PrefillChunk: < 1 } => $"prefill-chunk is {PrefillChunk}; it must be at least 1",
            { Temperature: 0, TopK: > 0 } or { Temperature: 0, TopP: < 1 } or { Temperature: 0, MinP: > 0 } => "top-k, top-p and min-p only matter when sampling: set a temperature above 0",
            _ => null,
        };
        if (wrong is not null)
        {
            throw new Runs.ExperimentException($"Generation: {wrong}.");
        }
    }
}

/// <summary>A reply.</summary>
/// <param name="Ids">The new token ids, with the end-of-sequence token where there was one.</param>
/// <param name="Ended">Whether it ended by itself; false when it was cut at the length limit or at the model's context.</param>
public sealed record Generation(IReadOnlyList<int> Ids, bool Ended)
{
    /// <summary>Smallest distance of a chosen token's logit to the runner-up's; null for sampled replies.</summary>
    /// <remarks>Batches of another size round differently, by about 1e-4 in float32: below that, another token may win.</remarks>
    public double? Margin { get; init; }
}
