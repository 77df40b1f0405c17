using System.CommandLine;
using Experiments.Notebooks.Jupyter;

namespace Experiments.Cli;

internal static class KernelCommand
{
    private const string StartName = "start";

    internal static Command Create() => new("kernel", "The Jupyter kernel: install it for VS Code, JupyterLab and the classic Notebook, or start it.") { Install(), Uninstall(), Start() };

    /// <summary>Whether a command line starts a kernel: that takes the signals itself, because an interrupt stops the cell and not the kernel.</summary>
    internal static bool TakesSignals(ParseResult parsed) => parsed.CommandResult.Command.Name == StartName;

    private static Command Start()
    {
        var file = new Option<string>("--connection-file") { Description = "The file that Jupyter wrote: ports and key", Required = true, HelpName = "file" };
        var remote = new Option<bool>("--allow-remote") { Description = "Listen also where other machines reach the kernel" };
        var command = new Command(StartName, "Start a kernel. Jupyter does that; by hand, use jupyter console --kernel NAME.") { file, remote };
        command.SetAction(async (parsed, cancellation) =>
        {
            await JupyterKernel.RunAsync(ConnectionInfo.Load(parsed.GetValue(file)!, parsed.GetValue(remote)), Directory.GetCurrentDirectory(), cancellation);
            return 0;
        });
        return command;
    }

    private static Command Install()
    {
        var (user, prefix, name, force) = (User(), Prefix(), Name(), new Option<bool>("--force") { Description = "Replace a kernel of this name that another program installed" });
        var command = new Command("install", """
            Write the kernelspec by which Jupyter and VS Code find this program. Install again when the program has moved.

            Examples:
              experiments kernel install
              experiments kernel install --prefix /opt/jupyter --name csharp
            """) { user, prefix, name, force };
        command.SetAction(parsed =>
        {
            var folder = KernelSpec.Folder(Where(parsed.GetValue(user), parsed.GetValue(prefix)), parsed.GetValue(name)!);
            KernelSpec.Install(folder, ThisProgram.Command, parsed.GetValue(force));
            Console.WriteLine($"Installed {folder}");
        });
        return command;
    }

    private static Command Uninstall()
    {
        var (user, prefix, name) = (User(), Prefix(), Name());
        var command = new Command("uninstall", "Remove the kernelspec.") { user, prefix, name };
        command.SetAction(parsed =>
        {
            var folder = KernelSpec.Folder(Where(parsed.GetValue(user), parsed.GetValue(prefix)), parsed.GetValue(name)!);
            KernelSpec.Uninstall(folder);
            Console.WriteLine($"Removed {folder}");
        });
        return command;
    }

    private static string? Where(bool user, string? prefix) => user && prefix is not null ? throw new UsageException("--user and --prefix contradict each other: choose one.") : prefix;

    private static Option<bool> User() => new("--user") { Description = "For this user (default)" };

    private static Option<string?> Prefix() => new("--prefix") { Description = "For a Python environment or installation: DIR/share/jupyter", HelpName = "dir" };

    private static Option<string> Name() => new("--name") { Description = "Name of the kernel; the committed notebooks ask for the default", DefaultValueFactory = _ => KernelSpec.DefaultName };
}
