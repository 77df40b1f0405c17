namespace Experiments.Notebooks;

/// <summary>Runs a cell's code on a thread of its own, so that a wait in it can be interrupted.</summary>
internal static class CellThread
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(20);

    internal static async Task<object?> RunAsync(Func<Task<object>> entry, CancellationToken cancellation)
    {
        var end = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                end.SetResult(entry().GetAwaiter().GetResult());
            }
            catch (Exception e)
            {
                end.SetException(e);
            }
        }, 16 * 1024 * 1024)
        { IsBackground = true, Name = "cell" };
        thread.Start();
        try
        {
            return await end.Task.WaitAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested && !end.Task.IsCompleted)
        {
            if (await Ended(end.Task, Patience))
            {
                return await end.Task;
            }

            thread.Interrupt(); // it waits for something
            return await Ended(end.Task, LastPatience)
                ? await end.Task
                : throw new TimeoutException("The cell did not stop when it was interrupted; its code goes on in the background. Restart the kernel.");
        }
    }

    private static async Task<bool> Ended(Task task, TimeSpan patience) => await Task.WhenAny(task, Task.Delay(patience)) == task;
}
