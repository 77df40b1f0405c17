using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Experiments.Reporting.Explorer;

/// <summary>Writes an <see cref="AttentionExplorer"/> as HTML: the patterns, the style and the scripts of this folder, and nothing from elsewhere.</summary>
internal static class ExplorerPage
{
    private const int FrameHeight = 960; // the page scrolls in it

    private static readonly Lazy<string> Style = new(() => PageTheme.Css + Resource("explorer.css"));
    private static readonly Lazy<string> Script = new(() => Resource("patterns.js") + Resource("colors.js") + Resource("heatmap.js") + Resource("tokens.js") + Resource("explorer.js"));

    public static string Frame(AttentionExplorer explorer) =>
        $"<iframe sandbox=\"allow-scripts\" title=\"{Encode(explorer.Title)}\" style=\"width:100%;height:{FrameHeight}px;border:0\" srcdoc=\"{Encode(explorer.ToHtmlPage())}\"></iframe>\n<p>{Encode(explorer.ToString())}</p>\n";

    /// <summary>The page; its size but for the patterns depends on nothing in them.</summary>
    public static string Write(AttentionExplorer explorer, PatternSurvey survey, PackedPatterns patterns)
    {
        var scale = new WeightScale(patterns.Resolution.Levels, survey.Top);
        var data = JsonSerializer.Serialize(new // its default encoder writes <, >, &, quotes and all beyond ASCII as \u escapes
        {
            tokens = explorer.Tokens.Select(token => TokenLabel.Of(token)),
            layers = explorer.Layers,
            heads = explorer.Heads,
            names = explorer.On is null ? new[] { explorer.OffName } : [explorer.OffName, explorer.OnName],
            block = patterns.Resolution.Block,
            levels = scale.Levels,
            floor = WeightScale.Floor,
            top = survey.Top,
            reach = survey.Reach,
            error = scale.Error,
            amount = ColorMap.Amount.Stops,
            difference = ColorMap.Difference.Stops,
            patterns = "",
        });
        data = data[..^2] + Convert.ToBase64String(patterns.Bytes) + "\"}"; // base64 needs no escapes; the encoder would write each + as six characters
        return $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
            <title>{Encode(explorer.Title)}</title>
            <style>
            {Style.Value}</style>
            </head>
            <body>
            <header><h1>{Encode(explorer.Title)}</h1>
            <p>{Encode(Description(explorer, patterns.Resolution, scale))}</p></header>
            <main>
            {Body(explorer, patterns.Resolution.Block)}
            </main>
            <script type="application/json" id="data">{data}</script>
            <script>
            {Script.Value}</script>
            </body>
            </html>

            """;
    }

    private static string Body(AttentionExplorer explorer, int block)
    {
        static string Slider(string id, string name, int last) => $"<label{(last == 0 ? " hidden" : "")}>{name} <input type=\"range\" id=\"{id}\" min=\"0\" max=\"{last}\" value=\"0\"> <output id=\"{id}-number\"></output></label>";
        static string Box(string id, string name, bool ticked = true, bool shown = true) => $"<label{(shown ? "" : " hidden")}><input type=\"checkbox\" id=\"{id}\"{(ticked ? " checked" : "")}> {name}</label>";
        static string Kind(string value, string name, bool ticked = false) => $"<label><input type=\"radio\" name=\"kind\" value=\"{value}\"{(ticked ? " checked" : "")}> {Encode(name)}</label>";
        var many = explorer.Heads.Count > 1;
        return $"""
            <form class="controls" aria-label="What is shown">
            {Slider("layer", "layer", explorer.Layers.Count - 1)}
            {Slider("head", "head", explorer.Heads.Count - 1)}
            {Box("average", "average over heads", ticked: many, shown: many)}
            <fieldset{(explorer.On is null ? " hidden" : "")}><legend>condition</legend>{Kind("off", explorer.OffName, ticked: true)}{Kind("on", explorer.OnName)}{Kind("difference", "difference")}</fieldset>
            {Box("log", "log scale")}
            {Box("hide-first", block == 1 ? "hide BOS (first token)" : $"hide BOS (first {block} tokens)", ticked: false)}
            {Box("hide-upper", "hide upper triangle")}
            <label>zoom <input type="range" id="zoom" min="1" max="40"></label>
            </form>
            <div class="legend"><span id="legend-title"></span><div id="legend" role="img"></div></div>
            <p id="readout" aria-live="polite">Point at a cell for its weight. In the heatmap, the arrow keys change layer (up, down) and head (left, right); with Shift they move from cell to cell.</p>
            <div class="view" id="heatmap" tabindex="0" role="application" aria-label="Heatmap, queries by keys" aria-describedby="readout"></div>
            <section aria-labelledby="text-title"><h2 id="text-title">The text</h2>
            <div class="controls" role="group" aria-label="What colours the text"><label>coloured by <select id="by">
            <option value="received">the attention that each token receives</option>
            <option value="looks">what the chosen token looks at</option>
            <option value="looked">what looks at the chosen token</option>
            </select></label></div>
            <p id="text-readout" aria-live="polite"></p>
            <div id="text" tabindex="0" role="application" aria-label="The text's tokens; the arrow keys choose one"></div>
            </section>
            <section aria-labelledby="strip-title"><h2 id="strip-title">Attention that each token receives, by layer</h2>
            <p id="strip-readout" aria-live="polite"></p>
            <div class="view" id="strip" tabindex="0" role="group" aria-label="Layers by tokens"></div>
            </section>
            <p id="problem" role="alert" hidden></p>
            """;
    }

    private static string Description(AttentionExplorer explorer, Resolution resolution, WeightScale scale)
    {
        static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
        var weights = string.Create(CultureInfo.InvariantCulture, $"Weights are kept within {scale.Error:0.0%} of their value; those below {WeightScale.Floor} count as 0.");
        var cells = resolution.Block == 1 ? "" : $" Cells are means of {resolution.Block} × {resolution.Block} tokens: single tokens of this text would make the page larger than {explorer.MaxBytes / 1e6:0.#} MB.";
        return $"{Count(explorer.Tokens.Count, "token")}, {Count(explorer.Layers.Count, "layer")}, {Count(explorer.Heads.Count, "head")}. Rows are queries, columns are the keys they look at. {weights}{cells}";
    }

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(ExplorerPage).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
