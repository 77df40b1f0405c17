using System.Diagnostics;
using System.Text.Json.Nodes;
using Experiments.Notebooks;
using Experiments.Notebooks.Jupyter;
using Experiments.Tests.Architecture;
using Experiments.Tests.Cli;
using Experiments.Tests.Models;

namespace Experiments.Tests.Notebooks.Jupyter;

[Collection("console")]
public sealed class KernelSpecTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Install_writes_what_Jupyter_reads_and_uninstall_removes_it()
    {
        var (code, output, error) = await CommandLine.Run("kernel", "install", "--prefix", _folder.Path);
        Assert.True(code == 0, error);
        var folder = Path.Combine(_folder.Path, "share", "jupyter", "kernels", KernelSpec.DefaultName);
        Assert.Contains(folder, output, StringComparison.Ordinal);
        var spec = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "kernel.json")))!;
        Assert.Equal(["kernel", "start", "--connection-file", "{connection_file}"], spec["argv"]!.AsArray().Select(word => word!.GetValue<string>()).TakeLast(4));
        Assert.Equal(("message", "C#", ".NET (C#)"), (spec["interrupt_mode"]!.GetValue<string>(), spec["language"]!.GetValue<string>(), spec["display_name"]!.GetValue<string>()));
        foreach (var (name, size) in new[] { ("logo-32x32.png", 32), ("logo-64x64.png", 64) })
        {
            var metadata = OutputMetadata.Of(new JsonObject { ["image/png"] = Convert.ToBase64String(await File.ReadAllBytesAsync(Path.Combine(folder, name))) });
            Assert.Equal(size, metadata["image/png"]!["width"]!.GetValue<int>());
        }

        Assert.StartsWith("<svg", await File.ReadAllTextAsync(Path.Combine(folder, "logo-svg.svg")), StringComparison.Ordinal);
        Assert.Equal(0, (await CommandLine.Run("kernel", "install", "--prefix", _folder.Path)).Code); // again, over its own
        Assert.Equal(0, (await CommandLine.Run("kernel", "uninstall", "--prefix", _folder.Path)).Code);
        Assert.False(Directory.Exists(folder));
        Assert.Equal(1, (await CommandLine.Run("kernel", "uninstall", "--prefix", _folder.Path)).Code);
    }

    [Fact]
    public async Task Install_makes_the_users_folder_where_even_the_home_is_missing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There the home is no variable.");
        var home = _folder.File("home");
        var start = new ProcessStartInfo(KernelProcess.Program, ["kernel", "install"]) { WorkingDirectory = _folder.Path, RedirectStandardOutput = true };
        start.Environment["HOME"] = home;
        start.Environment.Remove("JUPYTER_DATA_DIR");
        start.Environment.Remove("XDG_DATA_HOME");
        using var program = Process.Start(start)!;
        Assert.StartsWith($"Installed {home}", await program.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("kernel.json", Path.GetFileName(Assert.Single(Directory.EnumerateFiles(home, "*.json", SearchOption.AllDirectories))));
    }

    [Fact]
    public void The_committed_notebooks_ask_for_the_kernel_by_its_default_name() => Assert.All(
        Committed(),
        notebook => Assert.Equal(KernelSpec.DefaultName, notebook["metadata"]!["kernelspec"]!["name"]!.GetValue<string>()));

    /// <summary>JupyterLab writes what the kernel says of its language into each notebook that it opens.</summary>
    [Fact]
    public void Opening_a_committed_notebook_in_JupyterLab_changes_nothing() => Assert.All(
        Committed(),
        notebook => Assert.True(JsonNode.DeepEquals(KernelInfo.Content()["language_info"], notebook["metadata"]!["language_info"])));

    /// <summary>VS Code writes its own name of the language into each cell that it saves, because the kernel's, "C#", is another.</summary>
    [Fact]
    public void Saving_a_committed_notebook_in_VS_Code_changes_nothing() => Assert.All(
        Committed().SelectMany(notebook => notebook["cells"]!.AsArray()),
        cell => Assert.Equal(cell!["cell_type"]!.GetValue<string>() == "code" ? "csharp" : null, cell["metadata"]!["vscode"]?["languageId"]!.GetValue<string>()));

    [Fact]
    public async Task Another_programs_kernel_is_replaced_only_by_force()
    {
        var folder = KernelSpec.Folder(_folder.Path, "csharp");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "kernel.json"), "{\"argv\": [\"other\"], \"display_name\": \"Other\", \"language\": \"C#\"}");
        string[] args = ["--prefix", _folder.Path, "--name", "csharp"];
        Assert.Contains("another program", (await CommandLine.Run(["kernel", "install", .. args])).Error, StringComparison.Ordinal);
        Assert.Contains("another program", (await CommandLine.Run(["kernel", "uninstall", .. args])).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await CommandLine.Run(["kernel", "install", "--force", .. args])).Code);
    }

    [Theory]
    [InlineData("--name", "../evil")]
    [InlineData("--name", "With Space")]
    [InlineData("--user", "--prefix", "/x")]
    public async Task What_contradicts_or_leads_astray_is_refused(params string[] args)
    {
        var (code, _, error) = await CommandLine.Run(["kernel", "install", .. args]);
        Assert.NotEqual(0, code);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData("{\"ip\": \"0.0.0.0\"}", "opens the kernel to other machines")]
    [InlineData("{\"ip\": \"192.0.2.1\"}", "opens the kernel to other machines")]
    [InlineData("{\"transport\": \"ipc\"}", "transport")]
    [InlineData("{\"signature_scheme\": \"hmac-md5\"}", "signature scheme")]
    [InlineData("{\"shell_port\": 0}", "shell_port")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{", "not JSON")]
    public void A_connection_file_that_cannot_or_must_not_be_served_is_refused(string changes, string why)
    {
        var text = changes;
        if (changes.Length > 2)
        {
            var json = new JsonObject { ["ip"] = "127.0.0.1", ["key"] = "k", ["shell_port"] = 5001, ["control_port"] = 5002, ["stdin_port"] = 5003, ["iopub_port"] = 5004, ["hb_port"] = 5005 };
            foreach (var (name, value) in JsonNode.Parse(changes)!.AsObject())
            {
                json[name] = value?.DeepClone();
            }

            text = json.ToJsonString();
        }

        var error = Assert.Throws<NotebookException>(() => ConnectionInfo.Parse(text, "c.json"));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        if (changes.Contains("ip\"", StringComparison.Ordinal))
        {
            Assert.False(ConnectionInfo.Parse(text, "c.json", allowRemote: true).IsLoopback);
        }
    }

    private static IEnumerable<JsonNode> Committed() =>
        Directory.EnumerateFiles(Path.Combine(FloorTests.Root(), "notebooks"), "*.ipynb").Select(file => JsonNode.Parse(File.ReadAllText(file))!);
}
