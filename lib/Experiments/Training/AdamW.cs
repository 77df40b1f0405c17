using Experiments.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Experiments.Training;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019), on matrices only.</summary>
/// <remarks>TorchSharp's own hands temporary scalars to torch, which the garbage collector may free meanwhile; see lib/decisions/009-scalars.md.</remarks>
internal sealed class AdamW : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly (string Name, Parameter Weight, Tensor Mean, Tensor Square)[] _states;
    private readonly Scalar _beta1;
    private readonly Scalar _beta2;
    private readonly Scalar _fresh1;
    private readonly Scalar _fresh2;
    private readonly Scalar _epsilon;
    private int _steps;

    internal AdamW(IEnumerable<(string Name, Parameter Parameter)> parameters, TrainingOptions options)
    {
        _options = options;
        _states = [.. parameters.Select(p => (p.Name, p.Parameter, zeros_like(p.Parameter).DetachFromDisposeScope(), zeros_like(p.Parameter).DetachFromDisposeScope()))];
        (_beta1, _fresh1) = (options.Beta1, 1 - options.Beta1);
        (_beta2, _fresh2) = (options.Beta2, 1 - options.Beta2);
        _epsilon = options.Epsilon;
    }

    /// <summary>The moments, <c>mean.…</c> and <c>square.…</c>; the optimizer's own tensors.</summary>
    internal IEnumerable<(string Name, Tensor Tensor)> State => _states.SelectMany(state => new[] { ("mean." + state.Name, state.Mean), ("square." + state.Name, state.Square) });

    /// <summary>Goes on behind a step with the moments that were saved then.</summary>
    internal void Restore(int steps, IReadOnlyDictionary<string, Tensor> saved)
    {
        using var noGrad = no_grad();
        _steps = steps;
        foreach (var (name, moment) in State)
        {
            moment.copy_(saved[name]);
        }
    }

    /// <summary>Changes the parameters by their gradients.</summary>
    /// <param name="rate">Learning rate of this step.</param>
    internal void Step(double rate)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        _steps++;
        using Scalar kept = 1 - (rate * _options.WeightDecay);
        using Scalar size = -rate / (1 - Math.Pow(_options.Beta1, _steps));
        using Scalar correction = 1 / Math.Sqrt(1 - Math.Pow(_options.Beta2, _steps));
        foreach (var (_, weight, mean, square) in _states)
        {
            if (weight.grad is not { } gradient)
            {
                continue;
            }

            if (weight.dim() >= 2)
            {
                weight.mul_(kept);
            }

            mean.mul_(_beta1).add_(gradient, _fresh1);
            square.mul_(_beta2).addcmul_(gradient, gradient, _fresh2);
            weight.addcdiv_(mean, square.sqrt().mul_(correction).add_(_epsilon, Scalars.One), size);
        }
    }

    public void Dispose()
    {
        foreach (var (_, _, mean, square) in _states)
        {
            mean.Dispose();
            square.Dispose();
        }

        Array.ForEach([_beta1, _beta2, _fresh1, _fresh2, _epsilon], scalar => scalar.Dispose());
    }
}
