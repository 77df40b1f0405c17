using Experiments.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Experiments.Training;

/// <summary>Copies of a model that compute micro-batches side by side, one torch thread each, in float32 or in bfloat16.</summary>
/// <remarks>The model keeps the master weights. For small models two threads of one torch thread each are faster than one of two:
/// see lib/decisions/005-training.md.</remarks>
internal sealed class Replicas : IDisposable
{
    private readonly LlamaForCausalLM _master;
    private readonly LlamaForCausalLM[] _models;
    private readonly CancellationToken _cancellation;

    internal Replicas(LlamaForCausalLM master, int count, ScalarType dtype, CancellationToken cancellation)
    {
        _master = master;
        _cancellation = cancellation;
        var own = dtype == master.Dtype ? 1 : 0; // in its own dtype the model is the first worker's copy
        _models = [.. Enumerable.Range(0, count).Select(i => i < own ? master : new LlamaForCausalLM(master.Config, dtype, master.Device))];
        CopyWeights();
    }

    private IEnumerable<LlamaForCausalLM> Copies => _models.Where(model => !ReferenceEquals(model, _master));

    /// <summary>Sets the model's gradients to those of the mean loss over all target tokens, and returns that loss.</summary>
    internal double Gradients(List<MicroBatch> parts)
    {
        _master.zero_grad();
        foreach (var copy in Copies)
        {
            copy.zero_grad();
        }

        var loss = Sum(parts, backward: true);
        using var scope = NewDisposeScope(); // each read of a gradient makes a handle
        using var noGrad = no_grad();
        foreach (var copy in Copies)
        {
            foreach (var (sum, added) in _master.parameters().Zip(copy.parameters()))
            {
                if (added.grad is not { } gradient)
                {
                    continue;
                }

                if (sum.grad is { } existing)
                {
                    existing.add_(gradient, Scalars.One);
                }
                else
                {
                    sum.grad = gradient.to(sum.dtype, copy: true);
                }
            }
        }

        return loss;
    }

    /// <summary>Mean loss over all target tokens.</summary>
    internal double Loss(List<MicroBatch> parts) => Sum(parts, backward: false);

    /// <summary>Brings the copies up to date with the model.</summary>
    internal void CopyWeights()
    {
        using var noGrad = no_grad();
        foreach (var copy in Copies)
        {
            foreach (var (from, to) in _master.parameters().Zip(copy.parameters()))
            {
                to.copy_(from);
            }
        }
    }

    public void Dispose()
    {
        foreach (var copy in Copies)
        {
            copy.Dispose();
        }
    }

    private double Sum(List<MicroBatch> parts, bool backward)
    {
        var targets = Math.Max(1e-9, parts.Sum(part => part.Targets));
        if (_models.Length == 1)
        {
            return parts.Sum(part => Compute(_models[0], part, targets, backward, _cancellation));
        }

        // Part i belongs to worker i mod n, so that each worker's sum has a fixed order.
        var losses = new double[parts.Count];
        var errors = new Exception?[_models.Length];
        var threads = _models.Select((model, worker) => new Thread(() =>
        {
            try
            {
                set_num_threads(1);
                for (var i = worker; i < parts.Count; i += _models.Length)
                {
                    losses[i] = Compute(model, parts[i], targets, backward, _cancellation);
                }
            }
            catch (Exception e)
            {
                errors[worker] = e;
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, Await);
        _cancellation.ThrowIfCancellationRequested();
        return Array.Find(errors, error => error is not null) is { } failure
            ? throw new InvalidOperationException("A training thread failed: " + failure.Message, failure)
            : losses.Sum();
    }

    /// <summary>Waits to the end even when interrupted, as a notebook's cell is: the thread uses tensors that are disposed behind it.</summary>
    private static void Await(Thread thread)
    {
        var interrupted = false;
        while (true)
        {
            try
            {
                thread.Join();
                break;
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true;
            }
        }

        if (interrupted)
        {
            Thread.CurrentThread.Interrupt(); // the next wait learns of it
        }
    }

    private static double Compute(LlamaForCausalLM model, MicroBatch part, double targets, bool backward, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        using var mode = backward ? null : no_grad();
        var ids = tensor(part.Ids, [part.Rows, part.Length], device: model.Device);
        var labels = tensor(part.Labels, device: model.Device);
        var logits = model.Forward(ids).narrow(1, 0, part.Length - 1); // [row, position, vocab]
        var losses = nn.functional.cross_entropy(logits.reshape(labels.numel(), -1).to(ScalarType.Float32), labels, ignore_index: MicroBatch.Ignored, reduction: nn.Reduction.None); // [row * position]
        using Scalar all = targets; // named, not a temporary: see lib/decisions/009-scalars.md
        var loss = (losses * tensor(part.Weights, device: model.Device)).sum() / all;
        if (backward)
        {
            loss.backward();
        }

        return loss.item<float>();
    }
}
