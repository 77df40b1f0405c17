using System.Globalization;
using System.Text.Json.Nodes;

namespace Experiments.Notebooks;

/// <summary>Writes the metadata that papermill writes, so that its tools read our notebooks.</summary>
internal sealed class Papermill
{
    private readonly NotebookDocument _notebook;
    private readonly TimeProvider _clock;

    internal Papermill(NotebookDocument notebook, string input, string output, JsonObject parameters, TimeProvider clock)
    {
        (_notebook, _clock) = (notebook, clock);
        notebook.Metadata["papermill"] = new JsonObject
        {
            ["duration"] = null,
            ["end_time"] = null,
            ["exception"] = null,
            ["input_path"] = Path.GetFileName(input),
            ["output_path"] = Path.GetFileName(output),
            ["parameters"] = parameters,
            ["start_time"] = Time(clock.GetUtcNow()),
        };
    }

    internal void Cell(NotebookCell cell, CellOutcome outcome, DateTimeOffset start) => cell.Metadata["papermill"] = new JsonObject
    {
        ["duration"] = Math.Round(outcome.Duration.TotalSeconds, 3),
        ["end_time"] = Time(start + outcome.Duration),
        ["exception"] = outcome.Error is not null,
        ["start_time"] = Time(start),
        ["status"] = outcome.Status,
    };

    /// <summary>Marks the end. Until then <c>exception</c> is null, which tells a run that was killed from one that completed.</summary>
    internal void Finish(TimeSpan duration, bool failed)
    {
        var record = NotebookDocument.Child(_notebook.Metadata, "papermill");
        record["duration"] = Math.Round(duration.TotalSeconds, 3);
        record["end_time"] = Time(_clock.GetUtcNow());
        record["exception"] = failed;
    }

    /// <summary>Whether a file is the completed execution of a notebook, parameters injected: the same cells, all passed.</summary>
    /// <param name="executed">Where the executed notebook would be.</param>
    /// <param name="notebook">The notebook with its parameters.</param>
    /// <returns>False also when the file is missing or unreadable.</returns>
    internal static bool IsCompleted(string executed, NotebookDocument notebook)
    {
        if (!File.Exists(executed))
        {
            return false;
        }

        try
        {
            var earlier = NotebookDocument.Load(executed);
            return earlier.Json["metadata"]?["papermill"]?["exception"] is JsonValue value && value.TryGetValue<bool>(out var failed) && !failed
                && earlier.Cells.Select(Content).SequenceEqual(notebook.Cells.Select(Content));
        }
        catch (NotebookException)
        {
            return false;
        }
    }

    private static (bool Code, string Source, string Tags) Content(NotebookCell cell) => (cell.IsCode, cell.Source, string.Join('\n', cell.Tags));

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
}
