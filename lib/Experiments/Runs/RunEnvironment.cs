using System.Reflection;
using System.Runtime.InteropServices;

namespace Experiments.Runs;

/// <summary>The machine and the software a run used.</summary>
public sealed record RunEnvironment
{
    /// <summary>The .NET runtime, for instance <c>.NET 10.0.1</c>.</summary>
    public required string DotNet { get; init; }

    /// <summary>The operating system with its version.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>Processor architecture, for instance <c>X64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Logical processors.</summary>
    public required int Processors { get; init; }

    /// <summary>Version of each package the library references, by assembly name.</summary>
    public required IReadOnlyDictionary<string, string> Packages { get; init; }

    /// <inheritdoc cref="RunPlan.NativeVersions"/>
    public required IReadOnlyDictionary<string, string> Natives { get; init; }

    /// <summary>Describes this process.</summary>
    /// <param name="natives">Versions of native libraries, which only their user knows.</param>
    public static RunEnvironment Capture(IReadOnlyDictionary<string, string> natives) => new()
    {
        DotNet = RuntimeInformation.FrameworkDescription,
        OperatingSystem = RuntimeInformation.OSDescription,
        Architecture = RuntimeInformation.ProcessArchitecture.ToString(),
        Processors = System.Environment.ProcessorCount,
        Packages = PackageVersions(),
        Natives = natives,
    };

    private static SortedDictionary<string, string> PackageVersions()
    {
        var library = typeof(RunEnvironment).Assembly;
        var versions = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["Experiments"] = VersionOf(library) };
        var references = library.GetReferencedAssemblies().Where(IsPackage).Append(new AssemblyName("TorchSharp"));
        foreach (var reference in references)
        {
            versions[reference.Name!] = VersionOf(reference);
        }

        return versions;
    }

    private static bool IsPackage(AssemblyName name) =>
        name.Name is { } n && n != "mscorlib" && n != "netstandard" && n != "System" && !n.StartsWith("System.", StringComparison.Ordinal)
        && n != "Microsoft.CSharp" && !n.StartsWith("Microsoft.Win32", StringComparison.Ordinal);

    private static string VersionOf(AssemblyName reference)
    {
        try
        {
            return VersionOf(Assembly.Load(reference));
        }
        catch (Exception e) when (e is FileNotFoundException or FileLoadException or BadImageFormatException)
        {
            return reference.Version?.ToString() ?? "unknown";
        }
    }

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? assembly.GetName().Version?.ToString() ?? "unknown";
}
