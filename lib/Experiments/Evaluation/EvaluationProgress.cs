namespace Experiments.Evaluation;

/// <summary>How far an evaluation is.</summary>
/// <param name="Answered">Questions answered.</param>
/// <param name="Correct">Of these, right.</param>
public readonly record struct EvaluationProgress(int Answered, int Correct)
{
    internal EvaluationProgress With(ItemResult result) => new(Answered + 1, Correct + (result.Correct ? 1 : 0));
}
