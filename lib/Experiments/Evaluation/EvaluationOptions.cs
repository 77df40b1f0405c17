using System.Text.Json.Serialization;
using Experiments.Data;
using Experiments.Models;
using Experiments.Runs;

namespace Experiments.Evaluation;

/// <summary>How an answer is obtained from the model.</summary>
public enum ScoringMethod
{
    /// <summary>The model writes a reply, from which the answer is read.</summary>
    Generation,

    /// <summary>The option that the model finds likeliest as the continuation, as lm-evaluation-harness does: by its letter or its text, as the template says.</summary>
    LogLikelihood,
}

/// <summary>How replies are drawn where they are not greedy.</summary>
public sealed record SamplingOptions
{
    /// <summary>Logits are divided by it.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Draw among the k most probable tokens; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Draw among the fewest tokens whose probability reaches p; 1 for all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Seed of the draws.</summary>
    public int Seed { get; init; } = 1;
}

/// <summary>How to evaluate.</summary>
public sealed record EvaluationOptions
{
    /// <summary>How an answer is obtained.</summary>
    public ScoringMethod Method { get; init; }

    /// <summary>Longest reply in tokens; one that reaches it is counted as truncated.</summary>
    public int MaxNewTokens { get; init; } = 160;

    /// <summary>Prompts computed together at most.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Bytes that the process (on a GPU: the model and its batches) may use; batches are made smaller to stay below. Null for no limit. Machines differ in it, so it tells no two runs apart.</summary>
    [JsonIgnore]
    public long? MaxMemory { get; init; }

    /// <summary>How replies are drawn; null for greedy decoding.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SamplingOptions? Sampling { get; init; }

    /// <summary>Name of the answer extractor.</summary>
    public string Extractor { get; init; } = AnswerExtractor.HeaderThenCascade.Name;

    /// <summary>The generation that these settings mean, until EOS.</summary>
    /// <returns>Settings for <see cref="TextGenerator"/>.</returns>
    /// <exception cref="ExperimentException">A value is out of range.</exception>
    public GenerationOptions Generation() => MaxNewTokens > 0
        ? new GenerationOptions
        {
            MaxNewTokens = MaxNewTokens,
            BatchSize = BatchSize,
            MaxMemory = MaxMemory,
            Temperature = Sampling?.Temperature ?? 0,
            TopK = Sampling?.TopK ?? 0,
            TopP = Sampling?.TopP ?? 1,
            Seed = Sampling?.Seed ?? 0,
        }
        : throw new ExperimentException($"Evaluation: max-new-tokens is {MaxNewTokens}; a reply needs at least 1.");
}

/// <summary>One item, answered.</summary>
public sealed record ItemResult
{
    /// <summary>Item id.</summary>
    public required string Id { get; init; }

    /// <summary>Category of the item.</summary>
    public required string Category { get; init; }

    /// <summary>Whether the category counts as STEM.</summary>
    public required bool Stem { get; init; }

    /// <summary>0-based right option.</summary>
    public required int Target { get; init; }

    /// <summary>0-based option that the model chose; null when none could be read.</summary>
    public required int? Predicted { get; init; }

    /// <summary>The rule that read the answer.</summary>
    public required ExtractionRule Rule { get; init; }

    /// <summary>What the model wrote; empty for log-likelihood.</summary>
    public required string Reply { get; init; }

    /// <summary>Computed tokens of the reply, with EOS.</summary>
    public required int NewTokens { get; init; }

    /// <summary>Whether the reply was cut at the length limit.</summary>
    public required bool Truncated { get; init; }

    /// <summary>Log-likelihood of each option in nats, summed over its tokens; null for a generated reply.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<double>? LogLikelihoods { get; init; }

    /// <summary>0-based option with the highest log-likelihood per character, <c>acc_norm</c> of lm-evaluation-harness; null unless options' texts were compared.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? PredictedPerCharacter { get; init; }

    /// <summary>Smallest distance in logits by which a token of the reply was chosen; null for sampled replies and log-likelihood. See <see cref="Generation.Margin"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Margin { get; init; }

    /// <summary>Whether the prompt was longer than the model's context and lost its beginning.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ContextCut { get; init; }

    /// <summary>Whether the answer is right; an unread answer is wrong.</summary>
    public bool Correct => Predicted == Target;
}

/// <summary>A question with a generated reply.</summary>
/// <param name="Question">The question.</param>
/// <param name="Style">How it was asked.</param>
/// <param name="Result">The reply, and how it was read.</param>
public sealed record AnsweredQuestion(MultipleChoiceQuestion Question, AnswerStyle Style, ItemResult Result);
