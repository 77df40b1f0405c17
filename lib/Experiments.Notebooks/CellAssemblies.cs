using System.Reflection;
using System.Reflection.PortableExecutable;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using Experiments.Notebooks.Directives;
using Experiments.Notebooks.Language;
using Microsoft.CodeAnalysis;

namespace Experiments.Notebooks;

/// <summary>What cells may refer to, and where their compiled code is loaded.</summary>
internal sealed partial class CellAssemblies
{
    private static readonly Dictionary<string, string> Trusted = ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Where(path => !Path.GetFileName(path).StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal))
        .GroupBy(path => Path.GetFileNameWithoutExtension(path), StringComparer.OrdinalIgnoreCase)
        .ToDictionary(group => group.Key, group => group.First(), StringComparer.OrdinalIgnoreCase);
    private static int _engines;
    private readonly AssemblyLoadContext _context = new("cells");
    private readonly Dictionary<string, Assembly> _loaded = new(StringComparer.Ordinal);
    private readonly List<MetadataReference> _added = [];
    private readonly CellPackages _packages;

    internal CellAssemblies(string folder)
    {
        Folder = folder;
        Id = Interlocked.Increment(ref _engines);
        _context.Resolving += (_, name) => name.Name is { } simple && _loaded.TryGetValue(simple, out var assembly) ? assembly : null;
        _packages = new CellPackages(_context, Trusted);
    }

    /// <summary>Folder that relative paths in cells start from.</summary>
    internal string Folder { get; }

    /// <summary>Tells engines of one process apart.</summary>
    internal int Id { get; }

    /// <summary>Everything that the host program runs with: some 240 open files, shared by the engines of a process.</summary>
    internal static Lazy<IReadOnlyList<MetadataReference>> Host { get; } = new(() => [.. Trusted.Values.Where(File.Exists).Select(Mapped)]);

    /// <summary>Takes <c>#r</c> lines out of a cell, lines kept, and gives the references that they and packages add.</summary>
    /// <remarks>They are given again until <see cref="Referenced"/> is called: a cell that does not compile must not use them up.</remarks>
    internal (string Code, IReadOnlyList<MetadataReference> Added) Resolve(string code, string cell, string folder)
    {
        var line = 0;
        var lines = code.Split('\n');
        for (; line < lines.Length; line++)
        {
            if (Directive().Match(lines[line]) is not { Success: true } match)
            {
                continue;
            }

            var target = match.Groups[1].Value;
            if (Reference(target, cell, line, folder) is { } reference)
            {
                _added.Add(reference);
            }

            lines[line] = "";
        }

        return (string.Join('\n', lines), [.. _added]);
    }

    /// <summary>A compilation holds the added references now.</summary>
    internal void Referenced() => _added.Clear();

    /// <summary>Adds a place that packages may come from.</summary>
    internal void AddSource(string source) => _packages.AddSource(source, Folder);

    /// <summary>Restores a package for the next compilation.</summary>
    /// <returns>A line that says which version was taken.</returns>
    /// <exception cref="CellCompilationException">It cannot be restored.</exception>
    internal async Task<string> AddPackageAsync(PackagePart package, string cell, string folder, CancellationToken cancellation)
    {
        var (said, references) = await _packages.AddAsync(package, cell, folder, cancellation);
        _added.AddRange(references);
        return said;
    }

    /// <summary>Loads compiled cell code.</summary>
    /// <param name="code">The assembly.</param>
    /// <param name="symbols">Its debug information.</param>
    /// <param name="stays">Whether later cells may refer to it. Otherwise it goes when nothing of it runs or is held any more.</param>
    internal Assembly Load(MemoryStream code, MemoryStream symbols, bool stays)
    {
        code.Position = symbols.Position = 0;
        if (!stays)
        {
            var passing = new AssemblyLoadContext("cell", isCollectible: true);
            passing.Resolving += (_, name) => _context.LoadFromAssemblyName(name);
            return passing.LoadFromStream(code, symbols);
        }

        var assembly = _context.LoadFromStream(code, symbols);
        _loaded[assembly.GetName().Name!] = assembly;
        return assembly;
    }

    private MetadataReference? Reference(string target, string cell, int line, string folder)
    {
        var simple = Path.GetFileNameWithoutExtension(target);
        if (Trusted.ContainsKey(simple) || _loaded.ContainsKey(simple))
        {
            return null; // the host's own copy: its types are the cell's types
        }

        var path = Path.GetFullPath(Path.Combine(folder, target));
        if (!File.Exists(path))
        {
            throw CellParts.Failure(cell, line + 1, $"#r \"{target}\": there is no {path}. Build it first, or correct the path, which starts from the folder of the file that holds it.");
        }

        try
        {
            _loaded[simple] = Assembly.LoadFrom(path);
            return MetadataReference.CreateFromFile(path, documentation: new AssemblyDocumentation(path));
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException)
        {
            throw CellParts.Failure(cell, line + 1, $"#r \"{target}\": it cannot be loaded as a .NET assembly. {e.Message}");
        }
    }

    /// <summary>A reference whose metadata is mapped from the file: a hundred megabytes of memory less than copies of all of them. The file is not locked, so that a build may replace it.</summary>
    private static PortableExecutableReference Mapped(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return AssemblyMetadata.CreateFromStream(file, PEStreamOptions.Default).GetReference(new AssemblyDocumentation(path), filePath: path, display: path);
    }

    [GeneratedRegex("""^\s*#r\s+"([^"]+)"\s*$""")]
    private static partial Regex Directive();
}
