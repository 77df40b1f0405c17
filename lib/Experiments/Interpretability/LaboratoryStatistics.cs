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
    internal static LaboratoryStatistics? Of(IReadOnlyList<SequenceAttention> texts, ClassMassEstimate estimate, int layers, IReadOnlyList<TokenClass> classes, LaboratoryOptions? options)
    {
        if (options is null || texts.Any(text => text.Laboratory is null))
        {
            return null;
        }

        List<LaboratoryReading> readings = [.. texts.Select(text => text.Laboratory!)];
        bool All(Func<LaboratoryReading, object?> part) => readings.TrueForAll(reading => part(reading) is not null);
        return new LaboratoryStatistics
        {
            Heads = All(reading => reading.Heads) ? HeadScores.Mean(readings.ConvertAll(reading => reading.Heads!), options.Categories) : null,
            ValueClassMasses = All(reading => reading.Values) ? estimate.Masses(Enumerable.Range(0, layers), classes, (text, layer, key) => text.Laboratory!.Values![layer].Mass[key]) : null,
            RolloutClassMasses = All(reading => reading.RolloutMass) ? estimate.Masses([layers - 1], classes, (text, _, key) => text.Laboratory!.RolloutMass![key]) : null,
            HiddenStates = All(reading => reading.HiddenStates) ? [.. Enumerable.Range(0, layers).Select(layer => HiddenStateSummary.Of([.. texts.Select(text => (text.Pieces.Count, text.Laboratory!.HiddenStates![layer]))]))] : null,
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
    internal static HiddenStateSummary Of(IReadOnlyList<(int Tokens, HiddenStateReading Reading)> texts)
    {
        var later = texts.Sum(text => text.Tokens - 1);
        return new HiddenStateSummary(
            texts[0].Reading.Layer,
            100.0 * texts.Count(text => text.Reading.Massive > 0) / texts.Count,
            texts.Average(text => text.Reading.Massive),
            texts.Max(text => text.Reading.Largest),
            texts.Max(text => text.Reading.LargestRatio),
            later == 0 ? double.NaN : 100.0 * texts.Sum(text => text.Reading.SecondarySinks.Count) / later);
    }
}
