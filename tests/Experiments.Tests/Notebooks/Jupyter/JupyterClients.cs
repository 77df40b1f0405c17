using System.Diagnostics;
using Experiments.Notebooks.Jupyter;
using Experiments.Tests.Models;

namespace Experiments.Tests.Notebooks.Jupyter;

/// <summary>The installed front ends, which see only a kernelspec of this build.</summary>
internal sealed class JupyterClients : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);
    private readonly TemporaryFolder _folder = new();

    internal JupyterClients() => KernelSpec.Install(Path.Combine(Data, "kernels", KernelSpec.DefaultName), [KernelProcess.Program]);

    private string Data => _folder.File("data");

    public void Dispose() => _folder.Dispose();

    /// <summary>Skips the test where a program is missing; fails it where <c>EXPERIMENTS_REQUIRE_CLIENTS=1</c> says that it must be there.</summary>
    internal static void Need(params string[] programs)
    {
        foreach (var program in programs.Where(program => Find(program) is null))
        {
            var why = $"{program} is not installed (Debian: jupyter-client jupyter-nbconvert jupyter-notebook jupyter-console python3-nbclient python3-jupyter-kernel-test chromium slurm-wlm munge texlive-latex-base texlive-latex-recommended).";
            Assert.False(Environment.GetEnvironmentVariable("EXPERIMENTS_REQUIRE_CLIENTS") == "1", why);
            Assert.Skip(why);
        }
    }

    internal string File(string name) => _folder.File(name);

    /// <summary>Starts a program in a folder, the tests' own if none is named.</summary>
    internal Process Start(string program, IEnumerable<string> arguments, string input = "", string? folder = null)
    {
        var start = new ProcessStartInfo(Find(program)!, arguments) { WorkingDirectory = folder ?? _folder.Path, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["JUPYTER_DATA_DIR"] = Data;
        start.Environment["JUPYTER_CONFIG_DIR"] = _folder.File("config");
        start.Environment["JUPYTER_RUNTIME_DIR"] = _folder.File("runtime");
        start.Environment["IPYTHONDIR"] = _folder.File("ipython");
        start.Environment["EXPERIMENTS_RESULTS"] = _folder.File("results");
        var process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        return process;
    }

    /// <summary>Runs a program to its end.</summary>
    internal async Task<(int Code, string Text)> RunAsync(string program, IEnumerable<string> arguments, string input = "", string? folder = null)
    {
        using var process = Start(program, arguments, input, folder);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} does not end. {await output} {await error}");
        }

        return (process.ExitCode, await output + await error);
    }

    internal static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(System.IO.File.Exists);
}
