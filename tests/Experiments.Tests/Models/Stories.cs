using System.Text.Json;

namespace Experiments.Tests.Models;

/// <summary>The stories260K reference set, whose data has another licence.</summary>
internal static class Stories
{
    internal static string ModelFolder => Path.Combine(Folder(), "stories260K");

    internal static string Folder() => SharedData.Folder("stories260K");

    internal static JsonElement Json(params string[] path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine([Folder(), .. path])));
        return document.RootElement.Clone();
    }
}
