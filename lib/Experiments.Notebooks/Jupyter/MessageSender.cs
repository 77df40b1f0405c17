using System.Text;
using System.Text.Json.Nodes;

namespace Experiments.Notebooks.Jupyter;

/// <summary>Sends replies and publishes outputs, from any thread.</summary>
internal sealed class MessageSender(KernelSockets sockets, MessageCodec codec)
{
    /// <summary>Answers a request on the channel that it came by.</summary>
    internal void Reply(KernelChannel channel, JupyterMessage request, JsonObject content) =>
        sockets.Send(channel, codec.Encode(request.Identities, request.Type.Replace("_request", "_reply", StringComparison.Ordinal), request.Header, content));

    /// <summary>An id for <see cref="Ask"/>.</summary>
    internal string NextId() => codec.NextId();

    /// <summary>Asks the client that sent a request for something, on the stdin channel.</summary>
    internal void Ask(JupyterMessage request, string type, JsonObject content, string id) =>
        sockets.Send(KernelChannel.Stdin, codec.Encode(request.Identities, type, request.Header, content, id));

    /// <summary>Publishes to all clients.</summary>
    /// <param name="type">Message type; also the topic.</param>
    /// <param name="parent">The request that it belongs to; null for none.</param>
    /// <param name="content">Content.</param>
    internal void Publish(string type, JupyterMessage? parent, JsonObject content) =>
        sockets.Send(KernelChannel.IOPub, codec.Encode([Encoding.ASCII.GetBytes($"kernel.{type}")], type, parent?.Header, content));

    /// <summary>Publishes what the kernel is doing: <c>starting</c>, <c>busy</c> or <c>idle</c>.</summary>
    internal void Status(string state, JupyterMessage? parent) => Publish("status", parent, new JsonObject { ["execution_state"] = state });
}
