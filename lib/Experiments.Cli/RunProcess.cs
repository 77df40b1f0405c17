using System.Diagnostics;
using System.Globalization;
using Experiments.Notebooks;

namespace Experiments.Cli;

/// <summary>Executes one notebook in a process of this program's own, whose lines are passed on.</summary>
internal static class RunProcess
{
    // In a terminal, Ctrl-C reaches every process: each interrupts its cell and saves. One that does not is ended.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    internal static async Task<int> RunAsync(NotebookJob job, RunnerOptions options, string output, TextWriter log, CancellationToken cancellation)
    {
        var start = Start(Arguments(job, options, output));
        using var process = Process.Start(start) ?? throw new NotebookException($"{start.FileName} cannot be started.");
        process.StandardInput.Close();
        var (errors, lines) = (Pass(process.StandardError, job.Name, log), Pass(process.StandardOutput, job.Name, log));
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            using var patience = new CancellationTokenSource(Patience);
            await process.WaitForExitAsync(patience.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            return 130;
        }

        await Task.WhenAll(errors, lines);
        if (process.ExitCode is not (0 or 1 or 2 or 124 or 130))
        {
            await log.WriteLineAsync($"{job.Name}: its process ended with exit code {process.ExitCode}. What it had executed is in {job.Output}.");
        }

        return process.ExitCode;
    }

    private static IEnumerable<string> Arguments(NotebookJob job, RunnerOptions options, string output)
    {
        static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("R", CultureInfo.InvariantCulture);
        return
        [
            "run", job.Input, "--output", output,
            .. job.Values.SelectMany(pair => (string[])["-p", pair.Key, pair.Value]),
            .. options.Timeout is { } whole ? (string[])["--timeout", Seconds(whole)] : [],
            .. options.CellTimeout is { } cell ? (string[])["--cell-timeout", Seconds(cell)] : [],
            .. options.KeepGoing ? (string[])["--keep-going"] : [],
        ];
    }

    private static ProcessStartInfo Start(IEnumerable<string> arguments)
    {
        var command = ThisProgram.Command;
        return new ProcessStartInfo(command[0], [.. command[1..], .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }

    private static async Task Pass(StreamReader reader, string name, TextWriter log)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            await log.WriteLineAsync($"{Path.GetFileNameWithoutExtension(name)} | {line.Trim()}");
        }
    }
}
