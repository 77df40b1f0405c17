namespace Experiments.Reporting.Explorer;

/// <summary>What one pass over all patterns finds: the ends of the colour scales, which are the same for every layer and head.</summary>
/// <param name="Top">Greatest weight, at least 1. Re-balanced rows sum to more than 1.</param>
/// <param name="Reach">Greatest distance between the two conditions; the floor's tenfold if they are equal or one is missing.</param>
internal sealed record PatternSurvey(double Top, double Reach)
{
    public static PatternSurvey Of(AttentionExplorer explorer)
    {
        var (top, reach) = (1.0, 10 * WeightScale.Floor);
        foreach (var (off, on) in explorer.Patterns(explorer.Off).Zip(explorer.Patterns(explorer.On ?? explorer.Off)))
        {
            foreach (var (before, after) in Resolution.Finest.Cells(off).Zip(Resolution.Finest.Cells(on)))
            {
                (top, reach) = (Math.Max(top, Math.Max(before, after)), Math.Max(reach, Math.Abs(after - before)));
            }
        }

        return new PatternSurvey(top, reach);
    }
}
