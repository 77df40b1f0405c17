using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;

namespace Experiments.Notebooks;

/// <summary>What cells may refer to, and where their compiled code is loaded.</summary>
internal sealed partial class CellAssemblies
{
    private static int _engines;
    private readonly string _folder;
    private readonly AssemblyLoadContext _context = new("cells");
    private readonly Dictionary<string, Assembly> _loaded = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _trusted;

    internal CellAssemblies(string folder)
    {
        _folder = folder;
        Id = Interlocked.Increment(ref _engines);
        var paths = (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        _trusted = paths.Where(path => !Path.GetFileName(path).StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal))
            .GroupBy(path => Path.GetFileNameWithoutExtension(path), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.OrdinalIgnoreCase);
        _context.Resolving += (_, name) => name.Name is { } simple && _loaded.TryGetValue(simple, out var assembly) ? assembly : null;
    }

    /// <summary>Tells engines of one process apart.</summary>
    internal int Id { get; }

    /// <summary>Everything that the host program runs with.</summary>
    internal IEnumerable<MetadataReference> Host => _trusted.Values.Where(File.Exists).Select(path => MetadataReference.CreateFromFile(path));

    /// <summary>Takes <c>#r</c> lines out of a cell, lines kept, and gives the references that they add.</summary>
    internal (string Code, List<MetadataReference> Added) Resolve(string code, string cell)
    {
        var added = new List<MetadataReference>();
        var line = 0;
        var lines = code.Split('\n');
        for (; line < lines.Length; line++)
        {
            if (Directive().Match(lines[line]) is not { Success: true } match)
            {
                continue;
            }

            var target = match.Groups[1].Value;
            if (target.StartsWith("nuget:", StringComparison.OrdinalIgnoreCase))
            {
                throw Failure(cell, line, $"#r \"{target}\": packages are not restored here. Refer to a compiled assembly by its path, or add the package to the library.");
            }

            if (Reference(target, cell, line) is { } reference)
            {
                added.Add(reference);
            }

            lines[line] = "";
        }

        return (string.Join('\n', lines), added);
    }

    /// <summary>Loads compiled cell code.</summary>
    internal Assembly Load(MemoryStream code, MemoryStream symbols)
    {
        code.Position = symbols.Position = 0;
        var assembly = _context.LoadFromStream(code, symbols);
        _loaded[assembly.GetName().Name!] = assembly;
        return assembly;
    }

    private MetadataReference? Reference(string target, string cell, int line)
    {
        var simple = Path.GetFileNameWithoutExtension(target);
        if (_trusted.ContainsKey(simple) || _loaded.ContainsKey(simple))
        {
            return null; // the host's own copy: its types are the cell's types
        }

        var path = Path.GetFullPath(Path.Combine(_folder, target));
        if (!File.Exists(path))
        {
            throw Failure(cell, line, $"#r \"{target}\": there is no {path}. Build it first, or correct the path, which starts from the notebook's folder.");
        }

        _loaded[simple] = Assembly.LoadFrom(path);
        return MetadataReference.CreateFromFile(path);
    }

    private static CellCompilationException Failure(string cell, int line, string what) =>
        new(new CellError("ReferenceError", $"{cell}:line {line + 1}: {what}", [$"{cell}:line {line + 1}: {what}"]));

    [GeneratedRegex("""^\s*#r\s+"([^"]+)"\s*$""")]
    private static partial Regex Directive();
}
