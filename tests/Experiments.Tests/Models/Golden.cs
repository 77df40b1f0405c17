using Experiments.Interpretability;
using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Models;

/// <summary>The reference numbers in Fixtures/golden, and how to compare with them.</summary>
internal static class Golden
{
    internal const double LogitTolerance = 5e-4, AttentionTolerance = 1e-4;

    internal static readonly string[] Names = ["a_mha", "b_gqa"], Modes = ["off", "reb_a0.2_t0.01"];
    internal static readonly int[] Lengths = [1, 17, 64];

    internal static string Folder(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "Fixtures", "golden", .. parts]);

    internal static LlamaForCausalLM Load(string name) => Checkpoint.Load(Folder(name, "checkpoint"));

    internal static SafeTensorsFile Expected(string name, string mode) => SafeTensorsFile.Open(Folder(name, mode + ".safetensors"));

    internal static int[] Prompt(string name, int length)
    {
        using var ids = SafeTensorsFile.Open(Folder(name, "prompts.safetensors")).Read($"T{length}.input_ids");
        return [.. ids.data<long>().ToArray().Select(id => (int)id)];
    }

    internal static Rebalancing? Hook(string mode) => mode switch
    {
        "off" => null,
        "reb_a0.2_t0.01" => new Rebalancing(RebalancePresets.Find("released-code")),
        "reb_a0.5_t0.05" => new Rebalancing(new RebalanceOptions { Alpha = 0.5, Threshold = 0.05 }),
        "boost_a0.2" => new Rebalancing(RebalancePresets.Find("uniform-boost")),
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "unknown mode"),
    };

    internal static int[] Ints(this SafeTensorsFile file, string name)
    {
        using var value = file.Read(name);
        return [.. value.data<long>().ToArray().Select(id => (int)id)];
    }

    internal static Tensor Ids(IEnumerable<int> ids) => tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0);

    /// <summary>Largest absolute difference; the shapes must agree.</summary>
    internal static double Difference(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        return (expected - actual).abs().max().item<float>();
    }

    internal static void Close(Tensor expected, Tensor actual, double tolerance)
    {
        var difference = Difference(expected, actual);
        Assert.True(difference <= tolerance, $"largest difference {difference:g3} is above {tolerance:g3}");
    }

    /// <summary>Keeps every pattern it sees, one per layer of the last pass.</summary>
    internal sealed class Recorder : IAttentionHook
    {
        internal List<Tensor> Patterns { get; } = [];

        public Tensor? OnPattern(AttentionSite site, Tensor pattern)
        {
            if (site.Layer == 0)
            {
                Patterns.Clear();
            }

            Patterns.Add(pattern.detach().clone().DetachFromDisposeScope());
            return null;
        }
    }
}
