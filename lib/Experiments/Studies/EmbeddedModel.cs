namespace Experiments.Studies;

/// <summary>The tiny model that ships with the suite: pre-trained on the closed world by <c>experiments pretrain</c>.</summary>
public static class EmbeddedModel
{
    /// <summary>Its folder name, in the repository's <c>data/</c> and beside the program.</summary>
    public const string Name = "closed-world-1m";

    /// <summary>Its folder: beside the library in a build, so that it is found from any notebook.</summary>
    public static string Folder { get; } = Path.Combine(Path.GetDirectoryName(typeof(EmbeddedModel).Assembly.Location) ?? AppContext.BaseDirectory, Name);

    private static readonly Lazy<string> LazyHash = new(() => LoadedModel.HashOf(Folder));

    /// <summary>Its hash, as <see cref="LoadedModel.HashOf"/> gives it.</summary>
    internal static string Hash => LazyHash.Value;

    /// <summary>A short name of a model folder for run ids: its own, or its run's where it is a run's <c>checkpoint/</c>.</summary>
    /// <param name="folder">A model folder.</param>
    /// <returns>The name.</returns>
    internal static string NameOf(string folder)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return Path.GetFileName(path) != "checkpoint" ? Path.GetFileName(path) : Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(path)!)!) + "d";
    }
}
