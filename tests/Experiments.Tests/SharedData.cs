namespace Experiments.Tests;

/// <summary>Data of others, which is not committed: read from a <c>shared</c> folder beside the repository where there is one, or from the folder named in <c>EXPERIMENTS_SHARED</c>.</summary>
internal static class SharedData
{
    private const string Variable = "EXPERIMENTS_SHARED";

    /// <summary>A data set's folder; skips the test where there is none.</summary>
    internal static string Folder(string name)
    {
        var folder = Candidates().Select(candidate => Path.Combine(candidate, name)).FirstOrDefault(Directory.Exists);
        Assert.SkipWhen(folder is null, $"{name} is not there: put it into a folder 'shared' beside the repository, or name that folder in {Variable}.");
        return folder!;
    }

    private static IEnumerable<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            yield return named;
        }

        for (var parent = new DirectoryInfo(AppContext.BaseDirectory); parent is not null; parent = parent.Parent)
        {
            yield return Path.Combine(parent.FullName, "shared");
        }
    }
}
