using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using NetMQ;

namespace Experiments.Notebooks.Jupyter;

/// <summary>A Jupyter kernel for C#: the engine behind the messaging protocol 5.3.</summary>
/// <remarks>https://jupyter-client.readthedocs.io/en/stable/messaging.html. One kernel in a process: it takes the console over.</remarks>
public sealed class JupyterKernel
{
    // Cells that a front end sent together may still be on their way when the first of them fails.
    private static readonly TimeSpan AbortGrace = TimeSpan.FromMilliseconds(50);

    // A client connects its channels one by one. jupyter_client asks again after 0.2 s where the first answer comes without the published status.
    private static readonly TimeSpan ListenerPatience = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _end = new();
    private readonly TextWriter _log = Console.Error;
    private readonly MessageCodec _codec;
    private readonly KernelSockets _sockets;
    private readonly MessageSender _sender;
    private readonly KernelInput _input;
    private readonly CellExecution _execution;
    private readonly LanguageRequests _language;
    private readonly RequestLane _shell;
    private readonly RequestLane _control;
    private long _dropped;

    private JupyterKernel(ConnectionInfo connection, string folder)
    {
        var engine = new CSharpEngine(folder);
        var warmUp = Task.Run(engine.WarmUpAsync); // begins before the sockets are there; the first cell waits for it
        _ = warmUp.ContinueWith(_ => engine.WarmUpCompiler(), TaskScheduler.Default);
        _codec = new MessageCodec(connection.Key);
        _shell = new RequestLane(ShellAsync, _log);
        _control = new RequestLane(request => AnswerAsync(KernelChannel.Control, request), _log);
        _sockets = new KernelSockets(connection, Receive, _log);
        _sender = new MessageSender(_sockets, _codec);
        _input = new KernelInput(_sender);
        var console = new KernelConsole();
        console.TakeOver(_input);
        _execution = new CellExecution(engine, _sender, _input, console, warmUp);
        _language = new LanguageRequests(engine);
    }

    /// <summary>Runs a kernel until a client shuts it down, its parent goes or the process is told to end.</summary>
    /// <param name="connection">Where it listens.</param>
    /// <param name="folder">Folder that relative paths in cells start from.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="NotebookException">A port is taken.</exception>
    public static async Task RunAsync(ConnectionInfo connection, string folder, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        await new JupyterKernel(connection, folder).RunAsync(cancellation);
        NetMQConfig.Cleanup(block: true); // what was sent last leaves the process
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        using var outside = cancellation.Register(_end.Cancel);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            signal.Cancel = true;
            _execution.Interrupt();
        });
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            _end.Cancel();
        });
        _sockets.Start();
        _sender.Status("starting", null);
        var lanes = Task.WhenAll(_shell.RunAsync(_end.Token), _control.RunAsync(_end.Token));
        try
        {
            await ParentWatch.GoneAsync(_end.Token);
        }
        catch (OperationCanceledException)
        {
            // a client has shut the kernel down
        }

        await _end.CancelAsync();
        _execution.Interrupt();
        await Task.WhenAny(lanes, Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None)); // a cell that does not stop ends with the process
        _sockets.Dispose();
    }

    private void Receive(KernelChannel channel, IReadOnlyList<byte[]> frames)
    {
        if (_codec.Decode(frames, out var why) is not { } message)
        {
            if (++_dropped is 1 or 10 or 100 || _dropped % 1000 == 0)
            {
                _log.WriteLine($"experiments kernel: dropped a message on {channel}: {why} ({_dropped} dropped so far).");
            }

            return;
        }

        switch (channel)
        {
            case KernelChannel.Control:
                _control.Enqueue(message);
                break;
            case KernelChannel.Stdin when message.Type == "input_reply":
                _input.Reply(message);
                break;
            case KernelChannel.Shell when message.Type == "interrupt_request":
                // The protocol has it on control, but VS Code's Jupyter extension sent it here until November 2025 (vscode-jupyter 17143):
                // in the queue it would wait for the very cell that it is to stop.
                _ = AnswerAsync(KernelChannel.Shell, message);
                break;
            case KernelChannel.Shell:
                _shell.Enqueue(message);
                break;
        }
    }

    private async Task ShellAsync(JupyterMessage request)
    {
        IReadOnlyList<JupyterMessage> waiting = [];
        await AnswerAsync(KernelChannel.Shell, request, async content =>
        {
            if (request.Type == "execute_request" && content["status"]?.GetValue<string>() == "error" && !request.Flag("silent", false) && request.Flag("stop_on_error", true))
            {
                await Task.Delay(AbortGrace);
                waiting = [.. _shell.TakeWaiting()];
            }
        });
        foreach (var next in waiting)
        {
            if (next.Type == "execute_request")
            {
                _sender.Status("busy", next);
                _sender.Reply(KernelChannel.Shell, next, new JsonObject { ["status"] = "aborted" });
                _sender.Status("idle", next);
            }
            else
            {
                await AnswerAsync(KernelChannel.Shell, next);
            }
        }
    }

    private async Task AnswerAsync(KernelChannel channel, JupyterMessage request, Func<JsonObject, Task>? beforeReply = null)
    {
        if (request.Type == "kernel_info_request" && !_sockets.Listener.IsCompleted)
        {
            await Task.WhenAny(_sockets.Listener, Task.Delay(ListenerPatience));
        }

        _sender.Status("busy", request);
        try
        {
            if (await ContentAsync(request) is { } content)
            {
                await (beforeReply?.Invoke(content) ?? Task.CompletedTask);
                _sender.Reply(channel, request, content);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            await _log.WriteLineAsync($"experiments kernel: {request.Type} failed: {e}");
            _sender.Reply(channel, request, new CellError(e.GetType().Name, e.Message, [e.Message]).ToReply());
        }
        finally
        {
            _sender.Status("idle", request);
        }

        if (request.Type == "shutdown_request")
        {
            await _end.CancelAsync();
        }
    }

    private async Task<JsonObject?> ContentAsync(JupyterMessage request)
    {
        switch (request.Type)
        {
            case "kernel_info_request":
                return KernelInfo.Content();
            case "execute_request":
                return await _execution.RunAsync(request);
            case "complete_request":
                return _language.Complete(request);
            case "inspect_request":
                return _language.Inspect(request);
            case "is_complete_request":
                return LanguageRequests.IsComplete(request);
            case "history_request":
                return _execution.History.Answer(request);
            case "comm_info_request":
                return new JsonObject { ["status"] = "ok", ["comms"] = new JsonObject() };
            case "comm_open":
                _sender.Publish("comm_close", request, new JsonObject { ["comm_id"] = request.Text("comm_id"), ["data"] = new JsonObject() });
                return null; // this kernel has no comm targets
            case "interrupt_request":
                _execution.Interrupt();
                return new JsonObject { ["status"] = "ok" };
            case "shutdown_request":
                var content = new JsonObject { ["status"] = "ok", ["restart"] = request.Flag("restart", false) };
                _sender.Publish("shutdown_reply", request, (JsonObject)content.DeepClone());
                return content;
            default:
                return null; // an optional message that this kernel does not know
        }
    }
}
