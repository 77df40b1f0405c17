using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Training;

/// <summary>Keeps the trained weights of the lowest validation loss.</summary>
internal sealed class BestWeights(LlamaForCausalLM model) : IDisposable
{
    private List<(string Name, Tensor Weight)> _kept = [];

    internal int? Step { get; private set; }

    internal double? Loss { get; private set; }

    /// <summary>The kept weights, <c>best.…</c>; none before the first offer.</summary>
    internal IEnumerable<(string Name, Tensor Tensor)> State => _kept.Select(kept => ("best." + kept.Name, kept.Weight));

    internal void Offer(int step, double loss)
    {
        if (!(loss >= Loss))
        {
            Keep(step, loss, model.TrainedParameters.Select(trained => (trained.Name, (Tensor)trained.Parameter)));
        }
    }

    /// <summary>Takes what was kept before a stop.</summary>
    internal void Restore(TrainingState saved)
    {
        if (saved is { BestStep: { } step, BestLoss: { } loss })
        {
            Keep(step, loss, model.TrainedParameters.Select(trained => (trained.Name, saved.Tensors["best." + trained.Name])));
        }
    }

    /// <summary>Gives the model the kept weights.</summary>
    internal void Apply()
    {
        using var noGrad = no_grad();
        foreach (var ((_, parameter), (_, kept)) in model.TrainedParameters.Zip(_kept))
        {
            parameter.copy_(kept);
        }
    }

    public void Dispose()
    {
        _kept.ForEach(kept => kept.Weight.Dispose());
        _kept = [];
    }

    private void Keep(int step, double loss, IEnumerable<(string Name, Tensor Weight)> weights)
    {
        (Step, Loss) = (step, loss);
        Dispose();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        _kept = [.. weights.Select(pair => (pair.Name, pair.Weight.detach().clone().DetachFromDisposeScope()))];
    }
}
