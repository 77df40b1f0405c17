using System.Text.Json.Nodes;

namespace Experiments.Notebooks;

/// <summary>One cell: a view of its JSON.</summary>
/// <param name="json">The cell's object in the file.</param>
public sealed class NotebookCell(JsonObject json)
{
    /// <summary>The cell's object in the file.</summary>
    public JsonObject Json { get; } = json;

    /// <summary>The cell's id.</summary>
    public string Id => Json["id"]?.GetValue<string>() ?? "";

    /// <summary>Whether it is a code cell.</summary>
    public bool IsCode => Json["cell_type"]?.GetValue<string>() == "code";

    /// <summary>Whether a run executes it: a code cell with text that is not tagged <c>skip-execution</c>.</summary>
    public bool IsExecuted => IsCode && !Tags.Contains("skip-execution") && Source.Trim().Length > 0;

    /// <summary>The source text; files hold it as one string or as lines.</summary>
    public string Source => Json["source"] switch
    {
        JsonArray lines => string.Concat(lines.Select(line => line?.GetValue<string>())),
        JsonValue text => text.GetValue<string>(),
        _ => "",
    };

    /// <summary>The source as the engine takes it: .NET Interactive's files may say in the metadata that a cell is not C#.</summary>
    public string CodeToRun => (Json["metadata"]?["polyglot_notebook"]?["kernelName"] ?? Json["metadata"]?["dotnet_interactive"]?["language"]) is JsonValue value
        && value.TryGetValue<string>(out var language) && language is not ("csharp" or "C#" or "c#") ? $"#!{language}\n{Source}" : Source;

    /// <summary>Metadata.</summary>
    public JsonObject Metadata => NotebookDocument.Child(Json, "metadata");

    /// <summary>Tags, such as <c>parameters</c> or <c>raises-exception</c>.</summary>
    public IReadOnlyList<string> Tags => Json["metadata"]?["tags"] is JsonArray tags ? [.. tags.Select(tag => tag!.GetValue<string>())] : [];

    /// <summary>Makes a code cell.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="source">Its text.</param>
    /// <param name="tags">Its tags.</param>
    /// <returns>The cell, without outputs.</returns>
    public static NotebookCell Code(string id, string source, params string[] tags) => new(new JsonObject
    {
        ["cell_type"] = "code",
        ["execution_count"] = null,
        ["id"] = id,
        ["metadata"] = new JsonObject { ["tags"] = new JsonArray([.. tags.Select(tag => (JsonNode)tag)]) },
        ["outputs"] = new JsonArray(),
        ["source"] = Lines(source),
    });

    /// <summary>Replaces the source text.</summary>
    /// <param name="source">The new text.</param>
    public void SetSource(string source) => Json["source"] = Lines(source);

    /// <summary>Text as the list of lines that notebook files hold, each with its newline.</summary>
    internal static JsonArray Lines(string text)
    {
        var lines = new JsonArray();
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end + 1;
            lines.Add(text[start..end]);
            start = end;
        }

        return lines;
    }
}
