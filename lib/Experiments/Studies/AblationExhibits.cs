using System.Collections.Immutable;
using System.Globalization;
using Experiments.Evaluation;
using Experiments.Interpretability;
using Experiments.Reporting;

namespace Experiments.Studies;

/// <summary>What a sweep over settings of re-balancing shows.</summary>
internal static class AblationExhibits
{
    private const double Level = 0.05;
    private const int PanelsPerFigure = 6; // more are no longer a figure on a page

    internal static Exhibits Of(AblationOptions options, AblationResult result) => new()
    {
        Tables = [("ablation", Settings(result)), .. result.Test is null ? [] : new[] { ("test", Test(result)) }],
        Figures = [.. Grids(options, result).Select((figure, i) => (i == 0 ? "ablation" : $"ablation-{i + 1}", (Figure)figure))],
        Conclusions = Conclusions(result),
    };

    internal static Table Settings(AblationResult result)
    {
        var (sources, heads) = Varied(result.Cells);
        return Table.From(result.Cells, c =>
        {
            var setting = c.Number("Alpha", r => r.Rebalance.Alpha, "0.0#").Number("Threshold", r => r.Rebalance.Threshold, "0.0##");
            setting = (sources ? setting.Integer("Source layer", r => r.Rebalance.SourceLayer) : setting).Text("Layers", r => r.Layers);
            return (heads ? setting.Text("Mask", r => Words(r.Rebalance.Sharing)) : setting)
                .Estimate("Accuracy", r => r.Summary.Accuracy, r => r.Summary.Low, r => r.Summary.High, "0.0%")
                .Difference("Difference", r => r.Change.Difference, r => r.Change.Low, r => r.Change.High)
                .Integer("Gained", r => r.Change.Gained)
                .Integer("Lost", r => r.Change.Lost)
                .PValue("p", r => r.Change.P)
                .PValue("p (Holm)", r => r.Change.AdjustedP);
        }) with
        {
            Caption = "Accuracy on the validation split under settings of re-balancing, with Wilson intervals; the difference to none, with its paired bootstrap interval; McNemar's exact test, Holm-corrected over settings.",
            Label = "ablation",
        };
    }

    internal static Table Test(AblationResult result) => Table.From(result.Test is { } test ? [test] : Array.Empty<AblationTest>(), c => c
        .Text("Setting", _ => Words(result, result.Best))
        .Integer("n", r => r.Change.N)
        .Estimate("Off", r => r.Off.Accuracy, r => r.Off.Low, r => r.Off.High, "0.0%")
        .Estimate("On", r => r.On.Accuracy, r => r.On.Low, r => r.On.High, "0.0%")
        .Difference("Difference", r => r.Change.Difference, r => r.Change.Low, r => r.Change.High)
        .Integer("Gained", r => r.Change.Gained)
        .Integer("Lost", r => r.Change.Lost)
        .PValue("p", r => r.Change.P)) with
    {
        Caption = "The setting of re-balancing that was best on the validation split, asked once on the test split: accuracy without and with it, with Wilson intervals; the difference, with its paired bootstrap interval; McNemar's exact test.",
        Label = "ablation-test",
    };

    internal static IReadOnlyList<PanelFigure> Grids(AblationOptions options, AblationResult result)
    {
        var panels = Panels(options, result.Cells);
        var reach = panels.Max(panel => panel.Figure.ColorRange().High);
        var marked = result.Cells.Any(IsDetected);
        return [.. panels.Chunk(PanelsPerFigure).Select(some => new PanelFigure
        {
            Title = "Change of accuracy by setting of re-balancing",
            Caption = FormattableString.Invariant($"Change of accuracy by setting of re-balancing, {options.Template}, on {result.Baseline.N:N0} validation questions. {string.Join(" ", some.Select((panel, i) => $"{PanelFigure.Letter(i)} {panel.Words}."))}{(marked ? FormattableString.Invariant($" * differs from none at 5 % after Holm's correction over {result.Cells.Count} settings.") : "")}"),
            Panels = [.. some.Select(panel => panel.Figure with { Maximum = reach })],
            Columns = Math.Min(2, some.Length),
            SharedColors = true,
        })];
    }

    internal static ImmutableArray<string> Conclusions(AblationResult result)
    {
        var (best, found) = (result.Best, result.Cells.Count(IsDetected));
        var validation = PercentagePoints.Text(best.Change.Difference, best.Change.Low, best.Change.High);
        var tried = FormattableString.Invariant($"{result.Cells.Count} settings on {result.Baseline.N:N0} validation questions, {100 * result.Baseline.Accuracy:0.0} % without re-balancing. {(found == 0 ? "None differs detectably from none" : $"{found} differ detectably from none")} after Holm's correction. Best: {Words(result, best)}: {validation}, p = {best.Change.AdjustedP:0.000}. Being the best of many, its difference is optimistic.");
        return result.Test is not { } test ? [tried] :
        [
            tried,
            FormattableString.Invariant($"Chosen on validation and asked once on {test.Change.N:N0} test questions: {100 * test.Off.Accuracy:0.0} % without, {100 * test.On.Accuracy:0.0} % with it: {PercentagePoints.Text(test.Change.Difference, test.Change.Low, test.Change.High)}, exact p = {test.Change.P:0.000}. {Verdict(best.Change, test.Change)}"),
        ];
    }

    private static string Verdict(PairedRow validation, PairedRow test) => (test.P < Level, test.Difference) switch
    {
        (true, > 0) => "It helps on questions that it was not chosen on.",
        (true, _) => "It loses there: no setting helps.",
        _ when validation.Difference <= 0 => "No setting helps: even the best is not above none on validation.",
        _ => "No setting helps detectably: the gain of the best on validation is not found again.",
    };

    private static bool IsDetected(AblationCell cell) => cell.Change.AdjustedP < Level;

    private static List<(string Words, HeatmapFigure Figure)> Panels(AblationOptions options, IReadOnlyList<AblationCell> cells)
    {
        var parts = AblationGrid.Parts(options).Where(part => cells.Any(cell => IsOf(cell, part))).ToList();
        var (first, heads) = (options.SourceLayers[0], options.HeadSharing[0]);
        List<(string, HeatmapFigure)> panels = [.. parts.Select(part =>
        {
            var (title, words) = Words(part, parts);
            return (words, Changes(options, cells, "threshold", options.Thresholds, (cell, threshold) => IsOf(cell, part) && cell.Rebalance.Threshold == threshold, title));
        })];
        if (options.SingleLayers.Count > 0)
        {
            bool Edits(AblationCell cell, double layer) => IsOf(cell, (first, new LayerRange((int)layer, (int)layer), heads)) && cell.Rebalance.Threshold == options.Thresholds[0];
            panels.Add((
                FormattableString.Invariant($"One layer edited, threshold {options.Thresholds[0]}"),
                Changes(options, cells, "edited layer", [.. options.SingleLayers.Select(layer => (double)layer)], Edits, "Change of accuracy by alpha and edited layer")));
        }

        return panels;
    }

    private static bool IsOf(AblationCell cell, (int Source, LayerRange Layers, MaskSharing Sharing) part) =>
        cell.Layers == part.Layers.ToString() && cell.Rebalance.SourceLayer == part.Source && cell.Rebalance.Sharing == part.Sharing;

    private static HeatmapFigure Changes(AblationOptions options, IReadOnlyList<AblationCell> cells, string axis, IReadOnlyList<double> columns, Func<AblationCell, double, bool> fits, string title)
    {
        AblationCell Cell(int row, int column) => cells.First(cell => cell.Rebalance.Alpha == options.Alphas[row] && fits(cell, columns[column]));
        return ResultFigures.Ablation(
            Grid.Of(options.Alphas.Count, columns.Count, (row, column) => Cell(row, column).Change.Difference),
            new CategoryAxis("alpha", [.. options.Alphas.Select(Text)]),
            new CategoryAxis(axis, [.. columns.Select(Text)]),
            title,
            "difference",
            "+0.0%;-0.0%;0.0%",
            difference: true) with
        {
            Marked = [.. from row in Enumerable.Range(0, options.Alphas.Count) from column in Enumerable.Range(0, columns.Count) where IsDetected(Cell(row, column)) select (row, column)],
        };
    }

    /// <summary>A panel's title and its words in the caption: what it is, as far as panels differ in it.</summary>
    private static (string Title, string Words) Words((int Source, LayerRange Layers, MaskSharing Sharing) part, List<(int Source, LayerRange Layers, MaskSharing Sharing)> parts)
    {
        var layers = part.Layers == LayerRange.All ? "all layers edited" : $"layers edited: {part.Layers}";
        if (parts.Count == 1)
        {
            return ($"Change of accuracy by alpha and threshold, {layers}", Capital(layers));
        }

        var (sources, ranges, heads) = (parts.DistinctBy(other => other.Source).Count() > 1, parts.DistinctBy(other => other.Layers).Count() > 1, parts.DistinctBy(other => other.Sharing).Count() > 1);
        string Join(string source, string edited, string sharing) => Capital(string.Join(", ", new[] { sources ? source : null, ranges ? edited : null, heads ? sharing : null }.OfType<string>()));
        return (
            Join($"source {part.Source}", $"layers {part.Layers}", part.Sharing == MaskSharing.PerHead ? "per head" : "one mask"),
            Join($"mask of layer {part.Source}", layers, Words(part.Sharing)));
    }

    private static string Words(AblationResult result, AblationCell cell)
    {
        var (sources, heads) = Varied(result.Cells);
        return string.Create(CultureInfo.InvariantCulture, $"alpha {cell.Rebalance.Alpha}, threshold {cell.Rebalance.Threshold}, {(sources ? $"mask of layer {cell.Rebalance.SourceLayer}, " : "")}layers {cell.Layers}{(heads ? $", {Words(cell.Rebalance.Sharing)}" : "")}");
    }

    private static string Words(MaskSharing sharing) => sharing == MaskSharing.PerHead ? "a mask per head" : "one mask for all heads";

    private static (bool Sources, bool Heads) Varied(IReadOnlyList<AblationCell> cells) =>
        (cells.DistinctBy(cell => cell.Rebalance.SourceLayer).Count() > 1, cells.DistinctBy(cell => cell.Rebalance.Sharing).Count() > 1);

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
