using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;

namespace Experiments.Notebooks.Directives;

/// <summary>The NuGet packages of one engine's cells.</summary>
internal sealed class CellPackages
{
    private readonly IReadOnlyDictionary<string, string> _trusted;
    private readonly Dictionary<string, string> _requested = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _runtime = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _referenced = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _sources = [];
    private PackageAssets? _assets;

    /// <param name="context">Where package assemblies are loaded.</param>
    /// <param name="trusted">The host's own assemblies, by name: they go before a package's, so that types stay equal.</param>
    internal CellPackages(AssemblyLoadContext context, IReadOnlyDictionary<string, string> trusted)
    {
        _trusted = trusted;
        context.Resolving += (loader, name) => name.Name is { } simple && _runtime.TryGetValue(simple, out var path) ? loader.LoadFromAssemblyPath(path) : null;
        context.ResolvingUnmanagedDll += (_, name) => _assets?.FindNative(name) is { } path ? NativeLibrary.Load(path) : IntPtr.Zero;
    }

    internal void AddSource(string source, string folder) => _sources.Add(Directory.Exists(Path.Combine(folder, source)) ? Path.GetFullPath(Path.Combine(folder, source)) : source);

    /// <summary>Adds a package to those of earlier cells.</summary>
    /// <returns>The version taken, and references for the next compilation.</returns>
    /// <exception cref="CellCompilationException">It cannot be restored.</exception>
    internal async Task<(string Said, List<MetadataReference> Added)> AddAsync(PackagePart package, string cell, string folder, CancellationToken cancellation)
    {
        var wanted = new Dictionary<string, string>(_requested, StringComparer.OrdinalIgnoreCase) { [package.Id] = package.Version };
        try
        {
            _assets = await PackageRestore.RunAsync(wanted, _sources, folder, cancellation);
        }
        catch (NotebookException e)
        {
            throw CellParts.Failure(cell, package.Line, $"#r \"nuget: {package.Id}, {package.Version}\": {e.Message}");
        }

        _requested[package.Id] = package.Version;
        foreach (var path in _assets.Runtime)
        {
            _runtime.TryAdd(Path.GetFileNameWithoutExtension(path), path);
        }

        var added = _assets.Compile.Where(path => !_trusted.ContainsKey(Path.GetFileNameWithoutExtension(path)) && _referenced.Add(Path.GetFileNameWithoutExtension(path)));
        List<MetadataReference> references = [.. added.Select(path => MetadataReference.CreateFromFile(path))];
        var own = _assets.Runtime.Where(path => Newer(path)).Select(path => $" The program's own {Path.GetFileNameWithoutExtension(path)} is used, which is older.");
        return ($"Package {package.Id} {_assets.Versions.GetValueOrDefault(package.Id, package.Version)}.{string.Concat(own)}", references);
    }

    private bool Newer(string path) =>
        _trusted.TryGetValue(Path.GetFileNameWithoutExtension(path), out var host) && AssemblyName.GetAssemblyName(path).Version > AssemblyName.GetAssemblyName(host).Version;
}
