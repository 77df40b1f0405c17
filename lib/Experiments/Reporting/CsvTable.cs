using System.Text;

namespace Experiments.Reporting;

/// <summary>Writes CSV as RFC 4180 describes it.</summary>
internal static class CsvTable
{
    private const string LineEnd = "\r\n";

    public static string Write(Table table)
    {
        var csv = new StringBuilder();
        var columns = table.Columns.SelectMany(c => c.Plain).ToList();
        csv.AppendJoin(',', columns.Select(c => Quote(c.Name))).Append(LineEnd);
        for (var row = 0; row < table.RowCount; row++)
        {
            csv.AppendJoin(',', columns.Select(c => Quote(c.Exact(row)))).Append(LineEnd);
        }

        return csv.ToString();
    }

    private static string Quote(string field) =>
        field.AsSpan().IndexOfAny(",\"\r\n") >= 0 || field.StartsWith(' ') || field.EndsWith(' ')
            ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : field;
}
