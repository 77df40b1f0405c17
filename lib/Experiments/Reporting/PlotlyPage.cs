using System.Net;

namespace Experiments.Reporting;

/// <summary>Puts a figure's Plotly JSON into HTML.</summary>
internal static class PlotlyPage
{
    private const string ScriptResource = "Plotly.NET.plotly-2.28.0.min.js";

    private static readonly Lazy<string> Script = new(() =>
    {
        var assembly = typeof(Plotly.NET.GenericChart).Assembly;
        using var stream = assembly.GetManifestResourceStream(ScriptResource)
            ?? throw new InvalidOperationException($"Plotly.NET no longer carries {ScriptResource}: name the new one in {nameof(PlotlyPage)}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase);
    });

    /// <summary>plotly.js 2.28.0 as Plotly.NET carries it, safe inside a <c>script</c> element.</summary>
    public static string PlotlyScript => Script.Value;

    public static string Page(Figure figure)
    {
        var id = figure.ElementId();
        return $$"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{{Encode(figure.Title)}}</title>
            <style>body { margin: 0; background: #ffffff; color: #222222; font-family: "DejaVu Sans", Verdana, Arial, sans-serif; } figure { margin: 8px; overflow-x: auto; } figcaption { margin: 8px; max-width: 60em; font-size: 14px; }</style>
            <script>{{PlotlyScript}}</script>
            </head>
            <body>
            <figure>
            <div id="{{id}}" role="img" aria-label="{{Encode(figure.AltText)}}"></div>
            <figcaption>{{Encode(figure.AltText)}}</figcaption>
            </figure>
            <script>const figure = {{InScript(figure.ToJson())}}; Plotly.newPlot("{{id}}", figure.data, figure.layout, figure.config);</script>
            </body>
            </html>

            """;
    }

    public static string Fragment(Figure figure)
    {
        var id = figure.ElementId();
        return $$"""
            <div id="{{id}}" role="img" aria-label="{{Encode(figure.AltText)}}">{{figure.ToSvg()}}</div>
            <script>(function () {
              const figure = {{InScript(figure.ToJson())}};
              const draw = function (plotly) { const place = document.getElementById("{{id}}"); place.replaceChildren(); plotly.newPlot(place, figure.data, figure.layout, figure.config); };
              if (window.Plotly) { draw(window.Plotly); } else if (window.require && window.require.defined && window.require.defined("plotly")) { window.require(["plotly"], draw); }
            })();</script>

            """;
    }

    /// <summary>JSON that cannot end the script element it stands in.</summary>
    private static string InScript(string json) => json
        .Replace("<", "\\u003c", StringComparison.Ordinal)
        .Replace("\u2028", "\\u2028", StringComparison.Ordinal)
        .Replace("\u2029", "\\u2029", StringComparison.Ordinal);

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
