using System.Text;

namespace Experiments.Reporting;

/// <summary>Writes a GitHub pipe table that is readable as text, too.</summary>
internal static class MarkdownTable
{
    private const string Active = "\\`*_|[~";

    public static string Write(Table table)
    {
        var markdown = new StringBuilder();
        var cells = table.Columns.Select(c => PlainTextTable.Padded(c, Escape(c.Name), row => Value(c, row), row => Escape(c.ShownInterval(row)))).ToArray();
        for (var line = 0; line <= table.RowCount; line++)
        {
            markdown.Append("| ").AppendJoin(" | ", cells.Select(c => c[line])).Append(" |\n");
            if (line == 0)
            {
                markdown.Append('|').AppendJoin('|', cells.Select((c, i) => Rule(c[0].Length, table.Columns[i].AlignRight))).Append("|\n");
            }
        }

        return markdown.ToString();
    }

    private static string Value(Column column, int row) => column.IsStrong(row) ? $"**{Escape(column.Shown(row))}**" : Escape(column.Shown(row));

    private static string Rule(int width, bool alignRight) =>
        alignRight ? new string('-', width + 1) + ":" : ":" + new string('-', width + 1);

    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var c in text.ReplaceLineEndings("\n"))
        {
            _ = c switch
            {
                '\n' => escaped.Append("<br>"),
                '<' => escaped.Append("&lt;"),
                '&' => escaped.Append("&amp;"),
                _ when Active.Contains(c, StringComparison.Ordinal) => escaped.Append('\\').Append(c),
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }
}
