namespace Experiments.Data.ClosedWorld;

/// <summary>A drawn problem before its facts and options are put in order.</summary>
/// <param name="Facts">Sentences that may stand in any order; empty where the question says it all.</param>
/// <param name="Ask">The question sentence.</param>
/// <param name="Steps">The worked analysis, sentence by sentence.</param>
/// <param name="Answer">Text of the right option.</param>
/// <param name="Distractors">Texts of wrong options, at least three distinct ones; the first three are taken after a shuffle.</param>
internal sealed record Draft(IReadOnlyList<string> Facts, string Ask, IReadOnlyList<string> Steps, string Answer, IReadOnlyList<string> Distractors)
{
    /// <summary>What makes two problems the same, whatever the order of their facts and options.</summary>
    internal string Key => string.Join(' ', Facts.Order(StringComparer.Ordinal).Append(Ask));
}
