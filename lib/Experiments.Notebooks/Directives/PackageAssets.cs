using System.Text.Json.Nodes;

namespace Experiments.Notebooks.Directives;

/// <summary>The files of restored packages, read from NuGet's <c>project.assets.json</c>.</summary>
/// <param name="Compile">Assemblies to compile against.</param>
/// <param name="Runtime">Assemblies to load.</param>
/// <param name="Native">Native libraries.</param>
/// <param name="Versions">Package id to the version taken.</param>
internal sealed record PackageAssets(IReadOnlyList<string> Compile, IReadOnlyList<string> Runtime, IReadOnlyList<string> Native, IReadOnlyDictionary<string, string> Versions)
{
    /// <summary>Reads an assets file; null if there is none, or if files that it names are gone.</summary>
    internal static PackageAssets? TryRead(string path)
    {
        if (!File.Exists(path) || JsonNode.Parse(File.ReadAllText(path)) is not JsonObject assets)
        {
            return null;
        }

        // The target with a runtime identifier ("net10.0/linux-x64") names the assets of this machine.
        var target = assets["targets"]!.AsObject().Where(pair => pair.Key.Contains('/', StringComparison.Ordinal)).Select(pair => pair.Value!.AsObject()).First();
        var folders = assets["packageFolders"]!.AsObject().Select(pair => pair.Key).ToList();
        var versions = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        Dictionary<string, List<string>> files = new() { ["compile"] = [], ["runtime"] = [], ["native"] = [] };
        foreach (var (name, library) in target)
        {
            versions[name[..name.IndexOf('/', StringComparison.Ordinal)]] = name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];
            var place = assets["libraries"]![name]!["path"]!.GetValue<string>();
            foreach (var (kind, list) in files)
            {
                foreach (var relative in (library![kind] as JsonObject ?? []).Select(pair => pair.Key).Where(file => !file.EndsWith("_._", StringComparison.Ordinal)))
                {
                    if (folders.Select(folder => Path.Combine(folder, place, relative)).FirstOrDefault(File.Exists) is not { } file)
                    {
                        return null;
                    }

                    list.Add(file);
                }
            }
        }

        return new PackageAssets(files["compile"], files["runtime"], files["native"], versions);
    }

    /// <summary>The native library that a <c>DllImport</c> name means, with the prefix and suffix of any platform; null if none.</summary>
    internal string? FindNative(string name)
    {
        string[] names = [name, $"lib{name}.so", $"{name}.so", $"{name}.dll", $"lib{name}.dylib", $"{name}.dylib"];
        return Native.FirstOrDefault(file => names.Contains(Path.GetFileName(file), StringComparer.Ordinal));
    }
}
