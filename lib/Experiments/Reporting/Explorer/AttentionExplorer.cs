using System.Text;
using Experiments.Runs;
using Microsoft.DotNet.Interactive.Formatting;

namespace Experiments.Reporting.Explorer;

/// <summary>
/// A page on which one looks through the attention patterns of a text: layer and head by slider, two conditions and their difference,
/// each weight under the pointer. One file, which loads nothing.
/// </summary>
/// <remarks>Patterns are taken from functions when the page is made, and few are held at a time.</remarks>
[TypeFormatterSource(typeof(ExplorerFormatterSource), PreferredMimeTypes = [HtmlFormatter.MimeType, FigureFormatterSource.PngMimeType, PlainTextFormatter.MimeType])]
public sealed record AttentionExplorer
{
    /// <summary>Heading of the page.</summary>
    public string Title { get; init; } = "Attention explorer";

    /// <summary>The text's tokens, in reading order; as many as a pattern has rows.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>0-based numbers of the layers, in the order of the slider.</summary>
    public required IReadOnlyList<int> Layers { get; init; }

    /// <summary>0-based numbers of the heads, in the order of the slider.</summary>
    public required IReadOnlyList<int> Heads { get; init; }

    /// <summary>The pattern <c>[query, key]</c> of a layer and a head (their numbers, not their places). Weights are 0 above the diagonal.</summary>
    public required Func<int, int, double[,]> Off { get; init; }

    /// <summary>The pattern under the second condition; null if there is one condition only.</summary>
    public Func<int, int, double[,]>? On { get; init; }

    /// <summary>Name of the first condition.</summary>
    public string OffName { get; init; } = "off";

    /// <summary>Name of the second condition.</summary>
    public string OnName { get; init; } = "on";

    /// <summary>Largest size of the page in bytes. Where the weights do not fit, they are written less precisely, then as means over squares of tokens; the page says so.</summary>
    public int MaxBytes { get; init; } = 3_000_000;

    /// <summary>The page.</summary>
    /// <returns>HTML of at most <see cref="MaxBytes"/> bytes as UTF-8; equal patterns give equal text.</returns>
    /// <exception cref="ExperimentException">There is no token, layer or head; a pattern is not as large as the text, holds a weight that is negative or no number, or looks ahead; or nothing fits the size.</exception>
    public string ToHtmlPage()
    {
        if (Tokens.Count == 0 || Layers.Count == 0 || Heads.Count == 0)
        {
            throw new ExperimentException($"An attention explorer needs tokens, layers and heads; it was given {Tokens.Count}, {Layers.Count} and {Heads.Count}.");
        }

        var survey = PatternSurvey.Of(this);
        var frame = ExplorerPage.Write(this, survey, new PackedPatterns([], Resolution.Finest));
        return ExplorerPage.Write(this, survey, PackedPatterns.Of(this, survey, MaxBytes - Encoding.UTF8.GetByteCount(frame)));
    }

    /// <summary>The page in a frame of its own, for a notebook: its script and style touch nothing around it.</summary>
    /// <returns>An <c>iframe</c> that holds the page.</returns>
    /// <exception cref="ExperimentException">As for <see cref="ToHtmlPage"/>.</exception>
    public string ToHtml() => ExplorerPage.Frame(this);

    /// <summary>What the page shows at first, as a figure: the first layer's mean over heads under the first condition.</summary>
    /// <returns>The figure, for places that run no script.</returns>
    /// <exception cref="ExperimentException">A pattern is wrong, as for <see cref="ToHtmlPage"/>.</exception>
    public HeatmapFigure ToFigure()
    {
        var heads = Heads.Select(head => Checked(Off(Layers[0], head), Layers[0], head)).ToList();
        return AttentionFigures.TokenByToken(Grid.Of(Tokens.Count, Tokens.Count, (query, key) => heads.Average(pattern => pattern[query, key])), Tokens, Layers[0], Heads.Count == 1 ? Heads[0] : null, logarithmic: true);
    }

    /// <summary>Writes the page to a file, whole or not at all.</summary>
    /// <param name="path">The file, usually <c>.html</c>; an older one is replaced.</param>
    /// <exception cref="ExperimentException">As for <see cref="ToHtmlPage"/>, or the file cannot be written.</exception>
    public void Save(string path) => AtomicFile.WriteAllText(path, ToHtmlPage());

    /// <summary>What the page shows, in one line.</summary>
    public override string ToString() => $"{Title}: {Tokens.Count} tokens, {Layers.Count} layers, {Heads.Count} heads{(On is null ? "" : $", {OffName} and {OnName}")}. Write it with Save(\"attention.html\") and open it in a browser.";

    /// <summary>The patterns of a condition, layer by layer, head by head, checked.</summary>
    internal IEnumerable<double[,]> Patterns(Func<int, int, double[,]> condition) =>
        from layer in Layers
        from head in Heads
        select Checked(condition(layer, head), layer, head);

    private double[,] Checked(double[,] pattern, int layer, int head)
    {
        if (pattern.GetLength(0) != Tokens.Count || pattern.GetLength(1) != Tokens.Count)
        {
            throw new ExperimentException($"Layer {layer}, head {head}: a pattern of {pattern.GetLength(0)} x {pattern.GetLength(1)} weights for {Tokens.Count} tokens. Give the tokens of the same text.");
        }

        for (var query = 0; query < Tokens.Count; query++)
        {
            for (var key = 0; key < Tokens.Count; key++)
            {
                if (!(pattern[query, key] >= 0) || double.IsInfinity(pattern[query, key]) || (key > query && pattern[query, key] > 0))
                {
                    var weight = pattern[query, key].ToString("G3", System.Globalization.CultureInfo.InvariantCulture);
                    throw new ExperimentException($"Layer {layer}, head {head}: query {query} gives key {key} the weight {weight}. The explorer shows causal attention: weights are numbers from 0 up, and 0 above the diagonal.");
                }
            }
        }

        return pattern;
    }
}
