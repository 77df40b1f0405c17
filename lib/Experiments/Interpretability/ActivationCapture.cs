using System.Text.Json;
using Experiments.Models;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Whole patterns and other activations of one text, under interventions where there are any. Plain arrays in float32, no tensors.</summary>
public sealed class ActivationCapture
{
    private readonly CaptureOptions _kept;
    private readonly Dictionary<string, CapturedTensor> _tensors;

    private ActivationCapture(IReadOnlyList<int> ids, CaptureOptions kept, IReadOnlyList<int> keyHeads, IReadOnlyList<CapturedTensor> tensors)
    {
        (Ids, _kept, KeyValueHeads, Tensors) = (ids, kept, keyHeads, tensors);
        _tensors = tensors.ToDictionary(tensor => tensor.Name);
    }

    /// <summary>The text's token ids.</summary>
    public IReadOnlyList<int> Ids { get; }

    /// <summary>0-based layers that are held, ascending.</summary>
    public IReadOnlyList<int> Layers => _kept.Layers!;

    /// <summary>0-based heads that are held, ascending.</summary>
    public IReadOnlyList<int> Heads => _kept.Heads!;

    /// <summary>0-based heads of keys and values that are held, ascending: those that <see cref="Heads"/> share.</summary>
    public IReadOnlyList<int> KeyValueHeads { get; }

    /// <summary>0-based positions that are held, ascending.</summary>
    public IReadOnlyList<int> Positions => _kept.Positions!;

    /// <summary>What is held, in the order of the pass.</summary>
    public IReadOnlyList<CapturedTensor> Tensors { get; }

    /// <summary>Runs a text and keeps what is asked for. Patterns need <c>4 * layers * heads * positions * T</c> bytes: choose for long texts.</summary>
    /// <param name="model">The decoder.</param>
    /// <param name="ids">Token ids.</param>
    /// <param name="options">What to keep; null for the patterns of all layers and heads.</param>
    /// <param name="hook">Intervention; null for the plain model.</param>
    /// <returns>The capture.</returns>
    /// <exception cref="ExperimentException">The text is empty, holds an id outside the vocabulary, or a layer, head or position does not exist.</exception>
    public static ActivationCapture Run(LlamaForCausalLM model, IReadOnlyList<int> ids, CaptureOptions? options = null, IAttentionHook? hook = null)
    {
        TextGenerator.CheckPrompt(model.Config, ids);
        var kept = (options ?? new CaptureOptions()).For(model.Config, ids.Count);
        var tensors = new List<CapturedTensor>();
        Pass(model, ids, kept, hook, ids.Count, tensors.Add);
        return new ActivationCapture([.. ids], kept, kept.KeyValueHeads(model.Config), tensors);
    }

    /// <summary>Runs a text and hands out what is asked for, tensor by tensor, in the order of the pass.</summary>
    /// <param name="model">The decoder.</param>
    /// <param name="ids">Token ids that the model knows.</param>
    /// <param name="kept">What to keep, lists filled in.</param>
    /// <param name="hook">Intervention; null for the plain model.</param>
    /// <param name="keys">Keys of patterns and scores to keep, from the first on.</param>
    /// <param name="keep">Takes them.</param>
    internal static void Pass(LlamaForCausalLM model, IReadOnlyList<int> ids, CaptureOptions kept, IAttentionHook? hook, int keys, Action<CapturedTensor> keep)
    {
        var observer = new CaptureObserver(kept, kept.KeyValueHeads(model.Config), keys, keep);
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        Tensor Row(IEnumerable<int> numbers) => tensor(numbers.Select(number => (long)number).ToArray(), device: model.Device).unsqueeze(0);
        if (kept.What.Contains(Activation.Logits))
        {
            observer.OnLogits(model.Forward(Row(ids), hook: hook, positions: Row(kept.Positions!), observer: observer));
        }
        else
        {
            model.Forward(Row(ids), hook: hook, lastOnly: true, observer: observer);
        }
    }

    /// <summary>One head's pattern, <c>[query, key]</c>, with the queries at <see cref="Positions"/>.</summary>
    /// <param name="layer">One of <see cref="Layers"/>.</param>
    /// <param name="head">One of <see cref="Heads"/>.</param>
    /// <returns>A new array; rows sum to 1 unless an intervention changed them.</returns>
    /// <exception cref="ExperimentException">That layer or head, or no pattern at all, was kept.</exception>
    public double[,] Pattern(int layer, int head)
    {
        var place = Array.IndexOf([.. Heads], head);
        if (!_tensors.TryGetValue(Activation.Pattern.TensorName(layer), out var patterns) || place < 0)
        {
            throw new ExperimentException($"The pattern of layer {layer}, head {head} was not captured. Captured: {string.Join(", ", _kept.What.Select(kind => kind.Name))} of layers {string.Join(", ", Layers)}, heads {string.Join(", ", Heads)}.");
        }

        var result = new double[Positions.Count, Ids.Count];
        for (var i = 0; i < result.Length; i++)
        {
            result[i / Ids.Count, i % Ids.Count] = patterns.Values[(place * result.Length) + i];
        }

        return result;
    }

    /// <summary>Mean over the kept heads of a layer, <c>[query, key]</c>.</summary>
    /// <param name="layer">One of <see cref="Layers"/>.</param>
    /// <returns>A new array.</returns>
    public double[,] MeanPattern(int layer)
    {
        var result = new double[Positions.Count, Ids.Count];
        foreach (var head in Heads.Select(head => Pattern(layer, head)))
        {
            for (var i = 0; i < result.Length; i++)
            {
                result[i / Ids.Count, i % Ids.Count] += head[i / Ids.Count, i % Ids.Count] / Heads.Count;
            }
        }

        return result;
    }

    /// <summary>Writes a safetensors file in float32. Its metadata holds, as JSON, <c>axes</c> (those of each tensor), <c>ids</c>, <c>layers</c>, <c>heads</c>, <c>kv_heads</c> and <c>positions</c>.</summary>
    /// <param name="path">File to write; replaced only when complete.</param>
    /// <exception cref="ExperimentException">The folder is not writable or the disk is full.</exception>
    public void Save(string path)
    {
        var metadata = new Dictionary<string, string>
        {
            ["axes"] = JsonSerializer.Serialize(Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Axes)),
            ["ids"] = JsonSerializer.Serialize(Ids),
            ["layers"] = JsonSerializer.Serialize(Layers),
            ["heads"] = JsonSerializer.Serialize(Heads),
            ["kv_heads"] = JsonSerializer.Serialize(KeyValueHeads),
            ["positions"] = JsonSerializer.Serialize(Positions),
        };
        AtomicFile.Write(path, stream => SafeTensors.Write(stream, [.. Tensors.Select(kept => (kept.Name, ScalarType.Float32, kept.Shape, new Func<Tensor>(() => tensor(kept.Values, [.. kept.Shape]))))], metadata));
    }
}
