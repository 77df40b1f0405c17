using Experiments.Evaluation;
using Experiments.Reporting;

namespace Experiments.Studies;

/// <summary>What a comparison of interventions shows.</summary>
internal static class InterventionExhibits
{
    internal static Exhibits Of(InterventionOptions options, InterventionResult result) => new()
    {
        Tables = [("interventions", Against(result)), ("controls", Controls(result))],
        Figures =
        [
            ("differences", Differences(result) with { Caption = FormattableString.Invariant($"Change of accuracy against no intervention, {options.Template}, on {result.Baseline.N:N0} validation questions, with paired bootstrap intervals of 95 %.") }),
            ("controls", ControlDifferences(result) with { Caption = FormattableString.Invariant($"Accuracy of re-balancing minus that of each control, {options.Template}, on {result.Baseline.N:N0} validation questions, with paired bootstrap intervals of 95 %. What is zero here is not the mask's effect.") }),
        ],
        Conclusions = Conclusions(result),
    };

    internal static Table Against(InterventionResult result) => Table.From(result.Rows, c => c
        .Text("Intervention", r => r.Name)
        .Text("Role", r => r.Role switch { InterventionRole.Rebalancing => "re-balancing", InterventionRole.Control => "control", _ => "other" })
        .Estimate("Accuracy", r => r.Summary.Accuracy, r => r.Summary.Low, r => r.Summary.High, "0.0%")
        .Difference("Difference", r => r.Change.Difference, r => r.Change.Low, r => r.Change.High)
        .PValue("p", r => r.Change.P)
        .PValue("p (Holm)", r => r.Change.AdjustedP)) with
    {
        Caption = FormattableString.Invariant($"Accuracy on {result.Baseline.N:N0} validation questions under interventions, with Wilson intervals; {100 * result.Baseline.Accuracy:0.0} % without any. The difference to none, with its paired bootstrap interval; McNemar's exact test, Holm-corrected over all rows."),
        Label = "interventions",
    };

    internal static Table Controls(InterventionResult result) => Table.From(ControlRows(result), c => c
        .Text("Re-balancing", r => r.Real)
        .Text("Control", r => r.Name)
        .Difference("Re-balancing - control", r => r.Effect!.Difference, r => r.Effect!.Low, r => r.Effect!.High)
        .Integer("Gained", r => r.Effect!.Gained)
        .Integer("Lost", r => r.Effect!.Lost)
        .PValue("p", r => r.Effect!.P)
        .PValue("p (Holm)", r => r.Effect!.AdjustedP)) with
    {
        Caption = "Re-balancing against its negative controls on the same questions: questions that are right only with the real mask (gained) or only with the control's (lost), and the difference with its paired bootstrap interval; McNemar's exact test, Holm-corrected over controls.",
        Label = "intervention-controls",
    };

    internal static IntervalFigure Differences(InterventionResult result) =>
        ResultFigures.Differences(result.Rows.Select(row => (row.Name, row.Change.Difference, row.Change.Low, row.Change.High)), "Change of accuracy by intervention");

    private static IntervalFigure ControlDifferences(InterventionResult result) =>
        ResultFigures.Differences(ControlRows(result).Select(row => (row.Name, row.Effect!.Difference, row.Effect.Low, row.Effect.High)), "Re-balancing minus its controls");

    private static IEnumerable<InterventionRow> ControlRows(InterventionResult result) => result.Rows.Where(row => row.Role == InterventionRole.Control);

    private static System.Collections.Immutable.ImmutableArray<string> Conclusions(InterventionResult result)
    {
        var real = result.Rows[0];
        var controls = ControlRows(result).Where(row => row.Real == real.Name).ToList();
        var others = result.Rows.Where(row => row.Role == InterventionRole.Other).ToList();
        return
        [
            FormattableString.Invariant($"{Verdict(real)}, {100 * result.Baseline.Accuracy:0.0} % without, on {result.Baseline.N:N0} validation questions. {ControlVerdict(real, controls)}"),
            .. result.Rows.Where(row => row.Effect is not null && row.Real != real.Name).Select(row => $"{row.Real} against {row.Name}: {(Found(row.Effect!) ? "they differ" : "no detectable difference")}, {Points(row.Effect!)}."),
            others.Where(row => Found(row.Change)).ToList() is { Count: > 0 } found
                ? $"{found.Count} of {others.Count} other interventions differ detectably from none: {string.Join("; ", found.Select(row => $"{row.Name} {(row.Change.Difference > 0 ? "gains" : "loses")}, {Points(row.Change)}"))}."
                : $"None of {others.Count} other interventions differs detectably from none.",
        ];
    }

    private static string Verdict(InterventionRow real) => real.Change switch
    {
        var change when !Found(change) => $"Re-balancing ({real.Name}) does not differ detectably from none: {Points(change)}",
        { Difference: > 0 } => $"Re-balancing ({real.Name}) gains against none: {Points(real.Change)}",
        _ => $"Re-balancing ({real.Name}) loses against none: {Points(real.Change)}",
    };

    private static string ControlVerdict(InterventionRow real, List<InterventionRow> controls)
    {
        var better = controls.Where(row => Found(row.Effect!) && row.Effect!.Difference > 0).ToList();
        var worse = controls.Where(row => Found(row.Effect!) && row.Effect!.Difference < 0).ToList();
        var counts = $"it is detectably better than {better.Count} and detectably worse than {worse.Count} of {controls.Count} controls with other masks";
        return (Found(real.Change), real.Change.Difference > 0) switch
        {
            _ when controls.Count == 0 => "There are no controls to compare it with.",
            (true, true) when better.Count == controls.Count => $"It is detectably better than all {controls.Count} controls with other masks: the gain is the mask's.",
            (true, true) => $"But {counts}: the gain is not shown to be the paper's effect.",
            (true, false) => $"Against the controls {counts}.",
            _ => $"So there is no gain to attribute; {counts}.",
        };
    }

    private static bool Found(PairedRow row) => row.AdjustedP < 0.05;

    private static string Points(PairedRow row) => FormattableString.Invariant($"{PercentagePoints.Text(row.Difference, row.Low, row.High)}, {(row.AdjustedP < 0.001 ? "p < 0.001" : FormattableString.Invariant($"p = {row.AdjustedP:0.000}"))}");
}
