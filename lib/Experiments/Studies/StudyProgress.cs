using System.Globalization;
using Experiments.Evaluation;
using Experiments.Reporting;
using Experiments.Training;

namespace Experiments.Studies;

/// <summary>How far a long step is. The first report of a step has none done, the last all.</summary>
/// <param name="What">The step, such as <c>fine-tune</c>.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all.</param>
/// <param name="Detail">Current loss, accuracy or speed, ready to be shown.</param>
public sealed record StudyProgress(string What, int Done, int Total, string Detail = "")
{
    /// <summary>Draws what was measured so far, such as the loss curve; null where there is nothing to draw.</summary>
    public Func<Figure>? Figure { get; init; }

    /// <summary>Reports a training that begins now, with its loss and speed.</summary>
    /// <param name="progress">Told; null for nobody.</param>
    /// <param name="what">The step's name.</param>
    /// <param name="options">The training's settings, for its length.</param>
    /// <returns>To be called after every step.</returns>
    internal static Action<TrainingStep> OfTraining(IProgress<StudyProgress>? progress, string what, TrainingOptions options)
    {
        var history = new List<TrainingStep>();
        progress?.Report(new StudyProgress(what, 0, options.Steps));
        return step =>
        {
            history.Add(step);
            progress?.Report(Of(what, history, options));
        };
    }

    /// <summary>Progress of a training, with its loss and speed.</summary>
    /// <param name="what">The step's name.</param>
    /// <param name="history">The steps so far, at least one.</param>
    /// <param name="options">The training's settings, for its length.</param>
    /// <returns>The progress.</returns>
    private static StudyProgress Of(string what, IReadOnlyList<TrainingStep> history, TrainingOptions options)
    {
        var step = history[^1];
        var validation = history.LastOrDefault(earlier => earlier.ValidationLoss is not null)?.ValidationLoss;
        var detail = string.Create(CultureInfo.InvariantCulture, $"loss {step.Loss:0.000}{(validation is { } loss ? string.Create(CultureInfo.InvariantCulture, $", validation {loss:0.000}") : "")}, {step.Tokens / step.Seconds:N0} tokens/s");
        return new StudyProgress(what, step.Step, options.Steps, detail) { Figure = () => FineTuneStudy.LossFigure(new TrainingResult(history, null, null)) };
    }

    /// <summary>Progress of an evaluation, with the accuracy so far.</summary>
    /// <param name="what">The step's name.</param>
    /// <param name="progress">What was answered.</param>
    /// <param name="total">Number of questions.</param>
    /// <returns>The progress.</returns>
    public static StudyProgress Of(string what, EvaluationProgress progress, int total) =>
        new(what, progress.Answered, total, FormattableString.Invariant($"accuracy {100.0 * progress.Correct / progress.Answered:0.0} %"));
}
