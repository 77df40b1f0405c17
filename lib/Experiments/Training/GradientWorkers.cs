using Experiments.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Experiments.Training;

/// <summary>Computes micro-batches side by side, one torch thread each, on weights that all of them share, in float32 or in bfloat16.</summary>
/// <remarks>The model keeps the master weights; another compute dtype takes one copy of them. For small models two threads of one torch thread each are faster
/// than one of two: see lib/decisions/005-training.md.</remarks>
internal sealed class GradientWorkers : IDisposable
{
    private readonly LlamaForCausalLM _master;
    private readonly LlamaForCausalLM _model; // computes: the master, or its copy in another dtype
    private readonly List<(string Name, Parameter Parameter)> _trained; // of the model that computes
    private readonly List<(string Name, Parameter Parameter)> _masters;
    private readonly TrainingOptions _options;
    private readonly int _count;
    private readonly CancellationToken _cancellation;

    internal GradientWorkers(LlamaForCausalLM master, TrainingOptions options, CancellationToken cancellation)
    {
        var threads = get_num_threads();
        var wanted = master.Device.type != DeviceType.CPU ? 1 : options.Workers > 0 ? options.Workers : Math.Clamp(threads, 1, 8);
        (_master, _options, _count, _cancellation) = (master, options, Math.Min(wanted, options.MicroBatches), cancellation);
        if (options.ComputeDtype == master.Dtype || master.Adapter is not null)
        {
            _model = master; // under an adapter the frozen weights are in the compute dtype, and the adapter is its own master
        }
        else
        {
            _model = new LlamaForCausalLM(master.Config, options.ComputeDtype, master.Device);
            CopyWeights();
        }

        _masters = [.. master.TrainedParameters];
        _trained = ReferenceEquals(_model, master) ? _masters : [.. _model.TrainedParameters];
    }

    /// <summary>Sets the model's gradients to those of the mean loss over all target tokens, and returns that loss.</summary>
    /// <param name="parts">The step's micro-batches.</param>
    /// <param name="step">0-based step, for what is drawn at random.</param>
    internal double Gradients(List<MicroBatch> parts, int step)
    {
        using var scope = NewDisposeScope();
        var sums = new Tensor[]?[_count];
        try
        {
            var targets = Targets(parts);
            var loss = Sum(parts, (worker, part) =>
            {
                using var inner = NewDisposeScope();
                var dropout = new DropoutMasks($"{_options.Seed}/{step}/{part}");
                var (value, gradients) = Backpropagation.Run(_model, parts[part], targets, _trained, dropout, _options.GradientCheckpointing);
                Accumulate(ref sums[worker], gradients);
                return value;
            });
            SetGradients(sums);
            return loss;
        }
        finally
        {
            Array.ForEach(sums, sum => Array.ForEach(sum ?? [], gradient => gradient.Dispose()));
        }
    }

    /// <summary>Mean loss over all target tokens.</summary>
    internal double Loss(List<MicroBatch> parts)
    {
        var targets = Targets(parts);
        return Sum(parts, (_, part) => Backpropagation.Loss(_model, parts[part], targets));
    }

    /// <summary>Brings the copy up to date with the model.</summary>
    internal void CopyWeights()
    {
        if (ReferenceEquals(_model, _master))
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var (from, to) in _master.parameters().Zip(_model.parameters()))
        {
            to.copy_(from);
        }
    }

    public void Dispose()
    {
        if (!ReferenceEquals(_model, _master))
        {
            _model.Dispose();
        }
    }

    private static double Targets(List<MicroBatch> parts) => Math.Max(1e-9, parts.Sum(part => part.Targets));

    private static void Accumulate(ref Tensor[]? sum, IReadOnlyList<Tensor> gradients)
    {
        if (sum is null)
        {
            sum = [.. gradients.Select(gradient => gradient.to(ScalarType.Float32, copy: true).DetachFromDisposeScope())];
            return;
        }

        foreach (var (total, gradient) in sum.Zip(gradients))
        {
            total.add_(gradient, Scalars.One);
        }
    }

    private void SetGradients(Tensor[]?[] sums)
    {
        var computed = sums.OfType<Tensor[]>().ToList(); // there may be fewer parts than workers
        foreach (var (index, (_, master)) in _masters.Index())
        {
            foreach (var sum in computed.Skip(1))
            {
                computed[0][index].add_(sum[index], Scalars.One);
            }

            master.grad = computed[0][index];
        }
    }

    /// <summary>Sums over the parts. Part i belongs to worker i mod n, so that each worker's sum has a fixed order.</summary>
    private double Sum(List<MicroBatch> parts, Func<int, int, double> compute)
    {
        double Checked(int worker, int part)
        {
            _cancellation.ThrowIfCancellationRequested();
            return compute(worker, part);
        }

        var workers = Math.Min(_count, parts.Count);
        if (workers == 1)
        {
            return Enumerable.Range(0, parts.Count).Sum(part => Checked(0, part));
        }

        var losses = new double[parts.Count];
        var errors = new Exception?[workers];
        var threads = Enumerable.Range(0, workers).Select(worker => new Thread(() =>
        {
            try
            {
                set_num_threads(1);
                for (var part = worker; part < parts.Count; part += workers)
                {
                    losses[part] = Checked(worker, part);
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
}
