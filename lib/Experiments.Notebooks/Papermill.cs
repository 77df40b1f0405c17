using System.Globalization;
using System.Text.Json.Nodes;

namespace Experiments.Notebooks;

/// <summary>Writes the metadata that papermill writes, so that its tools read our notebooks.</summary>
internal sealed class Papermill
{
    private readonly NotebookDocument _notebook;
    private readonly TimeProvider _clock;

    internal Papermill(NotebookDocument notebook, string input, string output, IReadOnlyDictionary<string, string>? parameters, TimeProvider clock)
    {
        (_notebook, _clock) = (notebook, clock);
        notebook.Metadata["papermill"] = new JsonObject
        {
            ["duration"] = null,
            ["end_time"] = null,
            ["exception"] = null,
            ["input_path"] = Path.GetFileName(input),
            ["output_path"] = Path.GetFileName(output),
            ["parameters"] = new JsonObject([.. (parameters ?? new Dictionary<string, string>()).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))]),
            ["start_time"] = Time(clock.GetUtcNow()),
        };
    }

    /// <summary>Removes the outputs of an earlier execution.</summary>
    internal static void Clear(IEnumerable<NotebookCell> cells)
    {
        foreach (var cell in cells.Where(cell => cell.IsCode))
        {
            cell.Json["execution_count"] = null;
            cell.Json["outputs"] = new JsonArray();
            cell.Metadata.Remove("papermill");
        }
    }

    internal void Cell(NotebookCell cell, CellOutcome outcome, DateTimeOffset start) => cell.Metadata["papermill"] = new JsonObject
    {
        ["duration"] = Math.Round(outcome.Duration.TotalSeconds, 3),
        ["end_time"] = Time(start + outcome.Duration),
        ["exception"] = outcome.Error is not null,
        ["start_time"] = Time(start),
        ["status"] = outcome.Status,
    };

    internal void Notebook(TimeSpan duration, bool failed)
    {
        var record = NotebookDocument.Child(_notebook.Metadata, "papermill");
        record["duration"] = Math.Round(duration.TotalSeconds, 3);
        record["end_time"] = Time(_clock.GetUtcNow());
        record["exception"] = failed;
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
}
