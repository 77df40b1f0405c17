using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Models;

/// <summary>Small random decoders for tests that need no particular weights.</summary>
internal static class TinyModels
{
    internal static readonly LlamaConfig Config = new()
    {
        VocabSize = 23,
        HiddenSize = 16,
        IntermediateSize = 24,
        NumHiddenLayers = 3,
        NumAttentionHeads = 4,
        NumKeyValueHeads = 2,
        MaxPositionEmbeddings = 64,
        InitializerRange = 0.3,
    };

    internal static LlamaForCausalLM Make(LlamaConfig? config = null, long seed = 5)
    {
        var model = new LlamaForCausalLM(config ?? Config);
        model.Initialize(seed);
        model.eval();
        return model;
    }

    /// <summary>The bytes of weights, for comparing models bit for bit.</summary>
    internal static byte[] Bytes(IEnumerable<Tensor> weights)
    {
        using var scope = NewDisposeScope();
        return [.. weights.SelectMany(weight => weight.detach().bytes.ToArray())];
    }
}

/// <summary>A folder that goes with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("experiments-tests-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);

    internal string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a text file, with the folders above it.</summary>
    /// <returns>Its path.</returns>
    internal string Write(string name, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(File(name))!);
        System.IO.File.WriteAllText(File(name), text);
        return File(name);
    }
}
