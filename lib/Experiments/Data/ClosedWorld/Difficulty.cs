using Experiments.Runs;

namespace Experiments.Data.ClosedWorld;

/// <summary>How hard the generated problems are.</summary>
public sealed record Difficulty
{
    /// <summary>Fewest facts or calculations that must be chained; see data/README.md for what a step is in each category.</summary>
    public int MinSteps { get; init; } = 1;

    /// <summary>Most facts or calculations that must be chained.</summary>
    public int MaxSteps { get; init; } = 5;

    /// <summary>Largest factor between two containers of <c>units</c>.</summary>
    public int MaxFactor { get; init; } = 9;

    /// <summary>Facts of the same kind that are not needed.</summary>
    public int Distractors { get; init; } = 3;

    /// <summary>Rejects values that the world has no room for.</summary>
    /// <exception cref="ExperimentException">A value is out of range.</exception>
    public void Validate()
    {
        if (MaxFactor is < 2 or > 9)
        {
            throw new ExperimentException($"Difficulty: factors up to {MaxFactor}; use 2 to 9.");
        }

        if (MinSteps < 1 || MaxSteps < MinSteps || MaxSteps > 5 || Distractors is < 1 or > 6)
        {
            throw new ExperimentException($"Difficulty: steps {MinSteps} to {MaxSteps} with {Distractors} distractors; use 1 ≤ min ≤ max ≤ 5 steps and 1 to 6 distractors.");
        }
    }
}
