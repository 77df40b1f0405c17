using System.Diagnostics;
using Experiments.Tests.Architecture;
using Experiments.Tests.Models;

namespace Experiments.Tests.Cli;

public class TorchBackendTests
{
    [Theory]
    [InlineData("cpu", "TorchSharp-cpu", null)]
    [InlineData("cuda-linux", "TorchSharp-cuda-linux", "linux-x64")]
    [InlineData("cuda-windows", "TorchSharp-cuda-windows", "win-x64")]
    public void Each_back_end_takes_its_package_and_runtime(string backend, string package, string? runtime)
    {
        var (output, _) = MSBuild("-getItem:PackageReference", "-getProperty:RuntimeIdentifier", $"-p:TorchBackend={backend}");
        var natives = System.Text.Json.Nodes.JsonNode.Parse(output)!["Items"]!["PackageReference"]!.AsArray().Select(item => item!["Identity"]!.GetValue<string>()).Where(name => name.StartsWith("TorchSharp-", StringComparison.Ordinal));
        Assert.Equal([package], natives);
        Assert.True(runtime is null || output.Contains($"\"{runtime}\"", StringComparison.Ordinal));
    }

    [Fact]
    public void An_unknown_back_end_is_a_clear_error()
    {
        var (output, code) = MSBuild("-t:CheckTorchBackend", "-p:TorchBackend=metal");
        Assert.NotEqual(0, code);
        Assert.Contains("Use -p:TorchBackend=cpu, cuda-linux or cuda-windows", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_published_program_has_the_torch_library_that_loads_on_older_systems()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows' library is taken as it is.");
        using var folder = new TemporaryFolder();
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var (output, code) = MSBuild("-t:RebindTorchNatives;Publish", "-p:NoBuild=true", $"-p:Configuration={configuration}", $"-p:PublishDir={folder.Path}{Path.DirectorySeparatorChar}");
        Assert.True(code == 0, output);
        var built = Path.Combine(FloorTests.Root(), "lib", "Experiments.Cli", "bin", configuration, "net10.0", "libLibTorchSharp.so");
        Assert.True(File.ReadAllBytes(folder.File("libLibTorchSharp.so")).AsSpan().SequenceEqual(File.ReadAllBytes(built)), "the published library is not the built one, which is rebound");
    }

    private static (string Output, int Code) MSBuild(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["msbuild", Path.Combine(FloorTests.Root(), "lib", "Experiments.Cli", "Experiments.Cli.csproj"), "-nologo", .. arguments]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (output, process.ExitCode);
    }
}
