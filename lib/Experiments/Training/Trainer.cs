using System.Diagnostics;
using Experiments.Models;
using Experiments.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Training;

/// <summary>Trains a decoder in place: next-token cross-entropy with AdamW.</summary>
/// <remarks>The same model, examples and options give the same weights: gradients are summed in a fixed order, whatever thread ends first.</remarks>
public sealed class Trainer
{
    private readonly LlamaForCausalLM _model;
    private readonly TrainingOptions _options;

    /// <summary>Prepares a training.</summary>
    /// <param name="model">The decoder to train, float32.</param>
    /// <param name="options">Settings.</param>
    /// <exception cref="ExperimentException">An option is out of range.</exception>
    public Trainer(LlamaForCausalLM model, TrainingOptions options)
    {
        options.Validate();
        _model = model;
        _options = options;
    }

    /// <summary>Trains.</summary>
    /// <param name="examples">The sequences, in the order in which they are to be seen; at least steps × batch size of them.</param>
    /// <param name="validation">Sequences for the validation loss. The model ends with the weights of the best measurement.</param>
    /// <param name="progress">Called after every step.</param>
    /// <param name="cancellation">Stops within a micro-batch, with the weights of the last whole step, or the best measured ones.</param>
    /// <returns>What happened.</returns>
    /// <exception cref="ExperimentException">The examples run out, or the loss is not finite.</exception>
    public TrainingResult Train(
        IEnumerable<TrainingExample> examples,
        IReadOnlyList<TrainingExample>? validation = null,
        Action<TrainingStep>? progress = null,
        CancellationToken cancellation = default)
    {
        var threads = get_num_threads();
        var workers = _options.Workers > 0 ? _options.Workers : Math.Clamp(threads, 1, 8);
        if (_model.Device.type != DeviceType.CPU)
        {
            workers = 1;
        }

        using var replicas = new Replicas(_model, Math.Min(workers, _options.MicroBatches), _options.ComputeDtype, cancellation);
        using var optimizer = new AdamW(_model.parameters(), _options);
        using var best = new BestWeights(_model);
        var history = new List<TrainingStep>();
        var clock = Stopwatch.StartNew();
        long tokens = 0;
        using var stream = examples.GetEnumerator();
        _model.train();
        try
        {
            for (var step = 0; step < _options.Steps && !cancellation.IsCancellationRequested; step++)
            {
                var batch = Take(stream, step);
                tokens += batch.Sum(example => example.Ids.Length);
                var loss = replicas.Gradients(MicroBatch.Split(batch, _options.MicroBatches));
                if (!double.IsFinite(loss))
                {
                    throw new ExperimentException($"The loss is {loss} at step {step + 1}: the training diverged. Lower the learning rate ({_options.LearningRate}) or lengthen the warm-up ({_options.WarmupSteps} steps).");
                }

                var norm = Clip();
                optimizer.Step(_options.RateAt(step));
                replicas.CopyWeights();
                var last = step + 1 == _options.Steps;
                double? validationLoss = null;
                if (validation is { Count: > 0 } && _options.EvaluateEvery > 0 && (last || (step + 1) % _options.EvaluateEvery == 0))
                {
                    validationLoss = replicas.Loss(MicroBatch.Split(validation, Math.Max(1, validation.Count * _options.MicroBatches / _options.BatchSize)));
                    best.Offer(step + 1, validationLoss.Value);
                }

                history.Add(new TrainingStep(step + 1, loss, _options.RateAt(step), norm, tokens, clock.Elapsed.TotalSeconds, validationLoss));
                progress?.Invoke(history[^1]);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The step that was cut short has changed nothing.
        }
        finally
        {
            set_num_threads(threads);
            _model.eval();
        }

        best.Restore();
        return new TrainingResult(history, best.Step, best.Loss);
    }

    private double Clip()
    {
        using var scope = NewDisposeScope();
        return nn.utils.clip_grad_norm_(_model.parameters(), _options.ClipNorm > 0 ? _options.ClipNorm : double.MaxValue);
    }

    private List<TrainingExample> Take(IEnumerator<TrainingExample> stream, int step)
    {
        var batch = new List<TrainingExample>(_options.BatchSize);
        while (batch.Count < _options.BatchSize && stream.MoveNext())
        {
            batch.Add(stream.Current);
        }

        return batch.Count == _options.BatchSize
            ? batch
            : throw new ExperimentException($"The examples end at step {step + 1} of {_options.Steps}. Repeat them, or ask for fewer steps.");
    }
}
