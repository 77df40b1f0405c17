using System.Diagnostics;
using System.Runtime.InteropServices;
using Experiments.Notebooks;
using Experiments.Tests.Models;

namespace Experiments.Tests.Notebooks;

/// <summary><c>#r "nuget: …"</c>, against packages in a folder: no network.</summary>
[Collection("console")]
public sealed class PackageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Recorder _output = new();
    private readonly CSharpEngine _engine;
    private int _count;

    public PackageTests()
    {
        File.WriteAllText(_folder.File("NuGet.Config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{_folder.File("installed")}" /></config>
              <packageSources><clear /><add key="here" value="{_folder.File("feed")}" /></packageSources>
            </configuration>
            """);
        Directory.CreateDirectory(_folder.File("feed"));
        Environment.SetEnvironmentVariable("EXPERIMENTS_CACHE", _folder.File("cache"));
        _engine = new CSharpEngine(_folder.Path);
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("EXPERIMENTS_CACHE", null);
        _folder.Dispose();
    }

    [Fact]
    public async Task A_package_comes_with_its_dependencies_and_their_natives_and_stays_restored()
    {
        CompiledLibrary.Package(_folder.File("feed"), "Tests.Base", "1.0.0", """
            public static class Base
            {
                public static int Value => 40;
                [System.Runtime.InteropServices.DllImport("testsnative")] public static extern int getpid();
            }
            """, files: [($"runtimes/{RuntimeInformation.RuntimeIdentifier}/native/libtestsnative.so", SystemLibrary())]);
        CompiledLibrary.Package(_folder.File("feed"), "Tests.Top", "1.2.0", "public static class Top { public static string Name => \"top\"; }", "<dependency id=\"Tests.Base\" version=\"1.0.0\" />");
        var result = await Run("#r \"nuget: Tests.Top, 1.2.0\"\n$\"{Top.Name} {Base.Value}\"");
        Assert.True(result.Error is null, result.Error?.Message);
        Assert.Equal("top 40", result.Value);
        Assert.Equal("<Package Tests.Top 1.2.0.>", _output.Text);
        if (OperatingSystem.IsLinux())
        {
            Assert.Equal(Environment.ProcessId, (await Run("Base.getpid()")).Value);
        }

        File.Delete(_folder.File("feed/Tests.Top.1.2.0.nupkg")); // restored packages need no source
        var other = await new CSharpEngine(_folder.Path).RunAsync("#r \"nuget: Tests.Top, 1.2.0\"\nTop.Name", 1, _output);
        Assert.Equal("top", other.Value);
        Assert.Single(Directory.EnumerateFileSystemEntries(_folder.File("cache/packages"))); // the list of assets; no project is left
    }

    [Fact]
    public async Task Without_a_version_the_newest_is_taken_and_a_missing_package_is_one_line()
    {
        CompiledLibrary.Package(_folder.File("feed"), "Tests.Many", "1.0.0", "public static class Many { public const int Value = 1; }");
        CompiledLibrary.Package(_folder.File("feed"), "Tests.Many", "2.0.0", "public static class Many { public const int Value = 2; }");
        Assert.Equal(2, (await Run("#r \"nuget:Tests.Many\"\nMany.Value")).Value);
        var missing = (await Run("var x = 1;\n#r \"nuget: Tests.Absent, 1.0.0\"")).Error!;
        Assert.Contains("In [2]:line 2", missing.Message, StringComparison.Ordinal);
        Assert.Contains("NU1101", missing.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', missing.Message);
    }

    /// <summary>A real shared library that exports <c>getpid</c>.</summary>
    private static byte[] SystemLibrary() =>
        Process.GetCurrentProcess().Modules.Cast<ProcessModule>().FirstOrDefault(module => module.ModuleName.StartsWith("libc.so", StringComparison.Ordinal)) is { } module ? File.ReadAllBytes(module.FileName) : [0];

    private Task<CellResult> Run(string code) => _engine.RunAsync(code, ++_count, _output);
}
