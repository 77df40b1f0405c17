using System.Globalization;
using Experiments.Interpretability;
using Experiments.Reporting;

namespace Experiments.Studies;

/// <summary>Tables, figures and conclusions of attention statistics, from their numbers alone.</summary>
internal static class AttentionExhibits
{
    public static Exhibits Of(IReadOnlyList<AttentionCondition> conditions, IReadOnlyList<AttentionExample> examples) => new()
    {
        Tables =
        [
            .. conditions.Select(condition => ($"token-classes-{FileName(condition)}", Named(AttentionReport.ClassTable(condition.Statistics), condition))),
            .. conditions.Where(condition => condition.Statistics.NonSemantic is not null).Select(condition => ($"non-semantic-heads-{FileName(condition)}", Named(AttentionReport.HeadTable(condition.Statistics.NonSemantic!), condition))),
        ],
        Figures =
        [
            .. conditions.Select(condition => ($"token-classes-{FileName(condition)}", (Figure)(AttentionReport.ClassFigure(condition.Statistics) with
            {
                Title = $"Attention by token class and layer, {condition.Name}",
                Caption = $"Share of attention by token class and layer, {condition.Name}, over {condition.Statistics.Sequences} texts. Whiskers: bootstrap 95 % intervals over texts.",
            }))),
            .. conditions.Select(condition => ($"layers-{FileName(condition)}", (Figure)(AttentionReport.LayerFigure(condition.Statistics) with
            {
                Title = $"Attention by layer and token class, {condition.Name}",
                Caption = $"What the attention of each layer goes to, {condition.Name}, over {condition.Statistics.Sequences} texts.",
            }))),
            ("non-semantic", NonSemantic(conditions)),
            .. NonSemanticByHead(conditions) is { } byHead ? new (string, Figure)[] { ("non-semantic-by-head", byHead) } : [],
            ("entropy-by-layer", EntropyByLayer(conditions)),
            ("sink-rate", ByHead(conditions, "Sink rate of the first token", "% of texts", "0", 100, statistics => statistics.SinkRate)),
            ("entropy", ByHead(conditions, "Normalised entropy", "entropy / ln i", "0.00", 1, statistics => statistics.NormalizedEntropy)),
            .. examples.Count == 0 ? [] : new (string, Figure)[] { ("example", Example(examples)) },
        ],
        Conclusions = [.. ConclusionsOf(conditions)],
    };

    private static string FileName(AttentionCondition condition) => condition.Name.Replace(", ", "-", StringComparison.Ordinal);

    private static Table Named(Table table, AttentionCondition condition) => table with { Caption = $"{char.ToUpperInvariant(condition.Name[0])}{condition.Name[1..]}: {char.ToLowerInvariant(table.Caption[0])}{table.Caption[1..]}", Label = "" };

    /// <summary>Attention on all non-semantic tokens but the first by layer, against what their positions explain; with bands where intervals were saved.</summary>
    public static LineFigure NonSemantic(IReadOnlyList<AttentionCondition> conditions)
    {
        var banded = conditions.Any(condition => condition.Statistics.NonSemantic?.Layers[0].Low is not null);
        return new LineFigure
        {
            Title = "Attention on non-semantic tokens, by layer",
            Caption = $"Share of attention on non-semantic tokens (all classes but content words, digits and the first token) by layer, and the share that their positions explain.{(banded ? " Bands: bootstrap 95 % intervals over texts." : "")}",
            Series = [.. conditions.Select(Line), Sum("explained by positions", conditions[0].Statistics, mass => mass.Expected)],
            XTitle = "layer",
            ValueTitle = "share of attention",
            Percent = true,
            Markers = true,
        };

        static LineSeries Line(AttentionCondition condition)
        {
            var line = Sum(condition.Name, condition.Statistics, mass => mass.Mass);
            return condition.Statistics.NonSemantic?.Layers is { } layers && layers.All(layer => layer is { Low: not null, High: not null })
                ? line with { Y = [.. layers.Select(layer => layer.Mass)], Low = [.. layers.Select(layer => layer.Low!.Value)], High = [.. layers.Select(layer => layer.High!.Value)] }
                : line;
        }

        static LineSeries Sum(string name, AttentionStatistics statistics, Func<ClassMass, double> share)
        {
            var layers = statistics.ClassMasses.GroupBy(mass => mass.Layer).OrderBy(layer => layer.Key).ToList();
            return new LineSeries(name, [.. layers.Select(layer => (double)layer.Key)], [.. layers.Select(layer => layer.Where(mass => mass.Class.IsNonSemantic()).Sum(share))]);
        }
    }

    /// <summary>The same by layer and head, above what positions explain; null where a run saved no numbers by head.</summary>
    public static PanelFigure? NonSemanticByHead(IReadOnlyList<AttentionCondition> conditions) => conditions.Any(condition => condition.Statistics.NonSemantic is null) ? null : new PanelFigure
    {
        Title = "Attention on non-semantic tokens, by layer and head",
        Caption = string.Create(CultureInfo.InvariantCulture, $"Share of each head's attention on non-semantic tokens (all classes but content words, digits and the first token), in percentage points above the {conditions[0].Statistics.NonSemantic!.Expected:0.0%} that their positions explain. {string.Join(" ", conditions.Select((condition, i) => $"{PanelFigure.Letter(i)} {condition.Name}."))}"),
        Panels = [.. conditions.Select(condition => HeadFigures.NonSemantic(condition.Statistics.NonSemantic!, condition.Name))],
        SharedColors = true,
    };

    /// <summary>Entropy before and after, with a band from the least to the greatest head.</summary>
    private static LineFigure EntropyByLayer(IReadOnlyList<AttentionCondition> conditions)
    {
        LineSeries Line(AttentionCondition condition)
        {
            var values = condition.Statistics.NormalizedEntropy;
            var layers = Enumerable.Range(0, values.GetLength(0)).Select(layer => Enumerable.Range(0, values.GetLength(1)).Select(head => values[layer, head]).ToArray()).ToArray();
            return new LineSeries(condition.Name, [.. layers.Select((_, layer) => (double)layer)], [.. layers.Select(heads => heads.Average())])
            {
                Low = [.. layers.Select(heads => heads.Min())],
                High = [.. layers.Select(heads => heads.Max())],
            };
        }

        return new LineFigure
        {
            Title = "Normalised entropy by layer, fine-tuned",
            Caption = "Normalised entropy by layer after fine-tuning, with re-balancing off and on: mean over heads; bands reach from the least to the greatest head.",
            Series = [.. conditions.Where(condition => condition.Name.StartsWith("fine-tuned", StringComparison.Ordinal)).Select(Line)],
            XTitle = "layer",
            ValueTitle = "entropy / ln i",
            Markers = true,
        };
    }

    private static PanelFigure ByHead(IReadOnlyList<AttentionCondition> conditions, string title, string valueTitle, string format, double maximum, Func<AttentionStatistics, double[,]> values) => new()
    {
        Title = $"{title}, by layer and head",
        Caption = $"{title} by layer and head. {string.Join(" ", conditions.Select((condition, i) => $"{PanelFigure.Letter(i)} {condition.Name}."))}",
        Panels = [.. conditions.Select(condition => AttentionFigures.LayerByHead(values(condition.Statistics), condition.Name, valueTitle, format, maximum))],
        SharedColors = true,
    };

    private static PanelFigure Example(IReadOnlyList<AttentionExample> examples)
    {
        var ordered = examples.OrderBy(example => example.Layer).ToList();
        return new PanelFigure
        {
            Title = "Attention on one text, mean over heads",
            Caption = $"Attention between the tokens of one text, mean over heads, logarithmic. {string.Join(" ", ordered.Select((example, i) => $"{PanelFigure.Letter(i)} {Name(example)}."))}",
            Panels = [.. ordered.Select(example => AttentionFigures.TokenByToken(example.Pattern, example.Pieces, example.Layer, null, logarithmic: true) with { Title = Name(example) })],
            SharedColors = true,
        };

        static string Name(AttentionExample example) => $"Layer {example.Layer}, {example.Condition}";
    }

    /// <summary>Which non-semantic tokens of the fine-tuned model stand out, or that none does.</summary>
    public static IReadOnlyList<string> ConclusionsOf(IReadOnlyList<AttentionCondition> conditions)
    {
        const int most = 5;
        var tuned = conditions.First(condition => condition.Name == "fine-tuned").Statistics;
        var clear = tuned.ClassMasses.Where(mass => mass.Class.IsNonSemantic() && mass.Low > mass.Expected).OrderByDescending(mass => mass.Lift).Take(most).ToList();
        return clear.Count == 0
            ? ["No class of non-semantic tokens receives detectably more attention than its positions explain."]
            : clear.ConvertAll(mass => string.Create(CultureInfo.InvariantCulture, $"Layer {mass.Layer}: {mass.Class.Name()} tokens receive {100 * mass.Mass:0.0} % of the attention where their positions explain {100 * mass.Expected:0.0} % (lift {mass.Lift:0.0}, 95 % interval of the mass {100 * mass.Low:0.0} to {100 * mass.High:0.0} %)."));
    }
}
