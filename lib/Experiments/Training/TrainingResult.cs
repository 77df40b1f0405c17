namespace Experiments.Training;

/// <summary>One optimizer step, as measured.</summary>
/// <param name="Step">1-based step.</param>
/// <param name="Loss">Mean cross-entropy over the step's target tokens, in nats, before the update.</param>
/// <param name="LearningRate">Rate of the update.</param>
/// <param name="GradientNorm">Global L2 norm before clipping.</param>
/// <param name="Tokens">Tokens seen since the start, padding left out.</param>
/// <param name="Seconds">Seconds since the start.</param>
/// <param name="ValidationLoss">Mean cross-entropy on the validation examples after the update, where it was measured.</param>
public sealed record TrainingStep(int Step, double Loss, double LearningRate, double GradientNorm, long Tokens, double Seconds, double? ValidationLoss);

/// <summary>A finished or interrupted training.</summary>
/// <param name="History">Every step.</param>
/// <param name="BestStep">Step with the lowest validation loss, whose weights the model now has; null if no validation was asked for.</param>
/// <param name="BestValidationLoss">Its validation loss.</param>
public sealed record TrainingResult(IReadOnlyList<TrainingStep> History, int? BestStep, double? BestValidationLoss)
{
    /// <summary>Training speed in tokens per second, padding left out.</summary>
    public double TokensPerSecond => History.Count == 0 ? 0 : History[^1].Tokens / History[^1].Seconds;
}
