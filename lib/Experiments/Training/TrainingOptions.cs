using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Training;

/// <summary>How the learning rate falls after warm-up.</summary>
public enum LearningRateSchedule
{
    /// <summary>Half a cosine, down to the final rate.</summary>
    Cosine,

    /// <summary>A straight line, down to the final rate.</summary>
    Linear,

    /// <summary>Stays at its peak.</summary>
    Constant,
}

/// <summary>Settings of a training run: AdamW with warm-up, schedule, clipping and gradient accumulation.</summary>
public sealed record TrainingOptions
{
    /// <summary>Optimizer steps.</summary>
    public int Steps { get; init; } = 300;

    /// <summary>Sequences per optimizer step.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Parts that a step's sequences are split into; their gradients are summed, so that memory is that of one part.</summary>
    public int MicroBatches { get; init; } = 4;

    /// <summary>Parts computed at the same time, each on one thread with its own copy of the weights. 0: as many as torch has threads, at most 8.</summary>
    public int Workers { get; init; }

    /// <summary>Dtype of the forward and backward passes: float32, or bfloat16 with float32 master weights, gradients and moments.</summary>
    public ScalarType ComputeDtype { get; init; } = ScalarType.Float32;

    /// <summary>Whether only the inputs of layers are kept and each layer is computed again on the way back: memory for one layer's activations, a third more time.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Tokens up to which short examples share a row, each seeing itself only (sequence packing); 0 for one example a row.</summary>
    public int PackedLength { get; init; }

    /// <summary>Seed of an adapter's dropout.</summary>
    public int Seed { get; init; }

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Final learning rate as a share of the peak.</summary>
    public double FinalLearningRateShare { get; init; } = 0.1;

    /// <summary>Steps over which the rate rises from 0.</summary>
    public int WarmupSteps { get; init; } = 20;

    /// <summary>Shape of the decay.</summary>
    public LearningRateSchedule Schedule { get; init; }

    /// <summary>Decoupled weight decay, on matrices only; norms and biases have none.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>AdamW's decay of the gradient mean.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the squared gradient mean.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>AdamW's epsilon.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Largest global gradient norm; larger ones are scaled down to it. 0 for no clipping.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Steps between two measurements of the validation loss; 0 for never.</summary>
    public int EvaluateEvery { get; init; }

    /// <summary>Measurements of the validation loss without a new lowest one after which the training ends; 0 to go on to the last step.</summary>
    public int EarlyStoppingPatience { get; init; }

    /// <summary>The learning rate of a step.</summary>
    /// <param name="step">0-based step.</param>
    /// <returns>The rate.</returns>
    public double RateAt(int step)
    {
        if (step < WarmupSteps)
        {
            return LearningRate * (step + 1) / WarmupSteps;
        }

        var done = (double)(step - WarmupSteps) / Math.Max(1, Steps - WarmupSteps);
        var remaining = Schedule switch
        {
            LearningRateSchedule.Cosine => 0.5 * (1 + Math.Cos(Math.PI * done)),
            LearningRateSchedule.Linear => 1 - done,
            _ => 1.0,
        };
        return LearningRate * (FinalLearningRateShare + ((1 - FinalLearningRateShare) * remaining));
    }

    /// <summary>Rejects contradictions.</summary>
    /// <exception cref="ExperimentException">A value is out of range.</exception>
    public void Validate()
    {
        var wrong = this switch
        {
            { Steps: < 1 } => $"steps is {Steps}; it must be at least 1",
            { BatchSize: < 1 } => $"batch size is {BatchSize}; it must be at least 1",
            { MicroBatches: < 1 } => $"micro-batches is {MicroBatches}; it must be at least 1",
            { Workers: < 0 } => $"workers is {Workers}; it must be 0 (automatic) or more",
            { LearningRate: <= 0 or double.NaN } => $"learning rate is {LearningRate}; it must be positive",
            { WarmupSteps: < 0 } => $"warm-up is {WarmupSteps} steps; it must be 0 or more",
            { WeightDecay: < 0 } => $"weight decay is {WeightDecay}; it must be 0 or more",
            { ClipNorm: < 0 } => $"clip norm is {ClipNorm}; it must be 0 (off) or more",
            { FinalLearningRateShare: < 0 or > 1 } => $"final learning rate share is {FinalLearningRateShare}; it must be between 0 and 1",
            { PackedLength: < 0 } => $"packed length is {PackedLength}; it must be 0 (off) or a number of tokens",
            { EarlyStoppingPatience: < 0 } => $"early-stopping patience is {EarlyStoppingPatience}; it must be 0 (off) or more",
            { EarlyStoppingPatience: > 0, EvaluateEvery: 0 } => "early stopping needs a validation loss: set evaluate-every",
            { EvaluateEvery: < 0 } => $"evaluate-every is {EvaluateEvery}; it must be 0 (never) or more",
            _ => null,
        };
        if (wrong is not null)
        {
            throw new ExperimentException($"Training: {wrong}.");
        }
    }
}
