using System.Text.Json;

namespace Experiments.Tests.Models;

/// <summary>The stories260K reference set. Its data has another licence, so it is read from a <c>shared</c> folder beside the repository where there is one.</summary>
internal static class Stories
{
    internal const string Variable = "EXPERIMENTS_SHARED";

    internal static string ModelFolder => Path.Combine(Folder(), "stories260K");

    internal static string Folder()
    {
        var folder = Candidates().Select(candidate => Path.Combine(candidate, "stories260K")).FirstOrDefault(Directory.Exists);
        Assert.SkipWhen(folder is null, $"stories260K is not there: put it into a folder 'shared' beside the repository, or name that folder in {Variable}.");
        return folder!;
    }

    internal static JsonElement Json(params string[] path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine([Folder(), .. path])));
        return document.RootElement.Clone();
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
