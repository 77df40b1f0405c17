using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security;
using System.Text.RegularExpressions;

namespace Experiments.Notebooks.Directives;

/// <summary>Restores packages through the .NET SDK: a project is generated in a cache folder and its assets are read.</summary>
/// <remarks>The user's NuGet.Config holds, and one beside the notebook: sources, credentials and proxies work as everywhere.</remarks>
internal static partial class PackageRestore
{
    /// <summary>Where lists of assets are kept; <c>EXPERIMENTS_CACHE</c> moves it.</summary>
    internal static string CacheFolder => Path.Combine(
        Environment.GetEnvironmentVariable("EXPERIMENTS_CACHE") is { Length: > 0 } given ? given : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "experiments"), "packages");

    /// <summary>Restores packages together, so that one version of each dependency fits all.</summary>
    /// <param name="packages">Id to version; a floating version such as <c>*</c> is looked up again each time.</param>
    /// <param name="sources">Sources beside the configured ones.</param>
    /// <param name="folder">The notebook's folder, whose NuGet.Config holds.</param>
    /// <param name="cancellation">Ends the SDK's process.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="NotebookException">A package cannot be restored; in one line, why.</exception>
    internal static async Task<PackageAssets> RunAsync(IReadOnlyDictionary<string, string> packages, IReadOnlyList<string> sources, string folder, CancellationToken cancellation)
    {
        var project = Project(packages, sources, folder);
        var kept = Path.Combine(CacheFolder, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(project)))[..16] + ".json");
        if (!packages.Values.Any(version => version.Contains('*', StringComparison.Ordinal)) && PackageAssets.TryRead(kept) is { } known)
        {
            return known;
        }

        var work = Path.Combine(CacheFolder, Path.GetRandomFileName());
        try
        {
            Directory.CreateDirectory(work);
            await File.WriteAllTextAsync(Path.Combine(work, "packages.csproj"), project, cancellation);
            await RestoreAsync(work, cancellation);
            File.Move(Path.Combine(work, "obj", "project.assets.json"), kept, overwrite: true);
            return PackageAssets.TryRead(kept) ?? throw new NotebookException($"The SDK restored the packages, but some of their files are missing. Delete {kept} and try again.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NotebookException($"Packages cannot be restored: {e.Message} EXPERIMENTS_CACHE can name another folder.", e);
        }
        finally
        {
            if (Directory.Exists(work))
            {
                Directory.Delete(work, recursive: true);
            }
        }
    }

    private static string Project(IReadOnlyDictionary<string, string> packages, IReadOnlyList<string> sources, string folder)
    {
        static string Xml(string text) => SecurityElement.Escape(text)!;
        var references = packages.OrderBy(package => package.Key, StringComparer.OrdinalIgnoreCase).Select(package => $"""    <PackageReference Include="{Xml(package.Key)}" Version="{Xml(package.Value)}" />""");
        return $"""
            <Project>
              <PropertyGroup>
                <ImportDirectoryBuildProps>false</ImportDirectoryBuildProps>
                <ImportDirectoryBuildTargets>false</ImportDirectoryBuildTargets>
                <ImportDirectoryPackagesProps>false</ImportDirectoryPackagesProps>
              </PropertyGroup>
              <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" />
              <PropertyGroup>
                <TargetFramework>net{Environment.Version.Major}.{Environment.Version.Minor}</TargetFramework>
                <RuntimeIdentifier>{RuntimeInformation.RuntimeIdentifier}</RuntimeIdentifier>
                <SelfContained>false</SelfContained>
                <UseAppHost>false</UseAppHost>
                <NuGetAudit>false</NuGetAudit>
                <RestoreRootConfigDirectory>{Xml(folder)}</RestoreRootConfigDirectory>
                <RestoreAdditionalProjectSources>{Xml(string.Join(';', sources))}</RestoreAdditionalProjectSources>
              </PropertyGroup>
              <ItemGroup>
            {string.Join('\n', references)}
              </ItemGroup>
              <Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" />
            </Project>
            """;
    }

    private static async Task RestoreAsync(string work, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(DotnetProgram()) { WorkingDirectory = work, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var word in new[] { "restore", "packages.csproj", "--nologo", "-v:q", "-tl:off" })
        {
            start.ArgumentList.Add(word);
        }

        using var process = Start(start);
        process.StandardInput.Close();
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
            await process.WaitForExitAsync(cancellation);
            if (process.ExitCode != 0)
            {
                var text = await output + await error;
                throw new NotebookException(ErrorLine().Match(text) is { Success: true } match ? match.Groups[1].Value.Trim() : text.Trim().ReplaceLineEndings(" "));
            }
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new NotebookException($"""The .NET SDK was not found ({e.Message}). #r "nuget: …" needs it: install the .NET 10 SDK, or refer to a compiled assembly by its path.""", e);
        }
    }

    private static string DotnetProgram()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        string?[] places =
        [
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH"),
            Environment.ProcessPath is { } self && Path.GetFileName(self) == name ? self : null,
            Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root ? Path.Combine(root, name) : null,
        ];
        return Array.Find(places, File.Exists) ?? name;
    }

    [GeneratedRegex(@"error ((?:NU|MSB|NETSDK)\d+: [^\r\n]*?)(?: \[[^\]\r\n]*\])?\r?$", RegexOptions.Multiline)]
    private static partial Regex ErrorLine();
}
