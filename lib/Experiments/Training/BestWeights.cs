using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Training;

/// <summary>Keeps the weights of the lowest validation loss.</summary>
internal sealed class BestWeights(LlamaForCausalLM model) : IDisposable
{
    private List<Tensor> _weights = [];

    internal int? Step { get; private set; }

    internal double? Loss { get; private set; }

    internal void Offer(int step, double loss)
    {
        if (loss >= Loss)
        {
            return;
        }

        (Step, Loss) = (step, loss);
        Dispose();
        using var noGrad = no_grad();
        _weights = [.. model.parameters().Select(parameter => parameter.detach().clone().DetachFromDisposeScope())];
    }

    internal void Restore()
    {
        using var noGrad = no_grad();
        foreach (var (parameter, kept) in model.parameters().Zip(_weights))
        {
            parameter.copy_(kept);
        }
    }

    public void Dispose()
    {
        _weights.ForEach(weight => weight.Dispose());
        _weights = [];
    }
}
