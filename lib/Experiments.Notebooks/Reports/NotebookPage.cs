using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Experiments.Notebooks.Reports;

/// <summary>An executed notebook as one HTML page that needs nothing else: no script, no network, pictures inside.</summary>
/// <remarks>
/// The page forbids scripts and foreign addresses to itself by a content security policy. What a cell displayed as HTML therefore shows as it
/// is, but can do nothing; all other text is encoded.
/// </remarks>
public static class NotebookPage
{
    private const string Policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:";
    private const string Style = """
        body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 sans-serif; color: #1a1a1a; }
        pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.45 monospace; margin: .5rem 0; }
        pre.code { background: #f5f5f5; border-left: 3px solid #4c78a8; padding: .5rem .75rem; }
        pre.error { background: #fdecea; border-left: 3px solid #b3261e; padding: .5rem .75rem; }
        pre.stderr { background: #fff4e5; }
        .cell { margin: 1rem 0; }
        .note { color: #666; font-size: 12px; }
        table { border-collapse: collapse; font-size: 14px; }
        th, td { padding: .2rem .6rem; border-bottom: 1px solid #ddd; text-align: left; }
        img { max-width: 100%; height: auto; }
        """;

    /// <summary>Draws the page.</summary>
    /// <param name="notebook">An executed notebook.</param>
    /// <param name="title">Title of the page.</param>
    /// <param name="folder">Folder that relative pictures in Markdown start from: the notebook's.</param>
    /// <returns>HTML.</returns>
    public static string Of(NotebookDocument notebook, string title, string folder)
    {
        var page = new StringBuilder();
        page.Append($"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"{Policy}\">\n");
        page.Append($"<meta name=\"viewport\" content=\"width=device-width\">\n<title>{Encode(title)}</title>\n<style>\n{Style}\n</style>\n</head>\n<body>\n");
        page.Append(Summary(notebook));
        foreach (var cell in notebook.Cells)
        {
            page.Append($"<section class=\"cell\" id=\"{Encode(cell.Id)}\">\n");
            if (cell.IsCode)
            {
                AppendCode(page, cell);
            }
            else if (cell.Json["cell_type"]?.GetValue<string>() == "markdown")
            {
                page.Append(MarkdownHtml.Of(cell.Source, folder, cell.Json["attachments"] as JsonObject));
            }
            else
            {
                page.Append($"<pre>{Encode(cell.Source)}</pre>\n");
            }

            page.Append("</section>\n");
        }

        return page.Append("</body>\n</html>\n").ToString();
    }

    private static string Summary(NotebookDocument notebook)
    {
        var record = notebook.Json["metadata"]?["papermill"];
        var values = (record?["parameters"] as JsonObject ?? []).Select(pair => $"{pair.Key} = {pair.Value?.ToJsonString()}");
        return record?["start_time"] is not JsonValue start
            ? ""
            : $"<p class=\"note\">Executed {Encode(start.GetValue<string>()[..19])} UTC{Encode(string.Concat(values.Select(value => ", " + value)))}</p>\n";
    }

    private static void AppendCode(StringBuilder page, NotebookCell cell)
    {
        page.Append($"<pre class=\"code\">{Encode(cell.Source)}</pre>\n");
        foreach (var output in (cell.Json["outputs"] as JsonArray ?? []).OfType<JsonObject>())
        {
            page.Append(OutputHtml.Of(output)).Append('\n');
        }

        var record = cell.Json["metadata"]?["papermill"];
        if (record?["duration"] is JsonValue duration)
        {
            page.Append(FormattableString.Invariant($"<p class=\"note\">{Encode(record["status"]?.GetValue<string>() ?? "")} in {duration.GetValue<double>():0.0} s</p>\n"));
        }
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
