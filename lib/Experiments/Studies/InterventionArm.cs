using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Interpretability;
using Experiments.Models;

namespace Experiments.Studies;

/// <summary>One intervention of the comparison, before it is tried.</summary>
/// <param name="Name">Its settings in words.</param>
/// <param name="Role">What it is.</param>
/// <param name="Intervention">Its settings.</param>
/// <param name="Real">Of a control: the name of the re-balancing that it controls for, which stands before it.</param>
internal sealed record InterventionArm(string Name, InterventionRole Role, Intervention Intervention, string? Real = null)
{
    /// <summary>All of a comparison: re-balancing, its controls, others.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="tokenizer">For the other text.</param>
    /// <param name="template">Prompt template.</param>
    internal static List<InterventionArm> Of(InterventionOptions options, TextTokenizer tokenizer, PromptTemplate template)
    {
        var real = new InterventionArm(Interventions.Text(options.Rebalance), InterventionRole.Rebalancing, options.Rebalance);
        var arms = new List<InterventionArm> { real };
        arms.AddRange(options.RandomSeeds.Select(seed => new InterventionArm($"random mask, seed {seed}", InterventionRole.Control, new RandomMask { Rebalance = options.Rebalance, Seed = seed }, real.Name)));
        arms.Add(new InterventionArm("mask of another text", InterventionRole.Control, new OtherSequenceMask { Rebalance = options.Rebalance, Tokens = OtherText(options, tokenizer, template) }, real.Name));
        if (options.MaskLayer is { } layer)
        {
            // A mask of layer s edits only the layers behind it; what it is compared with may not edit more.
            var control = new OtherLayerMask { Rebalance = options.Rebalance, Layer = layer };
            var behind = options.Rebalance with { FirstLayer = control.Effective.FirstLayer };
            if (behind != options.Rebalance)
            {
                real = new InterventionArm($"{real.Name}, from layer {behind.FirstLayer}", InterventionRole.Rebalancing, behind);
                arms.Add(real);
            }

            arms.Add(new InterventionArm($"mask of layer {layer}", InterventionRole.Control, control, real.Name));
        }

        arms.AddRange(options.Others.Select(other => new InterventionArm(Interventions.Text(other), InterventionRole.Other, other)));
        return [.. arms.DistinctBy(arm => arm.Name)];
    }

    /// <summary>A training question with its worked answer: no validation question is like it, and it is as long as prompt and reply together.</summary>
    private static int[] OtherText(InterventionOptions options, TextTokenizer tokenizer, PromptTemplate template)
    {
        var question = ClosedWorldDataset.Generate(DatasetSplit.Train, 1, options.Seed)[0];
        return tokenizer.Encode(template.Render(question) + template.Target(question));
    }
}
