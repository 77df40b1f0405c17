using System.IO.Compression;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Experiments.Tests.Notebooks;

/// <summary>Makes assemblies and packages for tests that refer to some.</summary>
internal static class CompiledLibrary
{
    internal static byte[] Bytes(string name, string code)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal)).Select(path => MetadataReference.CreateFromFile(path));
        using var assembly = new MemoryStream();
        var compilation = CSharpCompilation.Create(name, [CSharpSyntaxTree.ParseText(code)], references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        var emitted = compilation.Emit(assembly);
        Assert.True(emitted.Success, string.Join('\n', emitted.Diagnostics));
        return assembly.ToArray();
    }

    /// <summary>Writes a package into a folder, which is then a source of packages.</summary>
    internal static void Package(string folder, string id, string version, string code, string dependencies = "", params (string Path, byte[] Content)[] files)
    {
        Directory.CreateDirectory(folder);
        using var package = ZipFile.Open(Path.Combine(folder, $"{id}.{version}.nupkg"), ZipArchiveMode.Create);
        Add(package, $"{id}.nuspec", System.Text.Encoding.UTF8.GetBytes($"""
            <package><metadata><id>{id}</id><version>{version}</version><authors>tests</authors><description>For tests.</description>
            <dependencies><group targetFramework="net10.0">{dependencies}</group></dependencies></metadata></package>
            """));
        Add(package, $"lib/net10.0/{id}.dll", Bytes(id, code));
        foreach (var (path, content) in files)
        {
            Add(package, path, content);
        }
    }

    private static void Add(ZipArchive package, string path, byte[] content)
    {
        using var stream = package.CreateEntry(path).Open();
        stream.Write(content);
    }
}
