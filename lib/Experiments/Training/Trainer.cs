using System.Diagnostics;
using Experiments.Models;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Training;

/// <summary>Trains a decoder in place, or the adapter on it: next-token cross-entropy with AdamW.</summary>
/// <remarks>The same model, examples and options give the same weights: gradients are summed in a fixed order, whatever thread ends first.</remarks>
public sealed class Trainer
{
    private readonly LlamaForCausalLM _model;
    private readonly TrainingOptions _options;

    /// <summary>Prepares a training.</summary>
    /// <param name="model">The decoder to train, float32; or one in any dtype with a <see cref="LoraAdapter"/>, which alone is trained then.</param>
    /// <param name="options">Settings.</param>
    /// <exception cref="ExperimentException">An option is out of range, or the dtypes do not fit.</exception>
    public Trainer(LlamaForCausalLM model, TrainingOptions options)
    {
        options.Validate();
        if (model.Adapter is null && model.Dtype != ScalarType.Float32)
        {
            throw new ExperimentException($"The model is in {model.Dtype}, too coarse for small updates. Load it as float32 and set ComputeDtype for fast passes, or train a LoRA adapter.");
        }

        if (model.Adapter is { IsMerged: true })
        {
            throw new ExperimentException("The LoRA adapter is merged, so it cannot be trained. Unmerge it first.");
        }

        _model = model;
        _options = options;
    }

    /// <summary>Trains.</summary>
    /// <param name="examples">The sequences, in the order in which they are to be seen; at least steps × batch size of them. A resumed training asks for the same again.</param>
    /// <param name="validation">Sequences for the validation loss. The model ends with the weights of the best measurement.</param>
    /// <param name="progress">Called after every step.</param>
    /// <param name="checkpoints">Where to save on the way, and to go on from; null for nowhere.</param>
    /// <param name="ended">Called with the weights of the last step, before the best ones take their place; not after an interruption.</param>
    /// <param name="cancellation">Stops within a micro-batch, with the weights of the last whole step, or the best measured ones.</param>
    /// <returns>What happened.</returns>
    /// <exception cref="ExperimentException">The examples run out, the training diverges, or a checkpoint cannot be written.</exception>
    public TrainingResult Train(
        IEnumerable<TrainingExample> examples,
        IReadOnlyList<TrainingExample>? validation = null,
        Action<TrainingStep>? progress = null,
        TrainingCheckpoints? checkpoints = null,
        Action? ended = null,
        CancellationToken cancellation = default)
    {
        var threads = get_num_threads();
        using var optimizer = new AdamW(_model.TrainedParameters, _options);
        using var best = new BestWeights(_model);
        var history = Resume(checkpoints, optimizer, best);
        var (start, earlier, saved) = (history.Count, history.LastOrDefault(), history.Count);
        using var workers = new GradientWorkers(_model, _options, cancellation);
        var guard = new DivergenceGuard(_options, _model.Config.VocabSize);
        var clock = Stopwatch.StartNew();
        var tokens = earlier?.Tokens ?? 0;
        using var stream = examples.GetEnumerator();
        _model.train();
        try
        {
            for (var step = 0; step < start; step++)
            {
                Take(stream, step);
            }

            for (var step = start; step < _options.Steps && !Patience(best, history) && !cancellation.IsCancellationRequested; step++)
            {
                var batch = Take(stream, step);
                tokens += batch.Sum(example => example.Ids.Length);
                var loss = workers.Gradients(MicroBatch.Split(batch, _options.MicroBatches, _options.PackedLength), step);
                var norm = Clip();
                guard.Check(step, loss, norm, batch);
                optimizer.Step(_options.RateAt(step));
                workers.CopyWeights();
                var validationLoss = IsMeasured(step, validation) ? workers.Loss(MicroBatch.Split(validation!, Math.Max(1, validation!.Count * _options.MicroBatches / _options.BatchSize), _options.PackedLength)) : (double?)null;
                if (validationLoss is { } measured)
                {
                    best.Offer(step + 1, measured);
                }

                history.Add(new TrainingStep(step + 1, loss, _options.RateAt(step), norm, tokens, (earlier?.Seconds ?? 0) + clock.Elapsed.TotalSeconds, validationLoss));
                progress?.Invoke(history[^1]); // before the checkpoint: a process killed in between does the step again, and tells of it again
                if (checkpoints is { Every: > 0 } && (step + 1) % checkpoints.Every == 0)
                {
                    Save(checkpoints, optimizer, best, history);
                    saved = history.Count;
                }
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

        if (checkpoints is not null && cancellation.IsCancellationRequested && history.Count > saved)
        {
            Save(checkpoints, optimizer, best, history);
        }

        if (!cancellation.IsCancellationRequested)
        {
            ended?.Invoke();
        }

        best.Apply();
        return new TrainingResult(history, best.Step, best.Loss);
    }

    private List<TrainingStep> Resume(TrainingCheckpoints? checkpoints, AdamW optimizer, BestWeights best)
    {
        using var state = checkpoints?.Newest(TrainingState.FingerprintOf(_model, _options));
        if (state is null)
        {
            return [];
        }

        using var noGrad = no_grad();
        foreach (var (name, parameter) in _model.TrainedParameters)
        {
            parameter.copy_(state.Tensors["weight." + name]);
        }

        optimizer.Restore(state.History.Count, state.Tensors);
        best.Restore(state);
        return [.. state.History];
    }

    private void Save(TrainingCheckpoints checkpoints, AdamW optimizer, BestWeights best, List<TrainingStep> history) => checkpoints.Save(new TrainingState
    {
        Fingerprint = TrainingState.FingerprintOf(_model, _options),
        History = history,
        BestStep = best.Step,
        BestLoss = best.Loss,
        Tensors = _model.TrainedParameters.Select(trained => ("weight." + trained.Name, (Tensor)trained.Parameter)).Concat(optimizer.State).Concat(best.State).ToDictionary(),
    });

    private bool IsMeasured(int step, IReadOnlyList<TrainingExample>? validation) =>
        validation is { Count: > 0 } && _options.EvaluateEvery > 0 && (step + 1 == _options.Steps || (step + 1) % _options.EvaluateEvery == 0);

    /// <summary>Whether the validation loss has not fallen for as many measurements as early stopping waits.</summary>
    private bool Patience(BestWeights best, List<TrainingStep> history) => _options.EarlyStoppingPatience > 0 && best.Step is { } step
        && history.Count(later => later.Step > step && later.ValidationLoss is not null) >= _options.EarlyStoppingPatience;

    private double Clip()
    {
        const double never = 1e30; // as a float it must be finite
        using var scope = NewDisposeScope();
        return nn.utils.clip_grad_norm_(_model.TrainedParameters.Select(trained => trained.Parameter), _options.ClipNorm > 0 ? _options.ClipNorm : never);
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
