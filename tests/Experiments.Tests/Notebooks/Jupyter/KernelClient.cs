using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using NetMQ;
using NetMQ.Sockets;

namespace Experiments.Tests.Notebooks.Jupyter;

/// <summary>A message as a client sees it.</summary>
internal sealed record ClientMessage(JsonObject Header, JsonObject Content, string ParentId, bool IsSigned)
{
    internal string Type => Header["msg_type"]!.GetValue<string>();

    internal string Status => Content["status"]?.GetValue<string>() ?? "";
}

/// <summary>A front end: as small as can be, and written without the kernel's own codec.</summary>
internal sealed class KernelClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly byte[] Delimiter = "<IDS|MSG>"u8.ToArray();
    private readonly byte[] _key;
    private readonly string _session = Guid.NewGuid().ToString("N");
    private readonly DealerSocket _shell = new();
    private readonly DealerSocket _control = new();
    private readonly DealerSocket _stdin = new();
    private readonly SubscriberSocket _iopub = new();
    private readonly RequestSocket _heartbeat = new();
    private readonly List<ClientMessage> _published = [];
    private readonly int _iopubPort;
    private int _sent;

    /// <param name="ports">Shell, IOPub, stdin, control, heartbeat.</param>
    /// <param name="key">Key of the signatures.</param>
    /// <param name="listens">Whether it subscribes at once; otherwise by <see cref="Listen"/>.</param>
    internal KernelClient(int[] ports, string key, bool listens = true)
    {
        _key = Encoding.UTF8.GetBytes(key);
        _iopubPort = ports[1];
        foreach (var (socket, port) in new (NetMQSocket, int)[] { (_shell, ports[0]), (_stdin, ports[2]), (_control, ports[3]), (_heartbeat, ports[4]) })
        {
            socket.Options.Identity = Encoding.ASCII.GetBytes(_session);
            Connect(socket, port);
        }

        if (listens)
        {
            Listen();
        }
    }

    internal NetMQSocket Shell => _shell;

    /// <summary>Subscribes to what the kernel publishes.</summary>
    internal void Listen()
    {
        Connect(_iopub, _iopubPort);
        _iopub.SubscribeToAnyTopic();
    }

    /// <summary>Asks for <c>kernel_info</c> until answer and published status both come: a subscription takes a moment.</summary>
    internal void WaitUntilReady(TimeSpan patience)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < patience;)
        {
            var id = Send(_shell, "kernel_info_request", []);
            if (Receive(_shell, patience) is { } && Wait(() => _published.Any(message => message.ParentId == id), TimeSpan.FromSeconds(1)))
            {
                return;
            }
        }

        Assert.Fail("The kernel does not answer.");
    }

    /// <summary>Sends a request on the shell channel and waits for its reply.</summary>
    internal ClientMessage Ask(string type, JsonObject content) => ReplyTo(Send(_shell, type, content));

    internal ClientMessage AskControl(string type, JsonObject content)
    {
        var id = Send(_control, type, content);
        var reply = Receive(_control, Patience);
        Assert.NotNull(reply);
        Assert.Equal(id, reply.ParentId);
        return reply;
    }

    /// <summary>Runs a cell: its reply and what it published.</summary>
    internal (ClientMessage Reply, IReadOnlyList<ClientMessage> Outputs) Run(string code, JsonObject? options = null)
    {
        var id = Execute(code, options);
        return (ReplyTo(id), Outputs(id));
    }

    /// <summary>Sends a cell without waiting.</summary>
    internal string Execute(string code, JsonObject? options = null)
    {
        var content = options ?? [];
        content["code"] = code;
        return Send(_shell, "execute_request", content);
    }

    /// <summary>The next reply on the shell channel, which must belong to the request.</summary>
    internal ClientMessage ReplyTo(string id)
    {
        var reply = Receive(_shell, Patience);
        Assert.NotNull(reply);
        Assert.True(reply.IsSigned, "a reply's signature is wrong");
        Assert.Equal(id, reply.ParentId);
        return reply;
    }

    /// <summary>What a request published, up to idle.</summary>
    internal IReadOnlyList<ClientMessage> Outputs(string id)
    {
        Assert.True(Wait(() => Of(id).Any(IsIdle), Patience), "no idle status");
        return [.. Of(id).Where(message => message.Type is not ("status" or "execute_input"))];
    }

    /// <summary>What a request has published so far, all types.</summary>
    internal IReadOnlyList<ClientMessage> Published(string id, Func<ClientMessage, bool> until)
    {
        Assert.True(Wait(() => Of(id).Any(until), Patience), "not published");
        return Of(id);
    }

    internal ClientMessage ReceiveInputRequest() => Receive(_stdin, Patience) ?? throw new TimeoutException("no input request");

    /// <summary>Answers; JupyterLab names the question, other clients do not.</summary>
    internal void SendInput(string value, ClientMessage? question = null) => Send(_stdin, "input_reply", new JsonObject { ["value"] = value, ["status"] = "ok" }, question?.Header);

    internal bool Beats()
    {
        _heartbeat.SendFrame("ping");
        return _heartbeat.TryReceiveFrameString(Patience, out var pong) && pong == "ping";
    }

    internal string Send(NetMQSocket socket, string type, JsonObject content, JsonObject? parent = null)
    {
        var id = $"{_session}_{++_sent}";
        socket.SendMultipartBytes(Frames(id, type, content, parent));
        return id;
    }

    /// <summary>The frames of a signed message.</summary>
    internal byte[][] Frames(string id, string type, JsonObject content, JsonObject? parent = null)
    {
        var header = new JsonObject { ["msg_id"] = id, ["session"] = _session, ["username"] = "tests", ["date"] = "2026-01-01T00:00:00Z", ["msg_type"] = type, ["version"] = "5.3" };
        byte[][] signed = [Bytes(header), Bytes(parent ?? []), "{}"u8.ToArray(), Bytes(content)];
        return [Delimiter, Sign(signed), .. signed];
    }

    /// <summary>Whether the kernel answers nothing on the shell channel for a while.</summary>
    internal bool IsSilent(TimeSpan time) => Receive(_shell, time) is null;

    public void Dispose()
    {
        foreach (var socket in new NetMQSocket[] { _shell, _control, _stdin, _iopub, _heartbeat })
        {
            socket.Dispose();
        }
    }

    internal static bool IsIdle(ClientMessage message) => message.Type == "status" && message.Content["execution_state"]!.GetValue<string>() == "idle";

    internal static string Text(IEnumerable<ClientMessage> outputs, string stream = "stdout") =>
        string.Concat(outputs.Where(message => message.Type == "stream" && message.Content["name"]!.GetValue<string>() == stream).Select(message => message.Content["text"]!.GetValue<string>()));

    private static void Connect(NetMQSocket socket, int port)
    {
        socket.Options.Linger = TimeSpan.Zero;
        socket.Options.ReceiveHighWatermark = 0;
        socket.Connect($"tcp://127.0.0.1:{port}");
    }

    private List<ClientMessage> Of(string id) => [.. _published.Where(message => message.ParentId == id)];

    private bool Wait(Func<bool> until, TimeSpan patience)
    {
        var watch = Stopwatch.StartNew();
        while (!until())
        {
            if (Receive(_iopub, patience - watch.Elapsed) is not { } message)
            {
                return false;
            }

            _published.Add(message);
        }

        return true;
    }

    private ClientMessage? Receive(NetMQSocket socket, TimeSpan patience)
    {
        List<byte[]>? frames = null;
        if (patience <= TimeSpan.Zero || !socket.TryReceiveMultipartBytes(patience, ref frames!))
        {
            return null;
        }

        var start = frames.FindIndex(frame => frame.AsSpan().SequenceEqual(Delimiter));
        var signed = frames[(start + 2)..];
        return new ClientMessage(
            Json(signed[0]), Json(signed[3]), Json(signed[1])["msg_id"]?.GetValue<string>() ?? "", Sign(signed).AsSpan().SequenceEqual(frames[start + 1]));
    }

    internal byte[] Sign(IEnumerable<byte[]> frames) => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(HMACSHA256.HashData(_key, frames.SelectMany(frame => frame).ToArray())));

    private static byte[] Bytes(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());

    private static JsonObject Json(byte[] bytes) => JsonNode.Parse(bytes)!.AsObject();
}
