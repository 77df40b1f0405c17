using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Experiments.Notebooks.Jupyter;

/// <summary>Watches the program that started the kernel: a kernel without its client must not stay.</summary>
/// <remarks>Jupyter names that program in <c>JPY_PARENT_PID</c>. VS Code names none, but holds the kernel's standard input as long as it lives.</remarks>
internal static class ParentWatch
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Ends when the parent has gone; never where none can be seen.</summary>
    internal static async Task GoneAsync(CancellationToken cancellation)
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable("JPY_PARENT_PID"), NumberStyles.None, CultureInfo.InvariantCulture, out var parent) || parent <= 1)
        {
            await InputClosedAsync(cancellation);
            return;
        }

        while (IsAlive(parent))
        {
            await Task.Delay(Pause, cancellation);
        }
    }

    private static async Task InputClosedAsync(CancellationToken cancellation)
    {
        // On Windows a pending read of a pipe would block the programs that cells start, which inherit it.
        if (Console.IsInputRedirected && !OperatingSystem.IsWindows())
        {
            var begin = Stopwatch.GetTimestamp();
            await Task.Factory.StartNew(() => Console.OpenStandardInput().CopyTo(Stream.Null), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default).WaitAsync(cancellation);
            if (Stopwatch.GetElapsedTime(begin) > Pause)
            {
                return;
            }
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, cancellation); // nobody held it: it is /dev/null, or was closed at once
    }

    private static bool IsAlive(int parent)
    {
        if (OperatingSystem.IsWindows())
        {
            // There the variable holds an inherited handle, not an id.
            using var handle = new ManualResetEvent(false) { SafeWaitHandle = new SafeWaitHandle(parent, ownsHandle: false) };
            return !handle.WaitOne(TimeSpan.Zero);
        }

        try
        {
            using var process = Process.GetProcessById(parent);
            return !process.HasExited && !IsZombie(parent);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Whether the process has ended and only waits for its own parent: <c>/proc/ID/stat</c> is <c>id (name) state …</c>.</summary>
    private static bool IsZombie(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 1)..].TrimStart() is ['Z' or 'X', ..];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // no /proc here
        }
    }
}
