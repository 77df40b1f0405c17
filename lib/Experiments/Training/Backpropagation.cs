using Experiments.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Experiments.Training;

/// <summary>Loss and gradients of one micro-batch. Gradients are returned, not left on the weights, so that threads can share a model.</summary>
internal static class Backpropagation
{
    /// <summary>This micro-batch's share of the loss.</summary>
    /// <param name="model">The model.</param>
    /// <param name="part">The micro-batch.</param>
    /// <param name="targets">Sum of the target weights of the whole step, which the loss is divided by.</param>
    internal static double Loss(LlamaForCausalLM model, MicroBatch part, double targets)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var ids = part.IdsOn(model.Device);
        return Loss(model, Streams(model, ids, Pass(model, part, ids, null)), part, targets).item<float>();
    }

    /// <summary>This micro-batch's share of the loss, with its gradients.</summary>
    /// <param name="model">The model.</param>
    /// <param name="part">The micro-batch.</param>
    /// <param name="targets">Sum of the target weights of the whole step, which the loss is divided by.</param>
    /// <param name="trained">What the gradients are for.</param>
    /// <param name="dropout">Draws the adapter's dropout.</param>
    /// <param name="checkpointing">Whether only the layers' inputs are kept and each layer is computed again on the way back.</param>
    /// <returns>The loss, and one gradient per trained tensor in the current dispose scope.</returns>
    internal static (double Loss, IReadOnlyList<Tensor> Gradients) Run(LlamaForCausalLM model, MicroBatch part, double targets, IReadOnlyList<(string Name, Parameter Parameter)> trained, DropoutMasks dropout, bool checkpointing)
    {
        var ids = part.IdsOn(model.Device);
        var pass = Pass(model, part, ids, dropout);
        if (checkpointing)
        {
            return LayerByLayer(model, part, ids, targets, trained, pass);
        }

        var loss = Loss(model, Streams(model, ids, pass), part, targets);
        return (loss.item<float>(), [.. autograd.grad([loss], [.. trained.Select(entry => entry.Parameter)])]);
    }

    /// <summary>Gradient checkpointing (Chen et al. 2016), one layer a segment: the activations of a single layer in memory, for the time of one more forward pass.</summary>
    private static (double Loss, IReadOnlyList<Tensor> Gradients) LayerByLayer(LlamaForCausalLM model, MicroBatch part, Tensor ids, double targets, IReadOnlyList<(string Name, Parameter Parameter)> trained, ForwardPass pass)
    {
        var gradients = new SegmentGradients(trained, model.Config.TieWordEmbeddings);
        List<Tensor> inputs = [];
        using (no_grad())
        {
            Streams(model, ids, pass, inputs);
        }

        double value;
        Tensor? upstream;
        using (NewDisposeScope())
        {
            var top = inputs[^1].detach().requires_grad_();
            var loss = Loss(model, top, part, targets);
            upstream = gradients.Add(SegmentGradients.Head, loss, top, null);
            value = loss.item<float>();
        }

        foreach (var (index, layer) in model.Body.Layers.Index().Reverse())
        {
            using var scope = NewDisposeScope();
            var start = inputs[index].detach().requires_grad_();
            upstream = gradients.Add(index, layer.Forward(start, pass), start, upstream);
        }

        if (model.Adapter is null)
        {
            using var scope = NewDisposeScope();
            gradients.Add(SegmentGradients.Embedding, model.Body.Embed(ids), null, upstream);
        }

        return (value, gradients.All);
    }

    private static ForwardPass Pass(LlamaForCausalLM model, MicroBatch part, Tensor ids, DropoutMasks? dropout) =>
        model.Body.TrainingPass(ids, dropout, part.DocumentsOn(model.Device));

    /// <summary>Runs the layers: the residual stream behind the last, <c>[row, position, hidden]</c>.</summary>
    private static Tensor Streams(LlamaForCausalLM model, Tensor ids, ForwardPass pass, List<Tensor>? kept = null)
    {
        var hidden = model.Body.Embed(ids);
        kept?.Add(hidden);
        foreach (var layer in model.Body.Layers)
        {
            hidden = layer.Forward(hidden, pass);
            kept?.Add(hidden);
        }

        return hidden;
    }

    private static Tensor Loss(LlamaForCausalLM model, Tensor hidden, MicroBatch part, double targets)
    {
        var labels = tensor(part.Labels, device: model.Device);
        var logits = model.Head(model.Body.Normalize(hidden)).narrow(1, 0, part.Length - 1); // [row, position, vocab]
        var losses = nn.functional.cross_entropy(logits.reshape(labels.numel(), -1).to(ScalarType.Float32), labels, ignore_index: MicroBatch.Ignored, reduction: nn.Reduction.None); // [row * position]
        using Scalar all = targets; // named, not a temporary: see lib/decisions/009-scalars.md
        return (losses * tensor(part.Weights, device: model.Device)).sum() / all;
    }

    /// <summary>Collects gradients segment by segment, from the last to the first.</summary>
    private sealed class SegmentGradients(IReadOnlyList<(string Name, Parameter Parameter)> trained, bool tied)
    {
        internal const int Embedding = -1;
        internal const int Head = int.MaxValue;
        private const string EmbeddingName = "model.embed_tokens.weight";
        private const string LayerPrefix = "model.layers.";
        private readonly Tensor?[] _sums = new Tensor?[trained.Count];

        internal IReadOnlyList<Tensor> All => [.. _sums.Select((sum, index) => sum ?? zeros_like(trained[index].Parameter))];

        /// <summary>Goes back through a segment: its weights collect their gradients, its input's is returned to the outer scope.</summary>
        /// <param name="segment">0-based layer, <see cref="Embedding"/> or <see cref="Head"/>.</param>
        /// <param name="output">What the segment computed.</param>
        /// <param name="input">What from; null at the beginning.</param>
        /// <param name="upstream">Gradient of the output; null for the loss.</param>
        internal Tensor? Add(int segment, Tensor output, Tensor? input, Tensor? upstream)
        {
            int[] used = [.. Enumerable.Range(0, trained.Count).Where(i => IsIn(segment, trained[i].Name))]; // torch wants those that were used, and ends the process over others
            IList<Tensor> wanted = [.. used.Select(i => trained[i].Parameter), .. input is null ? Array.Empty<Tensor>() : [input]];
            var found = autograd.grad([output], wanted, upstream is null ? null : [upstream]);
            foreach (var (place, i) in used.Index())
            {
                _sums[i] = (_sums[i] is { } sum ? sum.Plus(found[place]) : found[place]).MoveToOuterDisposeScope();
            }

            return input is null ? null : found[^1].MoveToOuterDisposeScope();
        }

        private bool IsIn(int segment, string name) => segment switch
        {
            Embedding => name == EmbeddingName,
            Head => !name.StartsWith(LayerPrefix, StringComparison.Ordinal) && (tied || name != EmbeddingName),
            _ => name.StartsWith(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{LayerPrefix}{segment}."), StringComparison.Ordinal),
        };
    }
}
