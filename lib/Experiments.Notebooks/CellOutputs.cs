using System.Text;
using System.Text.Json.Nodes;

namespace Experiments.Notebooks;

/// <summary>Collects a cell's output as nbformat wants it; also passes console text and changed displays on.</summary>
/// <param name="observer">Told about text and changes as they come; null for nobody.</param>
/// <param name="displays">Displays of the whole notebook by id, shared by its cells: a later cell may update what an earlier one shows.</param>
internal sealed class CellOutputs(IRunObserver? observer = null, Dictionary<string, JsonObject>? displays = null) : IOutputSink
{
    private const int MostText = 100_000; // a saved notebook is for reading; the run's log has everything
    private readonly Lock _lock = new();
    private readonly List<JsonObject> _outputs = [];
    private readonly Dictionary<string, JsonObject> _displays = displays ?? [];
    private readonly StringBuilder _text = new();
    private string? _stream;
    private bool _clearing;
    private long _printed;

    /// <summary>Ends the collection and gives the outputs, console text of one stream joined. What still comes is dropped.</summary>
    internal JsonArray Close()
    {
        lock (_lock)
        {
            EndStream();
            if (_printed > MostText)
            {
                _outputs.Add(Text("stderr", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"… of {_printed:N0} characters printed, the first {MostText:N0} are saved\n")));
            }

            JsonArray outputs = [.. _outputs];
            _outputs.Clear();
            return outputs;
        }
    }

    public void Stream(string name, string text)
    {
        lock (_lock)
        {
            ClearIfAsked();
            if (_stream != name)
            {
                EndStream();
                _stream = name;
            }

            _text.Append(text, 0, (int)Math.Clamp(MostText - _printed, 0, text.Length));
            _printed += text.Length;
        }

        observer?.Wrote(name, text);
    }

    public void Display(JsonObject bundle, string? displayId) =>
        Add(new JsonObject { ["data"] = Data(bundle), ["metadata"] = OutputMetadata.Of(bundle), ["output_type"] = "display_data" }, displayId);

    public void UpdateDisplay(JsonObject bundle, string displayId)
    {
        lock (_displays)
        {
            if (_displays.TryGetValue(displayId, out var output))
            {
                output["data"] = Data(bundle);
                output["metadata"] = OutputMetadata.Of(bundle);
            }
        }

        observer?.Updated(bundle);
    }

    public void Clear(bool wait)
    {
        lock (_lock)
        {
            _clearing = true;
            if (!wait)
            {
                ClearIfAsked();
            }
        }
    }

    internal void Result(JsonObject bundle, int executionCount) => Add(new JsonObject { ["data"] = Data(bundle), ["execution_count"] = executionCount, ["metadata"] = OutputMetadata.Of(bundle), ["output_type"] = "execute_result" }, null);

    internal void Error(CellError error)
    {
        var output = error.ToJson();
        output["output_type"] = "error";
        Add(output, null);
    }

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
            ClearIfAsked();
            EndStream();
            _outputs.Add(output);
            if (displayId is not null)
            {
                lock (_displays)
                {
                    _displays[displayId] = output;
                }
            }
        }
    }

    private void ClearIfAsked()
    {
        if (_clearing)
        {
            _outputs.Clear();
            _text.Clear();
            _stream = null;
            _printed = 0;
            _clearing = false;
        }
    }

    private static JsonObject Text(string stream, string text) => new() { ["name"] = stream, ["output_type"] = "stream", ["text"] = NotebookCell.Lines(text) };

    private void EndStream()
    {
        if (_stream is not null && _text.Length > 0)
        {
            _outputs.Add(Text(_stream, _text.ToString()));
        }

        _stream = null;
        _text.Clear();
    }
}
