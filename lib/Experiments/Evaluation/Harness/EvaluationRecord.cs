using Experiments.Data;
using Experiments.Data.Benchmarks;
using Experiments.Runs;

namespace Experiments.Evaluation.Harness;

/// <summary>An evaluation with all that its files tell about it.</summary>
public sealed record EvaluationRecord
{
    /// <summary>Name of the question set, such as <c>mmlu</c>.</summary>
    public required string Task { get; init; }

    /// <summary>What was asked, by all shards together.</summary>
    public required QuestionSet Set { get; init; }

    /// <summary>The part of the questions that <see cref="Results"/> are of; null for all.</summary>
    public Shard? Shard { get; init; }

    /// <summary>The questions of the shard; all where there are no shards.</summary>
    public IReadOnlyList<MultipleChoiceQuestion> Questions => Shard?.Of(Set.Questions) ?? Set.Questions;

    /// <summary>The results, one for each question of the shard.</summary>
    public required IReadOnlyList<ItemResult> Results { get; init; }

    /// <summary>How they were asked.</summary>
    public required QuestionPrompt Prompt { get; init; }

    /// <summary>How answers were obtained.</summary>
    public required EvaluationOptions Options { get; init; }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>SHA-256 of the model's files.</summary>
    public required string ModelHash { get; init; }

    /// <summary>What the model was loaded with: folder, dtype, intervention.</summary>
    public required IReadOnlyDictionary<string, object?> ModelArguments { get; init; }

    /// <summary>Device of the model.</summary>
    public required string Device { get; init; }

    /// <summary>Questions of each category that were asked at most; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Seed of everything random.</summary>
    public required int Seed { get; init; }

    /// <summary>What it took.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>SHA-256 of all that decides the results, whichever shard they are of.</summary>
    public string Hash => ContentHash.Of(new object?[] { ModelHash, ModelArguments, Device, Options, Prompt.ContentHash, Seed, Set.Questions, Set.Questions.DistinctBy(question => question.Category).Select(question => Prompt.Examples?.For(question)) });

    /// <summary>Where the journal of this evaluation lies while it runs.</summary>
    /// <param name="folder">Where its files will go.</param>
    /// <returns>A path that is the same for the same evaluation, and for no other.</returns>
    public string JournalPath(string folder) =>
        Path.Combine(HarnessEvaluation.FolderOf(folder, Model), $"unfinished_{Hash[..16]}{(Shard is null ? "" : $"_{Shard.Number}-of-{Shard.Count}")}.jsonl");
}
