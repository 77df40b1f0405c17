using System.Text.Json;
using Experiments.Models;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Interpretability;

/// <summary>
/// Means over many texts of what <see cref="ActivationCapture"/> keeps of one, aligned by position, with 95 % intervals over texts. Only a running mean and variance
/// are held, 16 bytes per number, however many texts there are.
/// </summary>
/// <remarks>
/// Texts may differ in length. An entry at position <c>p</c> is the mean over the <c>n</c> texts that are longer than <c>p</c>; one of a pattern or of scores, over those that
/// have both the query and the key. Its interval is <c>mean ± t * s / sqrt(n)</c>, with <c>s</c> the sample standard deviation over those texts and <c>t</c> the 97.5 % point of
/// Student's distribution with <c>n - 1</c> degrees of freedom; it is NaN where <c>n</c> is 1. Texts weigh the same, and none knows of another. Where a value is bounded, as weights are, the interval may
/// reach beyond the bound. Scores that are minus infinity in a text, of keys that the query may not see, make the mean and its interval minus infinity.
/// </remarks>
public sealed class ActivationMeans
{
    /// <summary>Coverage of the intervals.</summary>
    public const double Confidence = 0.95;

    private readonly CaptureOptions _kept;
    private readonly int[] _counts;

    private ActivationMeans(int texts, CaptureOptions kept, IReadOnlyList<int> keyHeads, int[] counts, IReadOnlyList<MeanTensor> tensors) =>
        (Texts, _kept, KeyValueHeads, _counts, Tensors) = (texts, kept, keyHeads, counts, tensors);

    /// <summary>Number of texts, also of those that have none of the positions.</summary>
    public int Texts { get; }

    /// <summary>0-based layers that are held, ascending.</summary>
    public IReadOnlyList<int> Layers => _kept.Layers!;

    /// <summary>0-based heads that are held, ascending.</summary>
    public IReadOnlyList<int> Heads => _kept.Heads!;

    /// <summary>0-based heads of keys and values that are held, ascending: those that <see cref="Heads"/> share.</summary>
    public IReadOnlyList<int> KeyValueHeads { get; }

    /// <summary>0-based positions that are held, ascending.</summary>
    public IReadOnlyList<int> Positions => _kept.Positions!;

    /// <summary>How many texts have each of <see cref="Positions"/>: 1 or more, never growing.</summary>
    public IReadOnlyList<int> Counts => [.. Positions.Select(position => _counts[position])];

    /// <summary>What is held, in the order of the pass. Keys of patterns and scores are 0 to the last of <see cref="Positions"/>: later ones no kept query sees.</summary>
    public IReadOnlyList<MeanTensor> Tensors { get; }

    /// <summary>Runs texts one at a time, so that nothing is padded, and averages what is asked for.</summary>
    /// <param name="model">The decoder.</param>
    /// <param name="sequences">Token ids per text.</param>
    /// <param name="options">What to keep; null for the patterns of all layers and heads. Without positions, all that the longest text has. A text that is shorter than a chosen position does not count there.</param>
    /// <param name="hook">Intervention; null for the plain model.</param>
    /// <param name="finished">Called with the number of texts done.</param>
    /// <param name="cancellation">Stops between two texts.</param>
    /// <returns>The means.</returns>
    /// <exception cref="ExperimentException">
    /// There is no text, one is empty or holds an id outside the vocabulary, a layer or head does not exist or a position in no text, or the means do not fit into memory.
    /// </exception>
    public static ActivationMeans Run(
        LlamaForCausalLM model,
        IReadOnlyList<int[]> sequences,
        CaptureOptions? options = null,
        IAttentionHook? hook = null,
        Action<int>? finished = null,
        CancellationToken cancellation = default)
    {
        var kept = Kept(model.Config, sequences, options ?? new CaptureOptions());
        var counts = new int[kept.Positions![^1] + 1];
        var tensors = new Dictionary<string, MeanTensor>();
        foreach (var (index, ids) in sequences.Index())
        {
            cancellation.ThrowIfCancellationRequested();
            int[] positions = [.. kept.Positions.TakeWhile(position => position < ids.Length)];
            if (positions.Length > 0)
            {
                Array.ForEach([.. Enumerable.Range(0, Math.Min(ids.Length, counts.Length))], position => counts[position]++);
                ActivationCapture.Pass(model, ids, kept with { Positions = positions }, hook, counts.Length, part =>
                {
                    tensors.TryAdd(part.Name, new MeanTensor(part, kept.Positions, counts));
                    tensors[part.Name].Add(part, positions.Length);
                });
            }

            finished?.Invoke(index + 1);
        }

        return new ActivationMeans(sequences.Count, kept, kept.KeyValueHeads(model.Config), counts, [.. tensors.Values]);
    }

    /// <summary>
    /// Writes a safetensors file in float32: the mean under the name that <see cref="ActivationCapture"/> gives the tensor, with the same axes (<c>batch</c> is 1), the ends of
    /// its interval under that name with <c>.low</c> and <c>.high</c>, and <c>count</c>, the number of texts that have each position, in int64. Its metadata holds, as JSON,
    /// <c>axes</c>, <c>layers</c>, <c>heads</c>, <c>kv_heads</c>, <c>positions</c>, <c>texts</c> and <c>confidence</c>.
    /// </summary>
    /// <param name="path">File to write; replaced only when complete.</param>
    /// <exception cref="ExperimentException">The folder is not writable or the disk is full.</exception>
    public void Save(string path)
    {
        List<(string Name, string Axes, ScalarType Dtype, IReadOnlyList<long> Shape, Func<Tensor> Values)> saved =
        [
            .. from mean in Tensors
               from part in new (string Name, Func<float[]> Values)[] { (mean.Name, mean.Means), ($"{mean.Name}.low", mean.Low), ($"{mean.Name}.high", mean.High) }
               select (part.Name, mean.Axes, ScalarType.Float32, mean.Shape, new Func<Tensor>(() => tensor(part.Values(), [.. mean.Shape]))),
            ("count", "[position]", ScalarType.Int64, [Positions.Count], () => tensor(Counts.Select(count => (long)count).ToArray())),
        ];
        var metadata = new Dictionary<string, string>
        {
            ["axes"] = JsonSerializer.Serialize(saved.ToDictionary(part => part.Name, part => part.Axes)),
            ["layers"] = JsonSerializer.Serialize(Layers),
            ["heads"] = JsonSerializer.Serialize(Heads),
            ["kv_heads"] = JsonSerializer.Serialize(KeyValueHeads),
            ["positions"] = JsonSerializer.Serialize(Positions),
            ["texts"] = JsonSerializer.Serialize(Texts),
            ["confidence"] = JsonSerializer.Serialize(Confidence),
        };
        AtomicFile.Write(path, stream => SafeTensors.Write(stream, saved.ConvertAll(part => (part.Name, part.Dtype, part.Shape, part.Values)), metadata));
    }

    /// <summary>The choice with lists filled in, checked against all texts and against memory.</summary>
    private static CaptureOptions Kept(LlamaConfig config, IReadOnlyList<int[]> sequences, CaptureOptions options)
    {
        if (sequences.Count == 0)
        {
            throw new ExperimentException("There is no text to average over. Give at least one.");
        }

        foreach (var (index, ids) in sequences.Index())
        {
            try
            {
                TextGenerator.CheckPrompt(config, ids);
            }
            catch (ExperimentException e)
            {
                throw new ExperimentException($"Text {index + 1} of {sequences.Count}: {e.Message}", e);
            }
        }

        var kept = options.Resolved(config, sequences.Max(ids => ids.Length), "the longest text");
        var numbers = kept.Numbers(config, kept.Positions![^1] + 1);
        var most = Math.Min(Array.MaxLength, (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet) / MeanTensor.BytesPerNumber);
        return numbers <= most
            ? kept
            : throw new ExperimentException(FormattableString.Invariant($"Means of {numbers:N0} numbers are too large: {most:N0} fit into memory, {MeanTensor.BytesPerNumber} bytes each. Choose fewer layers, heads or positions, or shorter texts."));
    }
}
