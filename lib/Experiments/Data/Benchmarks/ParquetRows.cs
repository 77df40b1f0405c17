using System.Globalization;
using System.Text.Json.Nodes;
using Experiments.Runs;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace Experiments.Data.Benchmarks;

/// <summary>Rows of a Parquet file as JSON objects: texts, whole numbers, and lists of them. Columns of other types are left out.</summary>
/// <remarks>By columns, because Parquet.Net 6.1.0 reads whole rows without a class with each text of a list taken apart into characters.</remarks>
internal static class ParquetRows
{
    /// <exception cref="ExperimentException">The file is missing or no Parquet file.</exception>
    internal static IReadOnlyList<JsonObject> Read(string path)
    {
        using var stream = DiskErrors.Explain("Cannot read", path, () => File.OpenRead(path));
        try
        {
            return Task.Run(() => ReadAsync(stream)).GetAwaiter().GetResult(); // its own thread: a notebook's cell has a synchronization context
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ArgumentException or NotSupportedException)
        {
            throw new ExperimentException($"'{path}' is not a readable Parquet file: {e.Message.Split('\n')[0]}. Download it again.", e);
        }
    }

    private static async Task<IReadOnlyList<JsonObject>> ReadAsync(Stream stream)
    {
        await using var reader = await ParquetReader.CreateAsync(stream).ConfigureAwait(false);
        var rows = new List<JsonObject>();
        foreach (var group in reader.RowGroups)
        {
            var first = rows.Count;
            rows.AddRange(Enumerable.Range(0, checked((int)group.RowCount)).Select(_ => new JsonObject()));
            foreach (var field in reader.Schema.DataFields)
            {
                if (await ReadAsync(group, field).ConfigureAwait(false) is { } column)
                {
                    foreach (var (row, value) in column.Index())
                    {
                        rows[first + row][field.Path.FirstPart!] = value;
                    }
                }
            }
        }

        return rows;
    }

    /// <summary>A column's values by row; null for types that are left out.</summary>
    private static async Task<IReadOnlyList<JsonNode?>?> ReadAsync(ParquetRowGroupReader group, DataField field) => await group.ReadRawColumnDataBaseAsync(field).ConfigureAwait(false) switch
    {
        RawColumnData<ReadOnlyMemory<char>> texts => Rows(field, texts, text => JsonValue.Create(text.ToString())),
        RawColumnData<long> numbers => Rows(field, numbers, Number),
        RawColumnData<int> numbers => Rows(field, numbers, number => Number(number)),
        _ => null,
    };

    /// <summary>A number as JSON text has it: read as any type that it fits into.</summary>
    private static JsonNode Number(long number) => JsonNode.Parse(number.ToString(CultureInfo.InvariantCulture))!;

    /// <summary>A place without the full definition level has no value; one whose repetition level is 0 begins a row.</summary>
    private static List<JsonNode?> Rows<T>(DataField field, RawColumnData<T> column, Func<T, JsonNode> toJson)
        where T : struct
    {
        var values = column.Values;
        int[] defined = field.MaxDefinitionLevel > 0 ? column.DefinitionLevels.ToArray() : [];
        int[] repeated = field.MaxRepetitionLevel > 0 ? column.RepetitionLevels.ToArray() : [];
        var next = 0;
        var rows = new List<JsonNode?>();
        for (var place = 0; place < (defined.Length == 0 ? values.Length : defined.Length); place++)
        {
            var value = defined.Length == 0 || defined[place] == field.MaxDefinitionLevel ? toJson(values[next++]) : null;
            if (repeated.Length == 0)
            {
                rows.Add(value);
                continue;
            }

            if (repeated[place] == 0)
            {
                rows.Add(new JsonArray());
            }

            rows[^1]!.AsArray().Add(value);
        }

        return rows;
    }
}
