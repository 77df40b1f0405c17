using Experiments.Data.ClosedWorld;
using Experiments.Runs;

namespace Experiments.Data.Benchmarks;

/// <summary>Questions to ask.</summary>
/// <param name="Questions">The items.</param>
/// <param name="Available">Items that there are of each category, asked or not.</param>
public sealed record QuestionSet(IReadOnlyList<MultipleChoiceQuestion> Questions, IReadOnlyDictionary<string, int> Available);

/// <summary>Question sets by name: the generated one, the published ones from local files, and a user's own.</summary>
public static class QuestionSets
{
    /// <summary>Name of the generated questions.</summary>
    public const string ClosedWorld = "closed-world";

    /// <summary>Name of a user's own questions.</summary>
    public const string Own = "own";

    /// <summary>The names that <see cref="Load"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = [ClosedWorld, "mmlu", "piqa", "social-iqa", Own];

    /// <summary>Loads questions.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="data">Local files: MMLU's folder, or the JSON lines or Parquet file of the others; null for what <c>experiments fetch</c> brought. Not for the closed world, which is generated.</param>
    /// <param name="split">Split of the closed world, and of MMLU (validation is its <c>val</c>); the other files are one split each.</param>
    /// <param name="perCategory">The first so many questions of each category; null for all, and for 400 of the closed world.</param>
    /// <param name="seed">Seed of the closed world.</param>
    /// <returns>The set.</returns>
    /// <exception cref="ExperimentException">The name is unknown, <paramref name="data"/> missing or superfluous, or a file malformed.</exception>
    public static QuestionSet Load(string name, string? data, DatasetSplit split = DatasetSplit.Test, int? perCategory = null, int seed = 1)
    {
        if (name == ClosedWorld)
        {
            return data is null
                ? First(ClosedWorldDataset.Generate(split, perCategory ?? ClosedWorldDataset.ReportedPerCategory, seed), null)
                : throw new ExperimentException("The closed world is generated and takes no --data; name the task that the files belong to.");
        }

        var questions = ReadFiles(name, data, split switch { DatasetSplit.Test => "test", DatasetSplit.Validation => "val", _ => throw new ExperimentException("MMLU has no training split to evaluate on; use test or validation.") });
        return First(questions, perCategory);
    }

    /// <summary>Loads solved items that can stand before a question.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="data">Where the questions come from.</param>
    /// <param name="examples">Where the examples come from; null for MMLU's <c>dev</c> split beside its questions, and for the training split of the closed world.</param>
    /// <param name="perCategory">Examples that are needed of each category.</param>
    /// <param name="seed">Seed of the closed world.</param>
    /// <returns>The items.</returns>
    /// <exception cref="ExperimentException"><paramref name="examples"/> is missing or superfluous, or a file malformed.</exception>
    public static IReadOnlyList<MultipleChoiceQuestion> LoadExamples(string name, string? data, string? examples, int perCategory, int seed = 1) => (name, examples) switch
    {
        (ClosedWorld, null) => ClosedWorldDataset.Generate(DatasetSplit.Train, perCategory, seed),
        (ClosedWorld, _) => throw new ExperimentException("Examples of the closed world are generated and take no --fewshot-data."),
        ("mmlu", null) => ReadFiles(name, data, "dev"),
        (_, null) => throw new ExperimentException($"Examples for {name} are read from a file of another split: say where it is with --fewshot-data."),
        _ => ReadFiles(name, examples, "dev"),
    };

    /// <summary>Whether <c>experiments fetch</c> brought a set.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    public static bool IsFetched(string name) => Fetched(name) is not null;

    /// <summary>Where <c>experiments fetch</c> put a set; null if it did not.</summary>
    private static string? Fetched(string name) =>
        PublishedSet.All.FirstOrDefault(set => set.Name == name)?.QuestionsIn(PublishedSet.DefaultFolder) is { } path && Path.Exists(path) ? path : null;

    private static QuestionSet First(IReadOnlyList<MultipleChoiceQuestion> all, int? perCategory)
    {
        var categories = all.GroupBy(question => question.Category, StringComparer.Ordinal).ToList();
        return new QuestionSet(perCategory is { } count ? [.. categories.SelectMany(category => category.Take(count))] : all, categories.ToDictionary(category => category.Key, category => category.Count()));
    }

    private static IReadOnlyList<MultipleChoiceQuestion> ReadFiles(string name, string? data, string mmluSplit)
    {
        string Data() => data ?? Fetched(name) ?? throw new ExperimentException($"The task {name} is read from local files: say where they are with --data{(name == Own ? "" : $", or download them with 'experiments fetch {name}'")}.");
        return name switch
        {
            "mmlu" => Mmlu.Read(Data(), mmluSplit),
            "piqa" => QuestionFile.ReadPiqa(Data()),
            "social-iqa" => QuestionFile.ReadSocialIqa(Data()),
            Own => QuestionFile.Read(Data()),
            _ => throw new ExperimentException($"Unknown task '{name}'. Known: {string.Join(", ", Names)}."),
        };
    }
}
