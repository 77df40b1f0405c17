using System.Threading.Channels;

namespace Experiments.Notebooks.Jupyter;

/// <summary>Requests that are worked on one after another, beside other lanes. A request that fails does not stop the lane.</summary>
internal sealed class RequestLane(Func<JupyterMessage, Task> work, TextWriter log)
{
    private readonly Channel<JupyterMessage> _queue = Channel.CreateUnbounded<JupyterMessage>();

    internal void Enqueue(JupyterMessage request) => _queue.Writer.TryWrite(request);

    /// <summary>Takes everything that waits.</summary>
    internal IEnumerable<JupyterMessage> TakeWaiting()
    {
        while (_queue.Reader.TryRead(out var request))
        {
            yield return request;
        }
    }

    internal async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (var request in _queue.Reader.ReadAllAsync(cancellation))
            {
                try
                {
                    await work(request);
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    await log.WriteLineAsync($"experiments kernel: {request.Type} failed: {e}");
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // the kernel ends
        }
    }
}
