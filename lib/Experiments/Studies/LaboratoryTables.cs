using System.Globalization;
using Experiments.Interpretability;
using Experiments.Reporting;

namespace Experiments.Studies;

/// <summary>Tables of the statistics that <see cref="LaboratoryOptions"/> asks for.</summary>
public static class LaboratoryTables
{
    /// <summary>Scores and category of each head.</summary>
    /// <param name="heads">One record per head.</param>
    /// <param name="rule">The rule that gave the categories; null for the default.</param>
    /// <returns>One row per layer and head; the caption states the rule.</returns>
    public static Table Heads(IEnumerable<HeadScores> heads, HeadCategoryOptions? rule = null) => Table.From(heads, c => c
        .Integer("Layer", head => head.Layer)
        .Integer("Head", head => head.Head)
        .Text("Category", head => head.Category.Name())
        .Number("Previous", head => head.PreviousToken, "0.00")
        .Number("Induction", head => head.Induction, "0.00")
        .Number("Duplicate", head => head.DuplicateToken, "0.00")
        .Number("Entropy", head => Known(head.NormalizedEntropy), "0.00")
        .Number("Sink", head => head.Sink, "0.00")
        .Number("Local", head => Known(head.Local), "0.00")
        .Number("Context", head => head.EffectiveContext, "0.0")) with
    {
        Caption = Rule(rule ?? new HeadCategoryOptions()),
        Label = "heads",
    };

    /// <summary>Share of attention by layer and token class, plain and with each weight times the norm of what it moves.</summary>
    /// <param name="plain">Plain shares.</param>
    /// <param name="weighted">Shares of value-weighted attention, for the same layers and classes.</param>
    /// <returns>One row per layer and class.</returns>
    public static Table ValueWeighting(IReadOnlyList<ClassMass> plain, IReadOnlyList<ClassMass> weighted) => Table.From(plain.Zip(weighted, (mass, value) => (Plain: mass, Weighted: value)), c => c
        .Integer("Layer", row => row.Plain.Layer)
        .Text("Class", row => row.Plain.Class.Name())
        .Integer("Tokens", row => row.Plain.Tokens)
        .Number("Expected", row => row.Plain.Expected, "0.0%")
        .Estimate("Mass", row => row.Plain.Mass, row => row.Plain.Low, row => row.Plain.High, "0.0%")
        .Estimate("Value-weighted", row => row.Weighted.Mass, row => row.Weighted.Low, row => row.Weighted.High, "0.0%")) with
    {
        Caption = "Share of attention by token class and layer, plain and value-weighted: each weight times norm(v W_O), through the output projection of its head.",
        Label = "value-weighting",
    };

    /// <summary>Massive activations and secondary sinks.</summary>
    /// <param name="layers">One record per layer.</param>
    /// <param name="options">The settings that gave them; null for the default.</param>
    /// <returns>One row per layer.</returns>
    public static Table HiddenStates(IEnumerable<HiddenStateSummary> layers, LaboratoryOptions? options = null)
    {
        options ??= new LaboratoryOptions();
        return Table.From(layers, c => c
            .Integer("Layer", layer => layer.Layer)
            .Number("Massive activations", layer => layer.Massive, "0.##")
            .Number("Largest entry", layer => layer.Largest, "0.00")
            .Number("Times the median", layer => Known(layer.LargestRatio), "0")
            .Number("Secondary sinks (%)", layer => Known(layer.SecondarySinks), "0.0")) with
        {
            Caption = string.Create(CultureInfo.InvariantCulture, $"Hidden state behind each layer. Massive activations per text: entries above {options.MassiveMagnitude} and at least {options.MassiveRatio} times the median, in absolute value. Secondary sinks: share of the tokens after the first whose hidden state has a cosine above {options.SecondarySinkCosine} with the first one's."),
            Label = "hidden-states",
        };
    }

    /// <summary>The category as people read it: <c>previous token</c>.</summary>
    private static string Name(this HeadCategory category) => category == HeadCategory.PreviousToken ? "previous token" : category.ToString().ToLowerInvariant();

    private static double? Known(double value) => double.IsFinite(value) ? value : null;

    private static string Rule(HeadCategoryOptions rule) => string.Create(
        CultureInfo.InvariantCulture,
        $"Heads by category, the first that holds: previous token, induction or duplicate (TransformerLens score ≥ {rule.PatternScore}, the greatest of the three), broad (normalised entropy ≥ {rule.BroadEntropy}), sink (first token receives > {rule.SinkReceived}), local (last {rule.LocalWindow} keys get ≥ {rule.LocalShare}), other. Context: mean effective context exp(H) in tokens.");
}
