using System.Text.Json;
using System.Text.Json.Nodes;
using Experiments.Data.Benchmarks;
using Experiments.Runs;

namespace Experiments.Data;

/// <summary>A line of a JSON-lines file or a row of a Parquet file, with errors that say where.</summary>
/// <param name="Path">The file.</param>
/// <param name="Number">1-based line or row.</param>
/// <param name="Json">Its values.</param>
internal sealed record JsonRow(string Path, int Number, JsonObject Json)
{
    /// <summary>Reads a file; Parquet where its name says so.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it should hold, in the plural.</param>
    /// <exception cref="ExperimentException">It is missing, empty or malformed.</exception>
    internal static List<JsonRow> Read(string path, string what)
    {
        var rows = System.IO.Path.GetExtension(path) == ".parquet" ? [.. ParquetRows.Read(path).Select((row, index) => new JsonRow(path, index + 1, row))] : ReadLines(path);
        return rows.Count > 0 ? rows : throw new ExperimentException($"'{path}' holds no {what}.");
    }

    /// <summary>Lines of a text file that are not empty, trimmed, with their 1-based numbers.</summary>
    internal static IEnumerable<(int Number, string Text)> NonEmptyLines(string path) =>
        DiskErrors.Explain("Cannot read", path, () => File.ReadLines(path)).Select((text, index) => (Number: index + 1, Text: text.Trim())).Where(line => line.Text.Length > 0);

    internal string Text(string name) => OptionalText(name) ?? throw Wrong($"'{name}' is missing");

    internal string? OptionalText(string name) => Json[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => throw Wrong($"'{name}' is not a text"),
    };

    internal ExperimentException Wrong(string what) => new($"'{Path}', line {Number}: {what}.");

    private static List<JsonRow> ReadLines(string path) => [.. NonEmptyLines(path).Select(line =>
    {
        try
        {
            return new JsonRow(path, line.Number, JsonNode.Parse(line.Text) as JsonObject ?? throw new JsonException("not an object"));
        }
        catch (JsonException e)
        {
            throw new ExperimentException($"'{path}', line {line.Number}: not a JSON object ({e.Message.Split('.')[0]}). The file must hold one object a line.", e);
        }
    })];
}
