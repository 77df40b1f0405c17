using Experiments.Runs;
using Experiments.Studies;

namespace Experiments.Cli;

/// <summary>What came out of verifying runs, written as each ends.</summary>
/// <param name="tolerance">How far numbers may be apart.</param>
/// <param name="writer">Where to.</param>
internal sealed class VerificationReport(Tolerance tolerance, TextWriter writer)
{
    private readonly List<object> _runs = [];

    /// <summary>Whether every run was made again and all its numbers agree.</summary>
    internal bool Agrees { get; private set; } = true;

    /// <summary>All of it, for programs.</summary>
    internal object Json => new { Agrees, Rtol = tolerance.Relative, Atol = tolerance.Absolute, Runs = _runs };

    internal void Add(VerifiedRun verified)
    {
        var (run, (numbers, differences), notes) = verified;
        Agrees &= differences.Count == 0;
        _runs.Add(new { Run = Name(run), Numbers = numbers, Differences = differences, Notes = notes });
        if (differences.Count > 0)
        {
            writer.WriteLine(verified.Comparison.Table.ToPlainText());
        }

        var shown = differences.Count > MetricComparison.MostShown ? $", the {MetricComparison.MostShown} largest above" : "";
        var result = differences.Count == 0 ? "all within" : FormattableString.Invariant($"{differences.Count:N0} {(differences.Count == 1 ? "differs" : "differ")}{shown}; allowed is");
        writer.WriteLine(FormattableString.Invariant($"{Name(run)}: {numbers:N0} numbers compared, {result} {tolerance}."));
        foreach (var note in notes)
        {
            writer.WriteLine("  " + note);
        }
    }

    internal void Add(CompletedRun run, ExperimentException error)
    {
        Agrees = false;
        _runs.Add(new { Run = Name(run), Error = error.Message });
        writer.WriteLine($"{Name(run)}: not made again. {error.Message}");
    }

    internal void PassOver(CompletedRun run, string reason)
    {
        _runs.Add(new { Run = Name(run), PassedOver = reason });
        writer.WriteLine($"{Name(run)}: passed over, {reason}.");
    }

    private static string Name(CompletedRun run) => $"{run.Manifest.Experiment}/{run.Id}";
}
