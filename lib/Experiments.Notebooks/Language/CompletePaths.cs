namespace Experiments.Notebooks.Language;

/// <summary>Completes the paths in <c>#r</c>, <c>#load</c> and <c>#!import</c>.</summary>
internal static class CompletePaths
{
    private static readonly (string Directive, string[] Extensions)[] Directives =
        [("#r", [".dll"]), ("#load", [".csx", ".cs", ".ipynb", ".dib"]), ("#!load", [".csx", ".cs", ".ipynb", ".dib"]), ("#!import", [".ipynb", ".dib", ".csx", ".cs"])];

    /// <summary>Files and folders that continue the path at the cursor; null where there is none.</summary>
    internal static CompletionList? Of(string code, int index, string folder)
    {
        var lineStart = index == 0 ? 0 : code.LastIndexOf('\n', index - 1) + 1;
        var line = code[lineStart..index];
        if (Directives.FirstOrDefault(known => line.TrimStart().StartsWith(known.Directive + " ", StringComparison.Ordinal)) is not { Directive: { } } directive)
        {
            return null;
        }

        var quote = line.IndexOf('"', StringComparison.Ordinal);
        if (quote < 0 || line.IndexOf('"', quote + 1) >= 0 || line[(quote + 1)..].TrimStart().StartsWith("nuget:", StringComparison.OrdinalIgnoreCase))
        {
            return new CompletionList(index, index, []);
        }

        var path = line[(quote + 1)..];
        var slash = path.LastIndexOfAny(['/', '\\']);
        var (head, tail) = (path[..(slash + 1)], path[(slash + 1)..]);
        return new CompletionList(index - tail.Length, index, [.. Entries(Path.Combine(folder, head), directive.Extensions).Where(item => item.Text.StartsWith(tail, StringComparison.OrdinalIgnoreCase)).OrderBy(item => item.Text, StringComparer.Ordinal)]);
    }

    private static IEnumerable<CompletionItem> Entries(string folder, string[] extensions)
    {
        try
        {
            var entries = new DirectoryInfo(folder);
            return entries.Exists
                ? [.. entries.EnumerateDirectories().Select(inner => new CompletionItem(inner.Name + "/", "path")), .. entries.EnumerateFiles().Where(file => extensions.Contains(file.Extension.ToLowerInvariant())).Select(file => new CompletionItem(file.Name, "path"))]
                : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.SecurityException)
        {
            return [];
        }
    }
}
