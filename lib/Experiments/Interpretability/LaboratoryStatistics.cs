namespace Experiments.Interpretability;

/// <summary>Statistics beyond the plain ones over several texts; those that were not asked for are null.</summary>
public sealed record LaboratoryStatistics
{
    /// <summary>Mean scores of each head, texts weighted equally, and the category of these means.</summary>
    public IReadOnlyList<HeadScores>? Heads { get; init; }

    /// <summary>Share of each layer's value-weighted attention by token class, beside <see cref="AttentionStatistics.ClassMasses"/>, with the same intervals. Expected is what its positions would get if attention were even and values weighed alike.</summary>
    public IReadOnlyList<ClassMass>? ValueClassMasses { get; init; }

    /// <summary>Share of the rollout by token class, all layers together: the layer is the last one.</summary>
    public IReadOnlyList<ClassMass>? RolloutClassMasses { get; init; }

    /// <summary>Massive activations and secondary sinks by layer.</summary>
    public IReadOnlyList<HiddenStateSummary>? HiddenStates { get; init; }

    /// <summary>Joins what was read of single texts; null where one was read without.</summary>
    /// <param name="texts">The texts, reduced.</param>
    /// <param name="masses">Makes class masses of the shares by class of each text.</param>
    /// <param name="options">Settings.</param>
    internal static LaboratoryStatistics? Of(IReadOnlyList<TextAttention> texts, Func<Func<TextAttention, double[][]>, IReadOnlyList<ClassMass>> masses, LaboratoryOptions options)
    {
        bool All(Func<TextAttention, object?> part) => texts.All(text => part(text) is not null);
        return !texts.All(text => text.HasLaboratory) ? null : new LaboratoryStatistics
        {
            Heads = All(text => text.Heads) ? HeadScores.Mean([.. texts.Select(text => text.Heads!)], options.Categories) : null,
            ValueClassMasses = All(text => text.ValueMass) ? masses(text => text.ValueMass!) : null,
            RolloutClassMasses = All(text => text.RolloutMass) ? masses(text => text.RolloutMass!) : null,
            HiddenStates = All(text => text.HiddenStates) ? [.. texts[0].HiddenStates!.Select((_, layer) => HiddenStateSummary.Of(layer, [.. texts.Select(text => (text.Tokens, text.HiddenStates![layer]))]))] : null,
        };
    }
}

/// <summary>The hidden state behind one layer over several texts; definitions as in <see cref="HiddenStateReading"/>.</summary>
/// <param name="Layer">0-based layer.</param>
/// <param name="MassiveTexts">Percentage of texts with a massive activation.</param>
/// <param name="Massive">Massive activations per text.</param>
/// <param name="Largest">The greatest absolute entry of all texts.</param>
/// <param name="LargestRatio">The greatest ratio of such an entry to the median of its text.</param>
/// <param name="SecondarySinks">Percentage of tokens other than first ones that are secondary sinks, texts counting by their tokens; NaN where there is none.</param>
public sealed record HiddenStateSummary(int Layer, double MassiveTexts, double Massive, double Largest, double LargestRatio, double SecondarySinks)
{
    internal static HiddenStateSummary Of(int layer, IReadOnlyList<(int Tokens, HiddenStateCounts Counts)> texts)
    {
        var later = texts.Sum(text => text.Tokens - 1);
        return new HiddenStateSummary(
            layer,
            100.0 * texts.Count(text => text.Counts.Massive > 0) / texts.Count,
            texts.Average(text => text.Counts.Massive),
            texts.Max(text => text.Counts.Largest),
            texts.Max(text => text.Counts.LargestRatio),
            later == 0 ? double.NaN : 100.0 * texts.Sum(text => text.Counts.SecondarySinks) / later);
    }
}
