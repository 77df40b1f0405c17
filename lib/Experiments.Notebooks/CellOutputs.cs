using System.Text.Json.Nodes;

namespace Experiments.Notebooks;

/// <summary>Collects a cell's output as nbformat wants it; also passes console text on.</summary>
/// <param name="streamed">Receives console text as it comes.</param>
internal sealed class CellOutputs(Action<string, string>? streamed) : IOutputSink
{
    private readonly Lock _lock = new();
    private readonly List<JsonObject> _outputs = [];
    private readonly Dictionary<string, JsonObject> _displays = [];

    /// <summary>The outputs so far, console text of one stream joined, as a list for the file.</summary>
    internal JsonArray ToJson()
    {
        lock (_lock)
        {
            return [.. _outputs.Select(output => output.DeepClone())];
        }
    }

    public void Stream(string name, string text)
    {
        lock (_lock)
        {
            if (_outputs.LastOrDefault() is { } last && last["output_type"]!.GetValue<string>() == "stream" && last["name"]!.GetValue<string>() == name)
            {
                last["text"] = NotebookCell.Lines(string.Concat(((JsonArray)last["text"]!).Select(line => line!.GetValue<string>())) + text);
            }
            else
            {
                _outputs.Add(new JsonObject { ["name"] = name, ["output_type"] = "stream", ["text"] = NotebookCell.Lines(text) });
            }
        }

        streamed?.Invoke(name, text);
    }

    public void Display(JsonObject bundle, string? displayId) => Add(new JsonObject { ["data"] = Data(bundle), ["metadata"] = new JsonObject(), ["output_type"] = "display_data" }, displayId);

    public void UpdateDisplay(JsonObject bundle, string displayId)
    {
        lock (_lock)
        {
            if (_displays.TryGetValue(displayId, out var output))
            {
                output["data"] = Data(bundle);
            }
        }
    }

    internal void Result(JsonObject bundle, int executionCount) => Add(new JsonObject { ["data"] = Data(bundle), ["execution_count"] = executionCount, ["metadata"] = new JsonObject(), ["output_type"] = "execute_result" }, null);

    internal void Error(CellError error) => Add(
        new JsonObject
        {
            ["ename"] = error.Name,
            ["evalue"] = error.Message,
            ["output_type"] = "error",
            ["traceback"] = new JsonArray([.. error.Traceback.Select(line => (JsonNode)line)]),
        },
        null);

    private static JsonObject Data(JsonObject bundle)
    {
        var data = new JsonObject();
        foreach (var (mime, content) in bundle)
        {
            // Text is a list of lines, as in every Jupyter file; pictures are one base64 string.
            data[mime] = content is JsonValue value && (mime.StartsWith("text/", StringComparison.Ordinal) || mime == "image/svg+xml")
                ? NotebookCell.Lines(value.GetValue<string>())
                : content?.DeepClone();
        }

        return data;
    }

    private void Add(JsonObject output, string? displayId)
    {
        lock (_lock)
        {
            _outputs.Add(output);
            if (displayId is not null)
            {
                _displays[displayId] = output;
            }
        }
    }
}
