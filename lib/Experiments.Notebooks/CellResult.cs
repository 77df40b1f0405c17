using System.Text.Json.Nodes;

namespace Experiments.Notebooks;

/// <summary>How a cell ended.</summary>
/// <param name="HasValue">Whether its last expression has a value to show.</param>
/// <param name="Value">That value.</param>
/// <param name="Error">What went wrong; null if nothing.</param>
public sealed record CellResult(bool HasValue, object? Value, CellError? Error);

/// <summary>An error in a cell.</summary>
/// <param name="Name">Exception type, or <c>CompilationError</c>.</param>
/// <param name="Message">One or a few readable lines, with cell and line.</param>
/// <param name="Traceback">Lines for the notebook's error output.</param>
public sealed record CellError(string Name, string Message, IReadOnlyList<string> Traceback)
{
    /// <summary>The fields that an error has in a notebook file and in a kernel's messages.</summary>
    internal JsonObject ToJson() => new()
    {
        ["ename"] = Name,
        ["evalue"] = Message,
        ["traceback"] = new JsonArray([.. Traceback.Select(line => (JsonNode)line)]),
    };

    /// <summary>The same as the content of a reply that says so.</summary>
    internal JsonObject ToReply()
    {
        var reply = ToJson();
        reply["status"] = "error";
        return reply;
    }
}
