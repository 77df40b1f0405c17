using System.Collections;
using System.Globalization;
using System.Net;
using Microsoft.Data.Analysis;

namespace Experiments.Notebooks.Display;

/// <summary>Tables of data as HTML that needs no style sheet. Everything that comes from data is encoded.</summary>
internal static class TableHtml
{
    private const int MostRows = 25;

    internal static string Of(DataFrame frame) => Write(
        frame.Columns.Select(column => column.Name),
        frame.Rows.Take(MostRows).Select(row => row.AsEnumerable()),
        frame.Rows.Count > MostRows ? string.Create(CultureInfo.InvariantCulture, $"{MostRows} of {frame.Rows.Count:N0} rows") : "");

    /// <summary>A collection of records as a table, a column for each property; null where the items are no records of one type.</summary>
    internal static string? Of(CollectionHead head)
    {
        if (head.Items.Count == 0 || head.Items[0]?.GetType() is not { } type || !IsRecord(type) || head.Items.Any(item => item?.GetType() != type))
        {
            return null;
        }

        var properties = ObjectProperties.Of(type);
        return properties.Count == 0
            ? null
            : Write(properties.Select(property => property.Name), head.Items.Select(item => properties.Select(property => ObjectProperties.Value(property, item))), head.IsCut ? head.Count + " rows" : "");
    }

    private static bool IsRecord(Type type) =>
        !type.IsPrimitive && !typeof(IFormattable).IsAssignableFrom(type) && !typeof(IEnumerable).IsAssignableFrom(type) && !typeof(Delegate).IsAssignableFrom(type) && !typeof(Type).IsAssignableFrom(type);

    private static string Write(IEnumerable<string> names, IEnumerable<IEnumerable<object?>> rows, string count)
    {
        static string Encode(object? value) => WebUtility.HtmlEncode(PlainText.Of(value));
        var head = string.Concat(names.Select(name => $"<th>{Encode(name)}</th>"));
        var body = string.Concat(rows.Select(row => $"<tr>{string.Concat(row.Select(value => $"<td>{Encode(value)}</td>"))}</tr>\n"));
        return $"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>{(count.Length > 0 ? $"\n<p>{count}</p>" : "")}";
    }
}
