using System.Net;
using System.Text;

namespace Experiments.Reporting;

/// <summary>Writes an HTML table that needs no style sheet.</summary>
internal static class HtmlTable
{
    public static string Write(Table table)
    {
        var html = new StringBuilder("<table>\n");
        if (table.Caption.Length > 0)
        {
            html.Append("<caption>").Append(Encode(table.Caption)).Append("</caption>\n");
        }

        html.Append("<thead><tr>");
        foreach (var column in table.Columns)
        {
            html.Append("<th scope=\"col\"").Append(Alignment(column)).Append('>').Append(Encode(column.Name)).Append("</th>");
        }

        html.Append("</tr></thead>\n<tbody>\n");
        for (var row = 0; row < table.RowCount; row++)
        {
            html.Append("<tr>");
            foreach (var column in table.Columns)
            {
                html.Append("<td").Append(Alignment(column)).Append('>').Append(Cell(column, row)).Append("</td>");
            }

            html.Append("</tr>\n");
        }

        return html.Append("</tbody>\n</table>\n").ToString();
    }

    private static string Cell(Column column, int row)
    {
        var value = Encode(column.Shown(row));
        return (column.IsStrong(row) ? $"<strong>{value}</strong>" : value) + (column.ShownInterval(row) is { Length: > 0 } interval ? " " + Encode(interval) : "");
    }

    private static string Alignment(Column column) => $" style=\"text-align:{(column.AlignRight ? "right" : "left")}{(column.HasIntervals ? ";white-space:nowrap" : "")}\"";

    private static string Encode(string text) => WebUtility.HtmlEncode(text).ReplaceLineEndings("<br>");
}
