using System.Text.Json;
using System.Text.Json.Nodes;

namespace Experiments.Notebooks;

/// <summary>A Jupyter notebook file, nbformat 4. What it does not know, it keeps.</summary>
public sealed class NotebookDocument
{
    private NotebookDocument(JsonObject json) => Json = json;

    /// <summary>The whole file as JSON.</summary>
    public JsonObject Json { get; }

    /// <summary>Notebook metadata.</summary>
    public JsonObject Metadata => Child(Json, "metadata");

    /// <summary>The cells, in order.</summary>
    public IReadOnlyList<NotebookCell> Cells => [.. CellArray.Select(cell => new NotebookCell((JsonObject)cell!))];

    private JsonArray CellArray => (JsonArray)Json["cells"]!;

    /// <summary>Reads a file.</summary>
    /// <param name="path">An <c>.ipynb</c> file.</param>
    /// <returns>The notebook, brought to nbformat 4.5: every cell has an id.</returns>
    /// <exception cref="NotebookException">The file is missing or is not a notebook.</exception>
    public static NotebookDocument Load(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NotebookException($"Cannot read notebook {path}: {e.Message}", e);
        }

        return Parse(text, path);
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="where">Its name, for errors.</param>
    /// <returns>The notebook.</returns>
    /// <exception cref="NotebookException">It is not a notebook.</exception>
    public static NotebookDocument Parse(string text, string where)
    {
        JsonNode? json;
        try
        {
            json = JsonNode.Parse(text);
        }
        catch (JsonException e)
        {
            throw new NotebookException($"{where} is not a notebook: it is not JSON (line {e.LineNumber + 1}). Open it in a text editor, or restore it from version control.", e);
        }

        if (json is not JsonObject map || map["cells"] is not JsonArray cells || cells.Any(cell => cell is not JsonObject))
        {
            throw new NotebookException($"{where} is not a notebook: it has no list of cells. Notebooks of nbformat 3 must be converted first: jupyter nbconvert --to notebook.");
        }

        if (map["nbformat"] is not JsonValue version || !version.TryGetValue<int>(out var major) || major != 4)
        {
            throw new NotebookException($"{where} has nbformat {map["nbformat"]?.ToJsonString() ?? "(none)"}; 4 is supported. Convert it: jupyter nbconvert --to notebook.");
        }

        map["nbformat_minor"] = Math.Max(5, map["nbformat_minor"]?.GetValue<int>() ?? 0);
        foreach (var (index, cell) in cells.Index())
        {
            ((JsonObject)cell!)["id"] ??= $"cell-{index}";
        }

        return new NotebookDocument(map);
    }

    /// <summary>Adds a cell.</summary>
    /// <param name="index">0-based place.</param>
    /// <param name="cell">The cell.</param>
    public void Insert(int index, NotebookCell cell) => CellArray.Insert(index, cell.Json);

    /// <summary>Removes what an earlier execution left: outputs, counts and its record.</summary>
    public void ClearOutputs()
    {
        Metadata.Remove("papermill");
        foreach (var cell in Cells.Where(cell => cell.IsCode))
        {
            cell.Json["execution_count"] = null;
            cell.Json["outputs"] = new JsonArray();
            cell.Metadata.Remove("papermill");
        }
    }

    /// <summary>Renders the file's text: the same notebook always gives the same bytes.</summary>
    /// <returns>JSON as Python's nbformat writes it.</returns>
    public override string ToString() => IpynbText.Write(Json);

    /// <summary>Writes the file: to a temporary one beside it, then renamed, so that a failure leaves what was there.</summary>
    /// <param name="path">Where to.</param>
    /// <exception cref="NotebookException">The folder cannot be written or the disk is full.</exception>
    public void Save(string path)
    {
        var temporary = path + ".partial";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            File.WriteAllText(temporary, ToString());
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            try
            {
                File.Delete(temporary);
            }
            catch (Exception again) when (again is IOException or UnauthorizedAccessException)
            {
                // Nothing more can be done here; the first error says what is wrong.
            }

            throw new NotebookException($"Cannot write notebook {path}: {e.Message} What was there before is unchanged; free space or choose another --output.", e);
        }
    }

    internal static JsonObject Child(JsonObject parent, string key)
    {
        if (parent[key] is not JsonObject child)
        {
            parent[key] = child = [];
        }

        return child;
    }
}
