using System.Diagnostics;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Experiments.Notebooks.Jupyter;

/// <summary>Watches the program that started the kernel, which Jupyter names in <c>JPY_PARENT_PID</c>: a kernel without its client must not stay.</summary>
internal static class ParentWatch
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Ends when the parent has gone; never where none is named.</summary>
    internal static async Task GoneAsync(CancellationToken cancellation)
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable("JPY_PARENT_PID"), NumberStyles.None, CultureInfo.InvariantCulture, out var parent) || parent <= 1)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
        }

        while (IsAlive(parent))
        {
            await Task.Delay(Pause, cancellation);
        }
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
