using Experiments.Models;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>Whole patterns of chosen layers and heads of one text, as multiplied with the values: after interventions. Plain arrays, no tensors.</summary>
public sealed class PatternCapture
{
    private readonly float[] _logits;
    private readonly float[] _patterns;

    private PatternCapture(int length, int[] layers, int[] heads, float[] logits, float[] patterns)
    {
        Length = length;
        Layers = layers;
        Heads = heads;
        _logits = logits;
        _patterns = patterns;
    }

    /// <summary>Number of tokens, <c>T</c>.</summary>
    public int Length { get; }

    /// <summary>0-based layers that are held, ascending.</summary>
    public IReadOnlyList<int> Layers { get; }

    /// <summary>0-based heads that are held, ascending.</summary>
    public IReadOnlyList<int> Heads { get; }

    /// <summary>Runs a text and keeps patterns. Needs <c>4 * layers * heads * T²</c> bytes: choose layers for long texts.</summary>
    /// <param name="model">The decoder.</param>
    /// <param name="ids">Token ids.</param>
    /// <param name="hook">Intervention; null for the plain model.</param>
    /// <param name="layers">0-based layers to keep; null for all.</param>
    /// <param name="heads">0-based heads to keep; null for all.</param>
    /// <returns>The patterns and the logits.</returns>
    /// <exception cref="ExperimentException">The text is empty, holds an id outside the vocabulary, or a layer or head does not exist.</exception>
    public static PatternCapture Run(LlamaForCausalLM model, IReadOnlyList<int> ids, IAttentionHook? hook = null, IEnumerable<int>? layers = null, IEnumerable<int>? heads = null)
    {
        TextGenerator.CheckPrompt(model.Config, ids);
        var chosenLayers = Chosen("layer", layers, model.Config.NumHiddenLayers);
        var chosenHeads = Chosen("head", heads, model.Config.NumAttentionHeads);
        if ((long)chosenLayers.Length * chosenHeads.Length * ids.Count * ids.Count > Array.MaxLength)
        {
            throw new ExperimentException($"{chosenLayers.Length} layers and {chosenHeads.Length} heads of {ids.Count} tokens are too many weights for one capture. Choose fewer layers or heads, or a shorter text.");
        }

        var keeper = new Keeper(chosenLayers, chosenHeads);
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        var input = tensor(ids.Select(id => (long)id).ToArray(), device: model.Device).unsqueeze(0);
        var logits = model.Forward(input, hook: HookChain.Of(hook, keeper));
        return new PatternCapture(ids.Count, chosenLayers, chosenHeads, Keeper.Floats(logits), [.. keeper.Patterns.SelectMany(pattern => pattern)]);
    }

    /// <summary>One head's pattern, <c>[query, key]</c>.</summary>
    /// <param name="layer">One of <see cref="Layers"/>.</param>
    /// <param name="head">One of <see cref="Heads"/>.</param>
    /// <returns>A new array; rows sum to 1 unless an intervention changed them.</returns>
    /// <exception cref="ExperimentException">That layer or head was not kept.</exception>
    public double[,] Pattern(int layer, int head)
    {
        var (l, h) = (Array.IndexOf([.. Layers], layer), Array.IndexOf([.. Heads], head));
        if (l < 0 || h < 0)
        {
            throw new ExperimentException($"Layer {layer}, head {head} was not captured. Captured: layers {string.Join(", ", Layers)}, heads {string.Join(", ", Heads)}.");
        }

        var start = ((l * Heads.Count) + h) * Length * Length;
        var result = new double[Length, Length];
        for (var i = 0; i < Length * Length; i++)
        {
            result[i / Length, i % Length] = _patterns[start + i];
        }

        return result;
    }

    /// <summary>Mean over the kept heads of a layer, <c>[query, key]</c>.</summary>
    /// <param name="layer">One of <see cref="Layers"/>.</param>
    /// <returns>A new array.</returns>
    public double[,] MeanPattern(int layer)
    {
        var result = new double[Length, Length];
        foreach (var head in Heads.Select(head => Pattern(layer, head)))
        {
            for (var i = 0; i < Length * Length; i++)
            {
                result[i / Length, i % Length] += head[i / Length, i % Length] / Heads.Count;
            }
        }

        return result;
    }

    /// <summary>Writes a safetensors file with <c>logits</c> <c>[T, vocab]</c> and <c>pattern</c> <c>[layer, head, query, key]</c>, both float32.</summary>
    /// <param name="path">File to write; replaced only when complete.</param>
    public void Save(string path)
    {
        using var scope = NewDisposeScope();
        var partial = path + ".partial";
        try
        {
            using (var stream = File.Create(partial))
            {
                var metadata = new Dictionary<string, string> { ["layers"] = string.Join(",", Layers), ["heads"] = string.Join(",", Heads) };
                SafeTensors.Write(stream, [("logits", tensor(_logits).reshape(Length, -1)), ("pattern", tensor(_patterns).reshape(Layers.Count, Heads.Count, Length, Length))], metadata);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static int[] Chosen(string what, IEnumerable<int>? chosen, int count)
    {
        int[] result = [.. (chosen ?? Enumerable.Range(0, count)).Distinct().Order()];
        return result.Length > 0 && result[0] >= 0 && result[^1] < count
            ? result
            : throw new ExperimentException($"There is no {what} [{string.Join(", ", result)}]: the model has {what}s 0 to {count - 1}.");
    }

    private sealed class Keeper(int[] layers, int[] heads) : IAttentionHook
    {
        internal List<float[]> Patterns { get; } = [];

        public Tensor? OnPattern(AttentionSite site, Tensor pattern)
        {
            if (layers.Contains(site.Layer))
            {
                using var scope = NewDisposeScope();
                var index = tensor(heads.Select(head => (long)head).ToArray(), device: pattern.device);
                Patterns.Add(Floats(pattern.detach()[0].index_select(0, index))); // [head, query, key]
            }

            return null;
        }

        internal static float[] Floats(Tensor values) => values.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
    }
}
