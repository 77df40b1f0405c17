using System.Text;
using System.Text.Json.Nodes;

namespace Experiments.Notebooks.Jupyter;

/// <summary>A cell's outputs as messages. Console text is gathered for a tenth of a second, so that a chatty loop does not flood the front end.</summary>
/// <param name="sender">Where the messages go.</param>
/// <param name="request">The request whose outputs they are.</param>
/// <param name="silent">Whether nothing is published.</param>
internal sealed class KernelOutput(MessageSender sender, JupyterMessage request, bool silent) : IOutputSink
{
    private const int MostGathered = 256 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new();
    private string _stream = "stdout";
    private Timer? _timer;

    public void Stream(string name, string text)
    {
        if (silent)
        {
            return;
        }

        lock (_lock)
        {
            if (name != _stream)
            {
                Flush();
                _stream = name;
            }

            _text.Append(text);
            if (_text.Length > MostGathered)
            {
                Flush();
            }
            else
            {
                _timer ??= new Timer(_ => Flush(), null, Pause, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Display(JsonObject bundle, string? displayId) => Publish("display_data", bundle, displayId, []);

    public void UpdateDisplay(JsonObject bundle, string displayId) => Publish("update_display_data", bundle, displayId, []);

    public void Clear(bool wait) => Publish("clear_output", new JsonObject { ["wait"] = wait });

    /// <summary>The value of the cell's last expression.</summary>
    internal void Result(JsonObject bundle, int executionCount) => Publish("execute_result", bundle, null, new JsonObject { ["execution_count"] = executionCount });

    internal void Error(CellError error) => Publish("error", error.ToJson());

    /// <summary>Sends the text gathered so far.</summary>
    internal void Flush()
    {
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
            if (_text.Length > 0)
            {
                sender.Publish("stream", request, new JsonObject { ["name"] = _stream, ["text"] = _text.ToString() });
                _text.Clear();
            }
        }
    }

    private void Publish(string type, JsonObject bundle, string? displayId, JsonObject content)
    {
        content["data"] = bundle.Parent is null ? bundle : bundle.DeepClone();
        content["metadata"] = OutputMetadata.Of(bundle);
        if (displayId is not null)
        {
            content["transient"] = new JsonObject { ["display_id"] = displayId };
        }

        Publish(type, content);
    }

    private void Publish(string type, JsonObject content)
    {
        if (silent)
        {
            return;
        }

        lock (_lock)
        {
            Flush(); // what was written before comes before
            sender.Publish(type, request, content);
        }
    }
}
