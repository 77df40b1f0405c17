using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Experiments.Notebooks.Jupyter;

/// <summary>Where a kernel listens and which key signs its messages: the content of Jupyter's connection file.</summary>
/// <param name="Ip">Address of the interface.</param>
/// <param name="Key">Key of the signatures; empty for unsigned messages.</param>
/// <param name="Shell">Port of requests.</param>
/// <param name="Control">Port of interrupt and shutdown.</param>
/// <param name="Stdin">Port of input requests.</param>
/// <param name="IOPub">Port of outputs.</param>
/// <param name="Heartbeat">Port that echoes.</param>
public sealed record ConnectionInfo(string Ip, string Key, int Shell, int Control, int Stdin, int IOPub, int Heartbeat)
{
    private const string SignatureScheme = "hmac-sha256";

    /// <summary>Whether only this machine can reach the kernel.</summary>
    public bool IsLoopback => Ip == "localhost" || (IPAddress.TryParse(Ip, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Reads a connection file.</summary>
    /// <param name="path">The file that Jupyter wrote.</param>
    /// <param name="allowRemote">Whether the kernel may listen where other machines reach it.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="NotebookException">The file is missing, says something that this kernel does not do, or opens the kernel to other machines.</exception>
    public static ConnectionInfo Load(string path, bool allowRemote = false)
    {
        try
        {
            return Parse(File.ReadAllText(path), path, allowRemote);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NotebookException($"Cannot read connection file {path}: {e.Message} Jupyter writes it and passes its path; to try the kernel by hand, use jupyter console --kernel NAME.", e);
        }
    }

    /// <summary>Reads the text of a connection file.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="where">Its name, for errors.</param>
    /// <param name="allowRemote">Whether the kernel may listen where other machines reach it.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="NotebookException">As for <see cref="Load"/>.</exception>
    public static ConnectionInfo Parse(string text, string where, bool allowRemote = false)
    {
        var json = Json(text, where);
        if (Text("transport", "tcp") is not "tcp" and var transport)
        {
            throw new NotebookException($"{where}: transport '{transport}' is not supported; use tcp.");
        }

        if (Text("signature_scheme", SignatureScheme) is not SignatureScheme and var scheme)
        {
            throw new NotebookException($"{where}: signature scheme '{scheme}' is not supported; use {SignatureScheme}.");
        }

        var info = new ConnectionInfo(Text("ip", "127.0.0.1"), Text("key", ""), Port("shell_port"), Port("control_port"), Port("stdin_port"), Port("iopub_port"), Port("hb_port"));
        return info.IsLoopback || allowRemote
            ? info
            : throw new NotebookException($"{where}: ip {info.Ip} opens the kernel to other machines, and whoever holds the key runs code here. Use 127.0.0.1, or start the kernel with --allow-remote.");

        string Text(string name, string otherwise) => json[name] switch
        {
            null => otherwise,
            JsonValue value when value.TryGetValue<string>(out var content) => content,
            _ => throw new NotebookException($"{where}: '{name}' is not a text."),
        };
        int Port(string name) => json[name] is JsonValue value && value.TryGetValue<int>(out var port) && port is > 0 and <= IPEndPoint.MaxPort
            ? port
            : throw new NotebookException($"{where}: '{name}' is not a port between 1 and {IPEndPoint.MaxPort}.");
    }

    /// <summary>A port's address as ZeroMQ writes it.</summary>
    internal string Address(int port) => Ip.Contains(':', StringComparison.Ordinal) ? $"tcp://[{Ip}]:{port}" : $"tcp://{Ip}:{port}";

    private static JsonObject Json(string text, string where)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject ?? throw new NotebookException($"{where} is not a connection file: it is not a JSON object.");
        }
        catch (JsonException e)
        {
            throw new NotebookException($"{where} is not a connection file: it is not JSON (line {e.LineNumber + 1}).", e);
        }
    }
}
