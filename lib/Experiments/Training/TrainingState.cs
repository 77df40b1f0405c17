using System.Text.Json;
using Experiments.Models;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Training;

/// <summary>All that a training needs to go on behind a step: trained weights, AdamW's moments, the best weights so far and the measured steps.</summary>
/// <remarks>Nothing random is saved: the order of examples follows from the step, and dropout from step and place.</remarks>
internal sealed class TrainingState : IDisposable
{
    private const string MetadataKey = "training";
    private const int Columns = 6;

    /// <summary>Hash of model shape, adapter and options.</summary>
    internal required string Fingerprint { get; init; }

    /// <summary>Every step so far.</summary>
    internal required IReadOnlyList<TrainingStep> History { get; init; }

    /// <summary>Step of the lowest validation loss; null before the first measurement.</summary>
    internal required int? BestStep { get; init; }

    /// <summary>Its loss.</summary>
    internal required double? BestLoss { get; init; }

    /// <summary>Tensors by name: <c>weight.…</c>, <c>mean.…</c>, <c>square.…</c>, <c>best.…</c>.</summary>
    internal required IReadOnlyDictionary<string, Tensor> Tensors { get; init; }

    /// <summary>What a training is, apart from its examples.</summary>
    internal static string FingerprintOf(LlamaForCausalLM model, TrainingOptions options) => ContentHash.Of(new { model.Config, Adapter = model.Adapter?.Config, Options = options });

    /// <summary>Writes a safetensors file.</summary>
    internal void Write(Stream stream)
    {
        using var scope = NewDisposeScope();
        var steps = History.SelectMany(step => new[] { step.Loss, step.LearningRate, step.GradientNorm, step.Tokens, step.Seconds, step.ValidationLoss ?? double.NaN }).ToArray();
        var header = JsonSerializer.Serialize(new Header(Fingerprint, BestStep, BestLoss), RunJson.Compact);
        SafeTensors.Write(stream, [.. Tensors.Select(pair => (pair.Key, pair.Value)), ("history", tensor(steps, [History.Count, Columns]))], new Dictionary<string, string> { [MetadataKey] = header });
    }

    /// <summary>Reads a file; null with the reason if it is cut off or not such a file.</summary>
    internal static TrainingState? TryRead(string path, out string whatIsWrong)
    {
        whatIsWrong = string.Empty;
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        try
        {
            var file = SafeTensorsFile.Open(path);
            var header = file.Metadata.TryGetValue(MetadataKey, out var json) ? JsonSerializer.Deserialize<Header>(json, RunJson.Compact) : null;
            if (header is null || !file.Contains("history"))
            {
                whatIsWrong = "it holds no training.";
                return null;
            }

            foreach (var name in file.Names)
            {
                tensors.Add(name, file.Read(name).DetachFromDisposeScope());
            }

            tensors.Remove("history", out var history);
            using (history)
            {
                return new TrainingState { Fingerprint = header.Fingerprint, BestStep = header.BestStep, BestLoss = header.BestLoss, Tensors = tensors, History = Steps(history!.data<double>().ToArray()) };
            }
        }
        catch (Exception e) when (e is ExperimentException or JsonException or IOException)
        {
            whatIsWrong = e.Message;
            foreach (var read in tensors.Values)
            {
                read.Dispose();
            }

            return null;
        }
    }

    public void Dispose()
    {
        foreach (var value in Tensors.Values)
        {
            value.Dispose();
        }
    }

    private static TrainingStep[] Steps(double[] values) =>
        [.. values.Chunk(Columns).Select((v, i) => new TrainingStep(i + 1, v[0], v[1], v[2], (long)v[3], v[4], double.IsNaN(v[5]) ? null : v[5]))];

    private sealed record Header(string Fingerprint, int? BestStep, double? BestLoss);
}
