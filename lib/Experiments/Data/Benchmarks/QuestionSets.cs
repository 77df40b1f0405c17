using Experiments.Data.ClosedWorld;
using Experiments.Runs;

namespace Experiments.Data.Benchmarks;

/// <summary>Question sets by name: the generated one, the published ones from local files, and a user's own.</summary>
public static class QuestionSets
{
    /// <summary>The names that <see cref="Load"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = ["closed-world", "mmlu", "piqa", "social-iqa", "own"];

    /// <summary>Loads questions.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="data">Local files: MMLU's folder, or the JSON lines of the others. Not for the closed world, which is generated.</param>
    /// <param name="split">Split of the closed world, and of MMLU (validation is its <c>val</c>); the other files are one split each.</param>
    /// <param name="perCategory">The first so many questions of each category; null for all, and for 400 of the closed world.</param>
    /// <param name="seed">Seed of the closed world.</param>
    /// <returns>The items.</returns>
    /// <exception cref="ExperimentException">The name is unknown, <paramref name="data"/> missing or superfluous, or a file malformed.</exception>
    public static IReadOnlyList<MultipleChoiceQuestion> Load(string name, string? data, DatasetSplit split = DatasetSplit.Test, int? perCategory = null, int seed = 1)
    {
        string Data() => data ?? throw new ExperimentException($"The task {name} is read from local files: say where they are with --data.");
        if (name == "closed-world")
        {
            return data is null
                ? ClosedWorldDataset.Generate(split, perCategory ?? ClosedWorldDataset.ReportedPerCategory, seed)
                : throw new ExperimentException("The closed world is generated and takes no --data; name the task that the files belong to.");
        }

        var questions = name switch
        {
            "mmlu" => Mmlu.Read(Data(), split switch { DatasetSplit.Test => "test", DatasetSplit.Validation => "val", _ => throw new ExperimentException("MMLU has no training split to evaluate on; use test or validation.") }),
            "piqa" => QuestionFile.ReadPiqa(Data()),
            "social-iqa" => QuestionFile.ReadSocialIqa(Data()),
            "own" => QuestionFile.Read(Data()),
            _ => throw new ExperimentException($"Unknown task '{name}'. Known: {string.Join(", ", Names)}."),
        };
        return perCategory is { } count ? [.. questions.GroupBy(question => question.Category, StringComparer.Ordinal).SelectMany(category => category.Take(count))] : questions;
    }
}
