using Experiments.Training;

namespace Experiments.Studies;

/// <summary>How far a long step is.</summary>
/// <param name="What">The step, such as <c>fine-tune</c>.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all.</param>
/// <param name="Detail">Current loss, accuracy or speed, ready to be shown.</param>
public sealed record StudyProgress(string What, int Done, int Total, string Detail = "")
{
    /// <summary>Progress of a training, with its loss and speed.</summary>
    /// <param name="what">The step's name.</param>
    /// <param name="step">What was measured last.</param>
    /// <param name="options">The training's settings, for its length.</param>
    /// <returns>The progress.</returns>
    internal static StudyProgress Of(string what, TrainingStep step, TrainingOptions options) =>
        new(what, step.Step, options.Steps, FormattableString.Invariant($"loss {step.Loss:F3}, {step.Tokens / step.Seconds:F0} tokens/s"));
}

/// <summary>Prints progress as a line now and then, which suits notebooks and logs.</summary>
/// <param name="writer">Where to; null for the console.</param>
/// <param name="lines">Lines per step, about.</param>
public sealed class ProgressLines(TextWriter? writer = null, int lines = 5) : IProgress<StudyProgress>
{
    private (string What, int Mark) _last = ("", -1);

    /// <inheritdoc/>
    public void Report(StudyProgress value)
    {
        var mark = value.Total == 0 ? lines : (int)((long)value.Done * lines / value.Total);
        if ((value.What, mark) == _last || mark == 0)
        {
            return;
        }

        _last = (value.What, mark);
        (writer ?? Console.Out).WriteLine($"{value.What}: {value.Done}/{value.Total} {value.Detail}".TrimEnd());
    }
}
