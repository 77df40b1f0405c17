using Experiments.Runs;

namespace Experiments.Studies;

/// <summary>How much work the notebooks do.</summary>
public sealed record Profile
{
    /// <summary>A look at everything in under three minutes; its intervals are wide.</summary>
    public static Profile Quick { get; } = new()
    {
        Name = "quick",
        FineTuneSteps = 60,
        TestPerCategory = 25,
        ValidationPerCategory = 8,
        AttentionTexts = 16,
    };

    /// <summary>The reported numbers, in under a quarter of an hour on two cores.</summary>
    public static Profile Full { get; } = new()
    {
        Name = "full",
        FineTuneSteps = new FineTuneOptions().Training.Steps,
        TestPerCategory = Data.ClosedWorld.ClosedWorldDataset.ReportedPerCategory,
        ValidationPerCategory = 50,
        AttentionTexts = 64,
    };

    /// <summary>Name on the command line.</summary>
    public required string Name { get; init; }

    /// <summary>Optimizer steps of the fine-tuning.</summary>
    public required int FineTuneSteps { get; init; }

    /// <summary>Test questions per category.</summary>
    public required int TestPerCategory { get; init; }

    /// <summary>Validation questions per category, for choosing settings.</summary>
    public required int ValidationPerCategory { get; init; }

    /// <summary>Texts over which attention statistics are averaged.</summary>
    public required int AttentionTexts { get; init; }

    /// <summary>Finds a profile.</summary>
    /// <param name="name"><c>quick</c> or <c>full</c>.</param>
    /// <returns>The profile.</returns>
    /// <exception cref="ExperimentException">There is none of that name.</exception>
    public static Profile Find(string name) => name switch
    {
        "quick" => Quick,
        "full" => Full,
        _ => throw new ExperimentException($"Unknown profile '{name}'. Known: quick, full."),
    };
}
