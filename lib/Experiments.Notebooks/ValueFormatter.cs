using System.Collections;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Data.Analysis;
using Microsoft.DotNet.Interactive.Formatting;

namespace Experiments.Notebooks;

/// <summary>Turns a value into a MIME bundle: several representations, of which each front end takes the best it knows.</summary>
/// <remarks>
/// Types with a <c>[TypeFormatterSource]</c> say themselves how they look. A public <c>string ToHtml()</c> adds HTML to the others.
/// Everything else is plain text: the formatting package's HTML of unknown objects is long and says little.
/// </remarks>
public static class ValueFormatter
{
    private const int MostItems = 20;
    private const int MostRows = 25;

    /// <summary>Formats a value.</summary>
    /// <param name="value">Any value.</param>
    /// <returns>MIME type to content; always with <c>text/plain</c>.</returns>
    public static JsonObject Bundle(object? value)
    {
        var bundle = new JsonObject();
        if (value is null)
        {
            bundle["text/plain"] = "null";
            return bundle;
        }

        var type = value.GetType();
        if (type.GetCustomAttributes(inherit: true).Any(attribute => attribute.GetType().Name == "TypeFormatterSourceAttribute"))
        {
            foreach (var mime in Formatter.GetPreferredMimeTypesFor(type))
            {
                var text = value.ToDisplayString(mime);
                bundle[mime] = mime.EndsWith("json", StringComparison.Ordinal) ? JsonNode.Parse(text) : text;
            }
        }
        else if (value is DataFrame frame)
        {
            bundle["text/html"] = Html(frame);
        }
        else if (type.GetMethod("ToHtml", Type.EmptyTypes) is { } html && html.ReturnType == typeof(string))
        {
            bundle["text/html"] = (string?)html.Invoke(value, null);
        }

        if (!bundle.ContainsKey("text/plain"))
        {
            bundle["text/plain"] = Plain(value);
        }

        return bundle;
    }

    private static string Plain(object? value, int depth = 0) => value switch
    {
        null => "null",
        string text => text,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        DataFrame frame => frame.ToString(),
        IEnumerable items when depth < 2 && !HasOwnText(value) => Items(items, depth),
        _ => value.ToString() ?? "",
    };

    private static string Items(IEnumerable items, int depth)
    {
        var texts = new List<string>();
        foreach (var item in items)
        {
            if (texts.Count == MostItems)
            {
                texts.Add("…");
                break;
            }

            texts.Add(Plain(item, depth + 1));
        }

        return $"[{string.Join(", ", texts)}]";
    }

    private static bool HasOwnText(object value) =>
        value.GetType().GetMethod(nameof(ToString), Type.EmptyTypes)?.DeclaringType is { } owner && owner != typeof(object) && !owner.IsGenericType;

    private static string Html(DataFrame frame)
    {
        static string Cell(object? value) => System.Net.WebUtility.HtmlEncode(Plain(value));
        var rows = frame.Rows.Take(MostRows).Select(row => $"<tr>{string.Concat(row.Select(value => $"<td>{Cell(value)}</td>"))}</tr>");
        var more = frame.Rows.Count > MostRows ? $"<p>{MostRows} of {frame.Rows.Count.ToString(CultureInfo.InvariantCulture)} rows</p>" : "";
        return $"<table><thead><tr>{string.Concat(frame.Columns.Select(column => $"<th>{Cell(column.Name)}</th>"))}</tr></thead><tbody>{string.Concat(rows)}</tbody></table>{more}";
    }
}
