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

/// <summary>How to evaluate.</summary>
public sealed record EvaluationOptions
{
    /// <summary>How an answer is obtained.</summary>
    public ScoringMethod Method { get; init; }

    /// <summary>Longest reply in tokens; one that reaches it is counted as truncated.</summary>
    public int MaxNewTokens { get; init; } = 160;

    /// <summary>Prompts computed together.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Name of the answer extractor.</summary>
    public string Extractor { get; init; } = AnswerExtractor.HeaderThenCascade.Name;

    /// <summary>The generation that these settings mean: greedy, until EOS.</summary>
    /// <returns>Settings for <see cref="TextGenerator"/>.</returns>
    /// <exception cref="ExperimentException">A value is out of range.</exception>
    public GenerationOptions Generation() => MaxNewTokens > 0
        ? new GenerationOptions { MaxNewTokens = MaxNewTokens, BatchSize = BatchSize }
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
