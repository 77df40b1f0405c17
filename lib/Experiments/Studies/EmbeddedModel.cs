namespace Experiments.Studies;

/// <summary>The tiny model that ships with the suite: pre-trained on the closed world by <c>experiments pretrain</c>.</summary>
public static class EmbeddedModel
{
    /// <summary>Its folder name, in the repository's <c>data/</c> and beside the program.</summary>
    public const string Name = "closed-world-1m";

    /// <summary>Its folder: beside the library in a build, so that it is found from any notebook.</summary>
    public static string Folder { get; } = Path.Combine(Path.GetDirectoryName(typeof(EmbeddedModel).Assembly.Location) ?? AppContext.BaseDirectory, Name);
}
