namespace Experiments.Reporting;

/// <summary>The pictures of attention: one call for each kind.</summary>
public static class AttentionFigures
{
    /// <summary>Values below this share their colour on a logarithmic scale.</summary>
    public const double DefaultLogFloor = 1e-4;

    /// <summary>Attention between tokens for one layer and head: queries downward, keys to the right, later keys empty.</summary>
    /// <param name="pattern"><c>[query, key]</c>, rows as multiplied with the values.</param>
    /// <param name="tokens">The tokens, as many as there are keys.</param>
    /// <param name="layer">Layer, from 0.</param>
    /// <param name="head">Head, from 0; null for the mean over heads.</param>
    /// <param name="logarithmic">Colours follow the logarithm, which shows small weights beside a sink.</param>
    public static HeatmapFigure TokenByToken(Grid pattern, IReadOnlyList<string> tokens, int layer, int? head, bool logarithmic = false) => new()
    {
        Title = $"Attention in layer {layer}, {(head is { } h ? $"head {h}" : "mean over heads")}",
        Values = pattern.BelowDiagonal(),
        Rows = CategoryAxis.Tokens("query token", tokens),
        Columns = CategoryAxis.Tokens("key token", tokens),
        ValueTitle = logarithmic ? "attention weight (log scale)" : "attention weight",
        Minimum = 0,
        LogFloor = logarithmic ? DefaultLogFloor : null,
        Square = true,
    };

    /// <summary>What changed between two patterns over the same tokens, on one scale around zero.</summary>
    /// <param name="change"><c>[query, key]</c>, the second pattern minus the first.</param>
    /// <param name="tokens">The tokens, as many as there are keys.</param>
    /// <param name="what">What was subtracted from what, for instance <c>re-balanced − original</c>.</param>
    /// <param name="layer">Layer, from 0.</param>
    /// <param name="head">Head, from 0; null for the mean over heads.</param>
    public static HeatmapFigure TokenByTokenChange(Grid change, IReadOnlyList<string> tokens, string what, int layer, int? head) =>
        TokenByToken(change, tokens, layer, head) with
        {
            Title = $"Change of attention ({what}) in layer {layer}, {(head is { } h ? $"head {h}" : "mean over heads")}",
            ValueTitle = $"attention weight, {what}",
            Colors = ColorMap.Difference,
        };

    /// <summary>How much attention each token receives in each layer.</summary>
    /// <param name="received"><c>[layer, token]</c></param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="logarithmic">Colours follow the logarithm.</param>
    public static HeatmapFigure ReceivedByLayer(Grid received, IReadOnlyList<string> tokens, bool logarithmic = false) => new()
    {
        Title = "Attention that each token receives, by layer",
        Values = received,
        Rows = CategoryAxis.Numbered("layer", received.Rows),
        Columns = CategoryAxis.Tokens("key token", tokens),
        ValueTitle = logarithmic ? "attention received (log scale)" : "attention received",
        Minimum = 0,
        LogFloor = logarithmic ? DefaultLogFloor : null,
    };

    /// <summary>One number for each layer and head, such as entropy in nats.</summary>
    /// <param name="values"><c>[layer, head]</c></param>
    /// <param name="title">What the figure shows.</param>
    /// <param name="valueTitle">The number's name and unit.</param>
    /// <param name="cellFormat">.NET number format of the cells' text, or null for none.</param>
    /// <param name="maximum">Largest value that the number can have; the smallest is 0.</param>
    public static HeatmapFigure LayerByHead(Grid values, string title, string valueTitle, string? cellFormat = "0.00", double maximum = 1) => new()
    {
        Title = title,
        Values = values,
        Rows = CategoryAxis.Numbered("layer", values.Rows),
        Columns = CategoryAxis.Numbered("head", values.Columns),
        ValueTitle = valueTitle,
        CellFormat = cellFormat,
        Minimum = 0,
        Maximum = maximum,
    };

    /// <summary>How much attention each class of tokens receives, in each layer.</summary>
    /// <param name="classes">Token classes, one group of bars each.</param>
    /// <param name="layers">One series for each layer or each condition.</param>
    /// <param name="valueTitle">What the bars measure.</param>
    public static BarFigure MassByTokenClass(
        IEnumerable<string> classes, IEnumerable<BarSeries> layers, string valueTitle = "share of all attention") => new()
        {
            Title = "Attention by token class and layer",
            Categories = new CategoryAxis("token class", [.. classes]),
            Series = [.. layers],
            ValueTitle = valueTitle,
            Percent = true,
        };

    /// <summary>What each layer's attention is made of: a bar for each layer, a part of it for each class of tokens.</summary>
    /// <param name="layers">Number of layers.</param>
    /// <param name="classes">Token classes with their shares by layer, which sum to 1 over classes; from the bottom up.</param>
    public static BarFigure TokenClassesByLayer(int layers, IEnumerable<BarSeries> classes) => new()
    {
        Title = "Attention by layer and token class",
        Categories = CategoryAxis.Numbered("layer", layers),
        Series = [.. classes],
        ValueTitle = "share of all attention",
        Percent = true,
        Stacked = true,
    };
}
