using System.Text.Json;

namespace Experiments.Runs;

/// <summary>A finished run on disk. Nothing changes it any more; figures and tables can be redrawn from its numbers.</summary>
/// <param name="Folder">The run's folder, absolute.</param>
/// <param name="Manifest">Its <c>run.json</c>.</param>
public sealed record CompletedRun(string Folder, RunManifest Manifest)
{
    internal const string ManifestName = "run.json";

    /// <summary>Folder name under the experiment.</summary>
    public string Id => Manifest.Id;

    /// <summary>Opens a run's folder.</summary>
    /// <exception cref="ExperimentException">There is no readable <c>run.json</c>.</exception>
    public static CompletedRun Open(string folder)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return new CompletedRun(full, RunJson.Read<RunManifest>(Path.Combine(full, ManifestName)));
    }

    /// <summary>Absolute path of a file or folder of this run, which need not exist.</summary>
    /// <exception cref="ExperimentException">The name leads out of the run's folder.</exception>
    public string PathOf(string name) => Inside(Folder, name);

    /// <summary>True if the run has a file of this relative name.</summary>
    public bool Has(string name) => File.Exists(PathOf(name));

    /// <summary>Reads <c>metrics.json</c>.</summary>
    /// <exception cref="ExperimentException">The file is missing or holds something else.</exception>
    public T ReadMetrics<T>() => RunJson.Read<T>(PathOf("metrics.json"));

    /// <summary>Reads the options the run was started with.</summary>
    /// <exception cref="ExperimentException">They are not a <typeparamref name="T"/>.</exception>
    public T ReadConfig<T>()
    {
        try
        {
            return Manifest.Config.Deserialize<T>(RunJson.Indented)
                ?? throw new ExperimentException($"Run '{Id}' has no config.");
        }
        catch (JsonException e)
        {
            throw new ExperimentException($"The config of run '{Id}' is not a {typeof(T).Name}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>Reads samples one by one.</summary>
    /// <param name="name">The file's name.</param>
    /// <exception cref="ExperimentException">The file is missing, or a line is not a <typeparamref name="T"/>.</exception>
    public IEnumerable<T> ReadSamples<T>(string name = "samples.jsonl")
    {
        var path = PathOf(name);
        var number = 0;
        foreach (var line in DiskErrors.Explain("Cannot read", path, () => File.ReadLines(path)))
        {
            number++;
            yield return Parse<T>(line, path, number);
        }
    }

    /// <summary>Reads a text file of the run.</summary>
    /// <exception cref="ExperimentException">The file is missing.</exception>
    public string ReadText(string name) => DiskErrors.Explain("Cannot read", PathOf(name), () => File.ReadAllText(PathOf(name)));

    internal static CompletedRun? TryOpen(string folder)
    {
        try
        {
            return File.Exists(Path.Combine(folder, ManifestName)) ? Open(folder) : null;
        }
        catch (ExperimentException)
        {
            return null;
        }
    }

    internal static string Inside(string folder, string name)
    {
        var path = Path.GetFullPath(Path.Combine(folder, name));
        return path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? path
            : throw new ExperimentException($"'{name}' leads out of the run's folder '{folder}'. Use a relative name.");
    }

    private static T Parse<T>(string line, string path, int number)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(line, RunJson.Compact)!;
        }
        catch (JsonException e)
        {
            throw new ExperimentException($"'{path}' line {number} is not a {typeof(T).Name}: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}
