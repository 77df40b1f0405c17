using System.Globalization;
using Experiments.Runs;

namespace Experiments.Training;

/// <summary>Stops a training whose loss or gradient is not finite, or whose loss is far above that of guessing after it was below.</summary>
/// <param name="options">Settings, for the advice.</param>
/// <param name="vocabSize">Size of the vocabulary: guessing among it has a loss of its logarithm.</param>
internal sealed class DivergenceGuard(TrainingOptions options, int vocabSize)
{
    private const int ListedExamples = 8;
    private readonly double _guessing = Math.Log(vocabSize);
    private bool _hasLearned;

    /// <summary>Looks at a step before it changes the weights.</summary>
    /// <param name="step">0-based step.</param>
    /// <param name="loss">Its loss.</param>
    /// <param name="norm">Its gradient norm.</param>
    /// <param name="batch">Its examples.</param>
    /// <exception cref="ExperimentException">The training diverged.</exception>
    internal void Check(int step, double loss, double norm, IReadOnlyList<TrainingExample> batch)
    {
        _hasLearned |= loss < _guessing;
        // 2 ln V: a model that had learned something loses that much only when its weights ran away.
        var exploded = _hasLearned && loss > 2 * _guessing;
        if (double.IsFinite(loss) && double.IsFinite(norm) && !exploded)
        {
            return;
        }

        var what = exploded
            ? string.Create(CultureInfo.InvariantCulture, $"The loss is {loss:0.00} at step {step + 1}, where guessing would be {_guessing:0.00}")
            : !double.IsFinite(loss) ? string.Create(CultureInfo.InvariantCulture, $"The loss is {loss} at step {step + 1}")
            : string.Create(CultureInfo.InvariantCulture, $"The gradient norm is {norm} at step {step + 1}");
        throw new ExperimentException(string.Create(CultureInfo.InvariantCulture,
            $"{what}: the training diverged. Its batch: {Names(step, batch)}. Lower the learning rate ({options.LearningRate}), lengthen the warm-up ({options.WarmupSteps} steps), or look at those examples."));
    }

    private string Names(int step, IReadOnlyList<TrainingExample> batch)
    {
        var first = (step * options.BatchSize) + 1;
        var names = batch.Where(example => example.Id is not null).Select(example => example.Id!).ToList();
        var places = string.Create(CultureInfo.InvariantCulture, $"examples {first} to {first + batch.Count - 1} of the order");
        return names.Count == 0 ? places : $"{places} ({string.Join(", ", names.Take(ListedExamples))}{(names.Count > ListedExamples ? ", …" : "")})";
    }
}
