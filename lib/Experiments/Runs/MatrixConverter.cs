using System.Text.Json;
using System.Text.Json.Serialization;

namespace Experiments.Runs;

/// <summary>Writes a matrix as a list of rows; System.Text.Json knows no arrays of two dimensions.</summary>
internal sealed class MatrixConverter : JsonConverter<double[,]>
{
    public override double[,] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var rows = JsonSerializer.Deserialize<double[][]>(ref reader, options) ?? [];
        var matrix = new double[rows.Length, rows.Length == 0 ? 0 : rows[0].Length];
        foreach (var (index, row) in rows.Index())
        {
            if (row.Length != matrix.GetLength(1))
            {
                throw new JsonException($"row {index} of a matrix has {row.Length} numbers where the first has {matrix.GetLength(1)}");
            }

            for (var column = 0; column < row.Length; column++)
            {
                matrix[index, column] = row[column];
            }
        }

        return matrix;
    }

    public override void Write(Utf8JsonWriter writer, double[,] value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, Enumerable.Range(0, value.GetLength(0)).Select(row => Enumerable.Range(0, value.GetLength(1)).Select(column => value[row, column]).ToArray()).ToArray(), options);
}
