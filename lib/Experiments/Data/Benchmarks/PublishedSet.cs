using Experiments.Runs;

namespace Experiments.Data.Benchmarks;

/// <summary>A benchmark as its authors publish it: where it lies, what it must be, and under which licence.</summary>
/// <param name="Name">Name of the task, as <see cref="QuestionSets.Names"/> has it.</param>
/// <param name="Source">Address of the archive.</param>
/// <param name="Sha256">SHA-256 of the archive, in lower-case hex.</param>
/// <param name="Licence">Licence and its origin, in a line.</param>
/// <param name="Questions">The questions, in the unpacked archive: a file, or a folder.</param>
public sealed record PublishedSet(string Name, Uri Source, string Sha256, string Licence, string Questions)
{
    /// <summary>The sets that can be fetched. Checksums as recorded by Hugging Face's dataset infos (MMLU) and AI2's rainbow (PIQA, Social IQa).</summary>
    public static IReadOnlyList<PublishedSet> All { get; } =
    [
        new("mmlu", new("https://people.eecs.berkeley.edu/~hendrycks/data.tar"), "bec563ba4bac1d6aaf04141cd7d1605d7a5ca833e38f994051e818489592989b", "MIT, https://github.com/hendrycks/test", "data"),
        new("piqa", new("https://storage.googleapis.com/ai2-mosaic/public/physicaliqa/physicaliqa-train-dev.zip"), "54d32a04f59a7e354396f321723c8d7ec35cc6b08506563d8d1ffcc15ce98ddd", "Academic Free License 3.0, https://yonatanbisk.com/piqa", "physicaliqa-train-dev/dev.jsonl"),
        new("social-iqa", new("https://storage.googleapis.com/ai2-mosaic/public/socialiqa/socialiqa-train-dev.zip"), "ee073914a0fc33265cfbcfc50ec20df9b2e07809c3f420f599138d1f394ef5c3", "CC BY 4.0, https://leaderboard.allenai.org/socialiqa", "socialiqa-train-dev/dev.jsonl"),
    ];

    /// <summary>The archive's file name.</summary>
    public string Archive => Path.GetFileName(Source.LocalPath);

    /// <summary>Where fetched sets lie: <c>EXPERIMENTS_DATA</c>, or <c>experiments</c> in the user's cache folder.</summary>
    public static string DefaultFolder =>
        Environment.GetEnvironmentVariable("EXPERIMENTS_DATA") is { Length: > 0 } chosen ? chosen
        : Path.Combine(Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "experiments");

    /// <summary>Finds a set.</summary>
    /// <param name="name">Its name; <c>siqa</c> is Social IQa too.</param>
    /// <returns>The set.</returns>
    /// <exception cref="ExperimentException">There is none of that name.</exception>
    public static PublishedSet Find(string name) => All.FirstOrDefault(set => set.Name == (name == "siqa" ? "social-iqa" : name))
        ?? throw new ExperimentException($"'{name}' cannot be fetched. Known: {string.Join(", ", All.Select(set => set.Name))}.");

    /// <summary>Path of the questions of a fetched set.</summary>
    /// <param name="folder">Folder of fetched sets.</param>
    /// <returns>The path that <see cref="QuestionSets.Load"/> takes; it exists only after fetching.</returns>
    public string QuestionsIn(string folder) => Path.Combine(folder, Name, Questions);
}
