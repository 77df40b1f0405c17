using System.Text.Json.Nodes;

namespace Experiments.Notebooks.Jupyter;

/// <summary>A message that has been received and whose signature is right.</summary>
/// <param name="Identities">Routing frames in front of it; a reply goes back with the same.</param>
/// <param name="Header">Its header as it came; replies and outputs carry it as their parent.</param>
/// <param name="Type">Message type, such as <c>execute_request</c>.</param>
/// <param name="Parent">Header of the message that it belongs to.</param>
/// <param name="Metadata">Metadata.</param>
/// <param name="Content">Content.</param>
internal sealed record JupyterMessage(IReadOnlyList<byte[]> Identities, byte[] Header, string Type, JsonObject Parent, JsonObject Metadata, JsonObject Content)
{
    internal string Text(string name, string otherwise = "") => Text(Content, name) ?? otherwise;

    internal string ParentText(string name) => Text(Parent, name) ?? "";

    internal bool Flag(string name, bool otherwise) => Content[name] is JsonValue value && value.TryGetValue<bool>(out var flag) ? flag : otherwise;

    internal int Number(string name, int otherwise) => Content[name] is JsonValue value && value.TryGetValue<int>(out var number) ? number : otherwise;

    private static string? Text(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
