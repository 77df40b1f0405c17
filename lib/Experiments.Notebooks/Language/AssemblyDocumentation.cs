using System.Globalization;
using System.Xml;
using Microsoft.CodeAnalysis;

namespace Experiments.Notebooks.Language;

/// <summary>An assembly's XML documentation: the file beside it or, for the framework, those of the SDK's reference pack.</summary>
/// <remarks>Files are searched when somebody asks and never kept: the framework's alone would weigh more than a session.</remarks>
/// <param name="path">The assembly.</param>
internal sealed class AssemblyDocumentation(string path) : DocumentationProvider
{
    // Reference assemblies document types that lie in System.Private.CoreLib at run time.
    private static readonly string[] FrameworkFiles = ["System.Runtime.xml", "System.Collections.xml", "System.Console.xml", "System.Threading.xml", "System.Memory.xml", "System.Runtime.Extensions.xml"];
    private static readonly Lazy<string?> ReferencePack = new(FindReferencePack);

    public override bool Equals(object? obj) => obj is AssemblyDocumentation other && other.Path == Path;

    public override int GetHashCode() => Path.GetHashCode(StringComparison.Ordinal);

    protected override string? GetDocumentationForSymbol(string documentationMemberID, CultureInfo preferredCulture, CancellationToken cancellationToken = default) =>
        Files().Where(File.Exists).Select(file => Member(file, documentationMemberID, cancellationToken)).FirstOrDefault(xml => xml is not null);

    private string Path { get; } = path;

    private IEnumerable<string> Files()
    {
        yield return System.IO.Path.ChangeExtension(Path, ".xml");
        if (System.IO.Path.GetDirectoryName(Path) == System.IO.Path.GetDirectoryName(typeof(object).Assembly.Location) && ReferencePack.Value is { } pack)
        {
            foreach (var name in FrameworkFiles.Prepend(System.IO.Path.GetFileNameWithoutExtension(Path) + ".xml"))
            {
                yield return System.IO.Path.Combine(pack, name);
            }
        }
    }

    private static string? Member(string file, string id, CancellationToken cancellation)
    {
        try
        {
            using var reader = XmlReader.Create(file, new XmlReaderSettings { IgnoreComments = true, DtdProcessing = DtdProcessing.Prohibit });
            while (reader.ReadToFollowing("member"))
            {
                cancellation.ThrowIfCancellationRequested();
                if (reader.GetAttribute("name") == id)
                {
                    return reader.ReadOuterXml();
                }
            }
        }
        catch (Exception e) when (e is XmlException or IOException or UnauthorizedAccessException)
        {
            // documentation that cannot be read is none
        }

        return null;
    }

    /// <summary>The pack that fits the runtime: <c>packs/Microsoft.NETCore.App.Ref/VERSION/ref/netX.0</c>; null without an SDK.</summary>
    private static string? FindReferencePack()
    {
        // …/shared/Microsoft.NETCore.App/10.0.1/System.Private.CoreLib.dll
        var root = new FileInfo(typeof(object).Assembly.Location).Directory?.Parent?.Parent?.Parent;
        var packs = root is null ? null : System.IO.Path.Combine(root.FullName, "packs", "Microsoft.NETCore.App.Ref");
        var framework = $"net{Environment.Version.Major}.{Environment.Version.Minor}";
        return packs is not null && Directory.Exists(packs)
            ? Directory.EnumerateDirectories(packs).OrderDescending(StringComparer.Ordinal).Select(version => System.IO.Path.Combine(version, "ref", framework)).FirstOrDefault(Directory.Exists)
            : null;
    }
}
