using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Experiments.Notebooks.Jupyter;

/// <summary>The folder by which Jupyter and VS Code find a kernel: how to start it, its name and its logo.</summary>
public static partial class KernelSpec
{
    /// <summary>The name that notebooks written for .NET Interactive ask for, and so the committed ones.</summary>
    public const string DefaultName = ".net-csharp";

    private const string File = "kernel.json";
    private const string Ours = "experiments";
    private static readonly string[] Logos = ["logo-32x32.png", "logo-64x64.png", "logo-svg.svg"];

    /// <summary>Where a kernelspec lies.</summary>
    /// <param name="prefix">Root of an installation; null for the user's own folder.</param>
    /// <param name="name">The kernel's name.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="NotebookException">Jupyter would not take the name.</exception>
    public static string Folder(string? prefix, string name) => KernelName().IsMatch(name)
        ? Path.Combine(prefix is null ? UserData() : Path.Combine(Path.GetFullPath(prefix), "share", "jupyter"), "kernels", name)
        : throw new NotebookException($"'{name}' is no name for a kernel: use a to z, 0 to 9, dots, hyphens and underscores.");

    /// <summary>Writes a kernelspec.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="program">Command that runs the <c>experiments</c> program.</param>
    /// <param name="force">Whether to replace another program's kernel.</param>
    /// <exception cref="NotebookException">Another program's kernel has this name.</exception>
    public static void Install(string folder, IEnumerable<string> program, bool force = false)
    {
        if (!force && Directory.Exists(folder) && !IsOurs(folder))
        {
            throw new NotebookException($"{folder} belongs to another program. Choose another --name, or replace it with --force.");
        }

        Directory.CreateDirectory(folder);
        foreach (var logo in Logos)
        {
            using var image = typeof(KernelSpec).Assembly.GetManifestResourceStream(logo)!;
            using var target = System.IO.File.Create(Path.Combine(folder, logo));
            image.CopyTo(target);
        }

        var spec = new JsonObject
        {
            ["argv"] = new JsonArray([.. program.Concat(["kernel", "start", "--connection-file", "{connection_file}"]).Select(word => (JsonNode)word)]),
            ["display_name"] = ".NET (C#)",
            ["language"] = "C#",
            ["interrupt_mode"] = "message",
            ["metadata"] = new JsonObject { ["debugger"] = false, [Ours] = true },
        };
        System.IO.File.WriteAllText(Path.Combine(folder, File), spec.ToJsonString(JsonText.Indented) + "\n", new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }

    /// <summary>Removes a kernelspec.</summary>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="NotebookException">There is none, or another program's.</exception>
    public static void Uninstall(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new NotebookException($"There is no {folder}. jupyter kernelspec list names what is installed.");
        }

        if (!IsOurs(folder))
        {
            throw new NotebookException($"{folder} belongs to another program: remove it with jupyter kernelspec remove.");
        }

        Directory.Delete(folder, recursive: true);
    }

    private static bool IsOurs(string folder)
    {
        try
        {
            return JsonNode.Parse(System.IO.File.ReadAllText(Path.Combine(folder, File)))?["metadata"]?[Ours] is not null;
        }
        catch (Exception e) when (e is IOException or JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Jupyter's data folder of the user: https://docs.jupyter.org/en/latest/use/jupyter-directories.html.</summary>
    private static string UserData()
    {
        if (Environment.GetEnvironmentVariable("JUPYTER_DATA_DIR") is { Length: > 0 } given)
        {
            return given;
        }

        // Without DoNotVerify a folder that is not there yet is "", and the kernelspec would go to where the program was started.
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        return OperatingSystem.IsWindows() ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "jupyter")
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Jupyter")
            : Path.Combine(Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data ? data : Path.Combine(home, ".local", "share"), "jupyter");
    }

    [GeneratedRegex(@"\A[a-z0-9._-]+\z")]
    private static partial Regex KernelName();
}
