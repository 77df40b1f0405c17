using System.Text;

namespace Experiments.Reporting;

/// <summary>Writes columns padded to equal width.</summary>
internal static class PlainTextTable
{
    public static string Write(Table table)
    {
        var text = new StringBuilder();
        if (table.Caption.Length > 0)
        {
            text.Append(table.Caption).Append('\n');
        }

        var cells = table.Columns.Select(c => Padded(c, c.Name, row => c.Shown(row).ReplaceLineEndings("⏎"), c.ShownInterval)).ToArray();
        for (var line = 0; line <= table.RowCount; line++)
        {
            text.Append(string.Join("  ", cells.Select(c => c[line])).TrimEnd()).Append('\n');
            if (line == 0)
            {
                text.AppendJoin("  ", cells.Select(c => new string('─', c[0].Length))).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>The heading and the cells of a column, all padded to the widest, on the side the column is aligned away from; values with intervals stand under each other.</summary>
    public static string[] Padded(Column column, string heading, Func<int, string> value, Func<int, string> interval)
    {
        var rows = Enumerable.Range(0, column.Values.Length);
        var beside = rows.Select(row => interval(row) is { Length: > 0 } shown ? " " + shown : "").ToArray();
        var room = beside.Select(shown => shown.Length).DefaultIfEmpty(0).Max();
        string[] cells = [heading, .. rows.Select(row => value(row) + beside[row].PadRight(room))];
        var width = cells.Max(c => c.Length);
        return [.. cells.Select(c => column.AlignRight ? c.PadLeft(width) : c.PadRight(width))];
    }
}
