using System.Diagnostics;
using Experiments.Tests.Notebooks.Jupyter;

namespace Experiments.Tests.Cli;

/// <summary>Runs the program in a process of its own, which can be killed.</summary>
internal static class ProgramProcess
{
    /// <summary>Exit code of a killed process.</summary>
    internal const int Killed = 137;

    /// <summary>Runs a command to its end, or kills it (<c>kill -9</c>) after a time.</summary>
    internal static async Task<(int Code, string Error)> RunAsync(IEnumerable<string> arguments, TimeSpan? patience)
    {
        using var process = Process.Start(new ProcessStartInfo(KernelProcess.Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (text, error) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        if (patience is { } time)
        {
            await Task.WhenAny(process.WaitForExitAsync(TestContext.Current.CancellationToken), Task.Delay(time, TestContext.Current.CancellationToken));
            process.Kill();
        }

        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await text;
        return (process.ExitCode, await error);
    }
}
