using Experiments.Data.Benchmarks;

namespace Experiments.Evaluation.Harness;

/// <summary>An evaluation with all that its files tell about it.</summary>
public sealed record EvaluationRecord
{
    /// <summary>Name of the question set, such as <c>mmlu</c>.</summary>
    public required string Task { get; init; }

    /// <summary>What was asked.</summary>
    public required QuestionSet Set { get; init; }

    /// <summary>One result per question, in their order.</summary>
    public required IReadOnlyList<ItemResult> Results { get; init; }

    /// <summary>How they were asked.</summary>
    public required PromptTemplate Template { get; init; }

    /// <summary>How answers were obtained.</summary>
    public required EvaluationOptions Options { get; init; }

    /// <summary>Examples before each question; null for none.</summary>
    public FewShot? Examples { get; init; }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>What the model was loaded with: folder, dtype, intervention.</summary>
    public required IReadOnlyDictionary<string, object?> ModelArguments { get; init; }

    /// <summary>Device of the model.</summary>
    public required string Device { get; init; }

    /// <summary>Questions of each category that were asked at most; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Seed of everything random.</summary>
    public required int Seed { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>What it took.</summary>
    public required TimeSpan Elapsed { get; init; }
}
