using NetMQ;
using NetMQ.Sockets;

namespace Experiments.Notebooks.Jupyter;

/// <summary>A channel of the kernel.</summary>
internal enum KernelChannel
{
    Shell,
    Control,
    Stdin,
    IOPub,
}

/// <summary>The kernel's five sockets. One thread owns them all; other threads send through a queue.</summary>
internal sealed class KernelSockets : IDisposable
{
    private const int MostQueuedMessages = 100_000;
    private const long MostMessageBytes = 256L << 20;
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    private readonly Dictionary<KernelChannel, NetMQSocket> _sockets;
    private readonly ResponseSocket _heartbeat = new();
    private readonly TaskCompletionSource _listener = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly NetMQQueue<(KernelChannel Channel, IReadOnlyList<byte[]> Frames)> _outgoing = new();
    private readonly NetMQPoller _poller;
    private readonly Action<KernelChannel, IReadOnlyList<byte[]>> _received;
    private readonly TextWriter _log;
    private volatile bool _closed;

    internal KernelSockets(ConnectionInfo connection, Action<KernelChannel, IReadOnlyList<byte[]>> received, TextWriter log)
    {
        (_received, _log) = (received, log);
        _sockets = new()
        {
            [KernelChannel.Shell] = new RouterSocket(),
            [KernelChannel.Control] = new RouterSocket(),
            [KernelChannel.Stdin] = new RouterSocket(),
            [KernelChannel.IOPub] = new XPublisherSocket(),
        };
        _poller = new NetMQPoller { _outgoing, _heartbeat };
        try
        {
            Listen(_sockets[KernelChannel.Shell], connection, connection.Shell);
            Listen(_sockets[KernelChannel.Control], connection, connection.Control);
            Listen(_sockets[KernelChannel.Stdin], connection, connection.Stdin);
            Listen(_sockets[KernelChannel.IOPub], connection, connection.IOPub);
            Listen(_heartbeat, connection, connection.Heartbeat);
        }
        catch
        {
            Dispose();
            throw;
        }

        _outgoing.ReceiveReady += (_, _) => SendQueued();
        _heartbeat.ReceiveReady += (_, _) => Echo();
        foreach (var (channel, socket) in _sockets)
        {
            socket.ReceiveReady += (_, _) => Receive(channel, socket);
            _poller.Add(socket);
        }
    }

    /// <summary>Ends when a client listens to what is published: what is sent before is lost.</summary>
    internal Task Listener => _listener.Task;

    /// <summary>Begins to receive.</summary>
    internal void Start() => _poller.RunAsync("jupyter sockets", true);

    /// <summary>Sends from any thread.</summary>
    internal void Send(KernelChannel channel, IReadOnlyList<byte[]> frames)
    {
        if (!_closed)
        {
            _outgoing.Enqueue((channel, frames));
        }
    }

    /// <summary>Sends what is queued and closes.</summary>
    public void Dispose()
    {
        _closed = true;
        if (_poller.IsRunning)
        {
            _poller.Stop();
            SendQueued();
        }

        _poller.Dispose();
        foreach (var socket in _sockets.Values.Append(_heartbeat))
        {
            socket.Dispose();
        }

        _outgoing.Dispose();
    }

    private static void Listen(NetMQSocket socket, ConnectionInfo connection, int port)
    {
        socket.Options.Linger = Linger;
        socket.Options.SendHighWatermark = MostQueuedMessages;
        socket.Options.MaxMsgSize = MostMessageBytes;
        if (socket is RouterSocket)
        {
            socket.Options.RouterHandover = true; // a client that comes back with its old identity gets its replies
        }

        socket.Options.IPv4Only = !connection.Ip.Contains(':', StringComparison.Ordinal);
        try
        {
            socket.Bind(connection.Address(port));
        }
        catch (Exception e) when (e is NetMQException or System.Net.Sockets.SocketException or ArgumentException)
        {
            throw new NotebookException($"Cannot listen on {connection.Address(port)}: {e.Message} Is another kernel running with this connection file?", e);
        }
    }

    private void SendQueued()
    {
        while (_outgoing.TryDequeue(out var message, TimeSpan.Zero))
        {
            try
            {
                _sockets[message.Channel].TrySendMultipartBytes(TimeSpan.Zero, message.Frames);
            }
            catch (NetMQException e)
            {
                _log.WriteLine($"experiments kernel: a message was lost: {e.Message}");
            }
        }
    }

    private void Receive(KernelChannel channel, NetMQSocket socket)
    {
        for (List<byte[]>? frames = null; socket.TryReceiveMultipartBytes(ref frames!); frames = null)
        {
            if (channel == KernelChannel.IOPub)
            {
                _listener.TrySetResult(); // a subscription, or its end
            }
            else
            {
                _received(channel, frames);
            }
        }
    }

    private void Echo()
    {
        List<byte[]>? frames = null;
        if (_heartbeat.TryReceiveMultipartBytes(ref frames!))
        {
            _heartbeat.TrySendMultipartBytes(frames);
        }
    }
}
