namespace Experiments.Interpretability;

/// <summary>What a head mostly does, by the rule of <see cref="HeadCategoryOptions"/>.</summary>
public enum HeadCategory
{
    /// <summary>Looks at the token before.</summary>
    PreviousToken,

    /// <summary>Looks at the token after an earlier copy of its own.</summary>
    Induction,

    /// <summary>Looks at earlier copies of its own token.</summary>
    Duplicate,

    /// <summary>Looks at all tokens nearly alike.</summary>
    Broad,

    /// <summary>Rests on the first token.</summary>
    Sink,

    /// <summary>Looks at the last few tokens.</summary>
    Local,

    /// <summary>None of these.</summary>
    Other,
}

/// <summary>The rule that sorts heads into categories: the first that holds, in the order of <see cref="HeadCategory"/>.</summary>
/// <remarks>Why this order: see lib/decisions/014-head-categories.md. The limits are conventions, not measurements; state them with the categories.</remarks>
public sealed record HeadCategoryOptions
{
    /// <summary>Previous-token, induction and duplicate heads have at least this score; of several, the greatest decides.</summary>
    public double PatternScore { get; init; } = 0.4;

    /// <summary>Broad heads have at least this normalised entropy.</summary>
    public double BroadEntropy { get; init; } = 0.9;

    /// <summary>Sink heads give the first token more than this (attention received, Gu et al. 2024: 0.3).</summary>
    public double SinkReceived { get; init; } = 0.3;

    /// <summary>Number of keys, the query's own included, that are local.</summary>
    public int LocalWindow { get; init; } = 5;

    /// <summary>Local heads have at least this share of their attention in that window.</summary>
    public double LocalShare { get; init; } = 0.6;

    /// <summary>The category of a head.</summary>
    /// <param name="scores">Its scores.</param>
    /// <returns>The first category whose condition holds; a score that is NaN holds none.</returns>
    public HeadCategory Of(HeadScores scores)
    {
        (HeadCategory Category, double Score)[] patterns =
        [
            (HeadCategory.PreviousToken, scores.PreviousToken),
            (HeadCategory.Induction, scores.Induction),
            (HeadCategory.Duplicate, scores.DuplicateToken),
        ];
        var best = patterns.MaxBy(pattern => pattern.Score); // the first of equals
        return scores switch
        {
            _ when best.Score >= PatternScore => best.Category,
            _ when scores.NormalizedEntropy >= BroadEntropy => HeadCategory.Broad,
            _ when scores.Sink > SinkReceived => HeadCategory.Sink,
            _ when scores.Local >= LocalShare => HeadCategory.Local,
            _ => HeadCategory.Other,
        };
    }

    internal string? Wrong() => this switch
    {
        _ when !(PatternScore > 0 && PatternScore <= 1) => $"pattern score is {PatternScore}; it must lie above 0 and be 1 at most",
        _ when !(BroadEntropy > 0 && BroadEntropy <= 1) => $"broad entropy is {BroadEntropy}; it must lie above 0 and be 1 at most",
        _ when !(SinkReceived > 0 && SinkReceived < 1) => $"sink received is {SinkReceived}; it must lie between 0 and 1",
        { LocalWindow: < 1 } => $"local window is {LocalWindow}; it must be at least 1",
        _ when !(LocalShare > 0 && LocalShare <= 1) => $"local share is {LocalShare}; it must lie above 0 and be 1 at most",
        _ => null,
    };
}
