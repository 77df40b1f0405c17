using Experiments.Reporting;

namespace Experiments.Tests.Reporting;

/// <summary>One small figure of each kind.</summary>
public static class SampleFigures
{
    public static readonly string[] Tokens = ["<s>", "the", "\n", "the", "R&D"];

    public static HeatmapFigure Attention { get; } =
        AttentionFigures.TokenByToken(Grid.Of(5, 5, (q, k) => k > q ? 0 : 1.0 / (q + 1)), Tokens, layer: 2, head: 1);

    public static HeatmapFigure Change { get; } =
        AttentionFigures.TokenByTokenChange(Grid.Of(5, 5, (q, k) => (k - 1) * 0.1), Tokens, "after − before", 0, null);

    public static HeatmapFigure LayerHead { get; } =
        AttentionFigures.LayerByHead(Grid.Of(2, 3, (l, h) => l + (h / 3.0)), "Entropy", "entropy (nats)");

    public static BarFigure Accuracy { get; } = ResultFigures.Accuracy(
        ["STEM", "non-STEM"],
        [new BarSeries("before", [0.5, 0.6]) { Low = [0.4, 0.5], High = [0.55, 0.7] }, new BarSeries("after", [0.52, double.NaN])],
        chance: 0.25);

    public static LineFigure Loss { get; } = ResultFigures.Loss(
        [new LineSeries("training", [0, 10, 20], [3.5, 2.25, 1.125]) { Low = [3, 2, 1], High = [4, 2.5, 1.5] }]);

    public static IntervalFigure Differences { get; } = ResultFigures.Differences([("kinship", 0.02, -0.01, 0.05), ("a rather long name of a group", -0.1, -0.15, -0.05)], "After − before");

    public static PanelFigure Panels { get; } = new() { Title = "Before and after", Panels = [Attention, Attention with { Title = "Another head" }, Attention, Attention], SharedColors = true };

    public static TheoryData<string> Names => [.. All.Keys];

    public static Dictionary<string, Figure> All { get; } = new()
    {
        ["attention"] = Attention,
        ["log attention"] = Attention with { LogFloor = 1e-3 },
        ["change"] = Change,
        ["received"] = AttentionFigures.ReceivedByLayer(Grid.Of(2, 5, (l, k) => 0.1 * (k + l)), Tokens),
        ["layer by head"] = LayerHead,
        ["mass"] = AttentionFigures.MassByTokenClass(["BOS", "newline"], [new BarSeries("layer 0", [0.7, 0.1])]),
        ["stacked"] = AttentionFigures.TokenClassesByLayer(2, [new BarSeries("BOS", [0.5, 0.25]), new BarSeries("newline", [0.125, 0.5]), new BarSeries("content", [0.375, 0.25])]),
        ["accuracy"] = Accuracy,
        ["loss"] = Loss,
        ["differences"] = Differences,
        ["panels"] = Panels,
        ["mixed panels"] = new PanelFigure { Title = "All kinds", Panels = [Accuracy, Loss, Differences], Columns = 2 },
        ["distribution"] = ResultFigures.Distribution([("off", [2, 3, 3, 40]), ("on", [2, 2, 2])], "Tokens per answer", "tokens"),
    };
}
