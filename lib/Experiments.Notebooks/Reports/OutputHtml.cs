using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Experiments.Notebooks.Reports;

/// <summary>One output of a cell as HTML: of a bundle, the representation that shows best without a script.</summary>
internal static class OutputHtml
{
    internal static string Of(JsonObject output) => output["output_type"]?.GetValue<string>() switch
    {
        "stream" => $"<pre class=\"{(output["name"]?.GetValue<string>() == "stderr" ? "stderr" : "stdout")}\">{Encode(Text(output["text"]))}</pre>",
        "error" => $"<pre class=\"error\">{Encode(string.Join('\n', (output["traceback"] as JsonArray ?? []).Select(line => line?.GetValue<string>())))}</pre>",
        _ => output["data"] is JsonObject bundle ? Bundle(bundle, output["metadata"] as JsonObject) : "",
    };

    private static string Bundle(JsonObject bundle, JsonObject? metadata)
    {
        var plain = Text(bundle["text/plain"]);
        if (bundle.FirstOrDefault(pair => pair.Key is "image/png" or "image/jpeg" or "image/gif") is { Value: { } picture } raster)
        {
            var size = metadata?[raster.Key] is JsonObject pixels ? string.Concat(new[] { "width", "height" }.Where(pixels.ContainsKey).Select(name => $" {name}=\"{Encode(pixels[name]!.ToString())}\"")) : "";
            return $"<img src=\"data:{raster.Key};base64,{Encode(Text(picture).ReplaceLineEndings(""))}\"{size} alt=\"{Encode(plain)}\">";
        }

        return bundle switch
        {
            _ when bundle["image/svg+xml"] is { } svg => $"<img src=\"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(Text(svg)))}\" alt=\"{Encode(plain)}\">",
            _ when bundle["text/html"] is { } html => $"<div>{Text(html)}</div>",
            _ when bundle["text/markdown"] is { } markdown => MarkdownHtml.Of(Text(markdown), folder: null, attachments: null),
            _ when bundle["text/latex"] is { } latex => $"<pre>{Encode(Text(latex))}</pre>",
            _ when bundle["application/json"] is { } json => $"<pre>{Encode(json.ToJsonString(JsonText.Indented))}</pre>",
            _ => $"<pre>{Encode(plain)}</pre>",
        };
    }

    /// <summary>Text of a file: one string, or a list of lines.</summary>
    private static string Text(JsonNode? node) => node switch
    {
        JsonArray lines => string.Concat(lines.Select(line => line?.GetValue<string>())),
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => node?.ToJsonString() ?? "",
    };

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
