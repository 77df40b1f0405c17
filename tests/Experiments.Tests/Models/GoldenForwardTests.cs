using Experiments.Interpretability;
using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Models;

public class GoldenForwardTests
{
    public static TheoryData<string, string, int> Cases
    {
        get
        {
            var data = new TheoryData<string, string, int>();
            foreach (var name in Golden.Names)
            {
                foreach (var mode in Golden.Modes)
                {
                    Array.ForEach(Golden.Lengths, length => data.Add(name, mode, length));
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Full_prefill_gives_the_reference_logits_and_attention(string name, string mode, int length)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Golden.Load(name);
        var expected = Golden.Expected(name, mode);
        var recorder = new Golden.Recorder();
        using var rebalancing = Golden.Hook(mode);

        var logits = model.Forward(Golden.Ids(Golden.Prompt(name, length)), hook: HookChain.Of(rebalancing, recorder));

        Golden.Close(expected.Read($"T{length}.logits"), logits[0], Golden.LogitTolerance);
        Golden.Close(expected.Read($"T{length}.attn"), cat([.. recorder.Patterns], 0), Golden.AttentionTolerance);
    }

    [Theory]
    [InlineData("a_mha", 1)]
    [InlineData("a_mha", 17)]
    [InlineData("a_mha", 64)]
    [InlineData("b_gqa", 1)]
    [InlineData("b_gqa", 17)]
    [InlineData("b_gqa", 64)]
    public void The_fused_path_agrees_with_the_hooked_path(string name, int length)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Golden.Load(name);
        var ids = Golden.Ids(Golden.Prompt(name, length));

        var fused = model.Forward(ids);

        Golden.Close(Golden.Expected(name, "off").Read($"T{length}.logits"), fused[0], Golden.LogitTolerance);
        Golden.Close(model.Forward(ids, hook: new Golden.Recorder()), fused, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Chunked_prefill_gives_the_reference_logits_whatever_the_chunk(string name, string mode, int length)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Golden.Load(name);
        var expected = Golden.Expected(name, mode).Read($"T{length}.logits");
        var ids = Golden.Ids(Golden.Prompt(name, length));
        foreach (var chunk in new[] { 1, 5, 16, 63 })
        {
            using var rebalancing = Golden.Hook(mode);
            using var cache = new KeyValueCache(model.Config);
            var parts = new List<Tensor>();
            for (var start = 0; start < length; start += chunk)
            {
                parts.Add(model.Forward(ids.narrow(1, start, Math.Min(chunk, length - start)), cache, hook: rebalancing));
            }

            Assert.Equal(length, cache.Length);
            Golden.Close(expected, cat([.. parts], 1)[0], Golden.LogitTolerance);
        }
    }

    [Theory]
    [InlineData("a_mha", "off")]
    [InlineData("a_mha", "reb_a0.2_t0.01")]
    [InlineData("b_gqa", "off")]
    [InlineData("b_gqa", "reb_a0.2_t0.01")]
    public void A_left_padded_batch_gives_each_row_what_it_gets_alone(string name, string mode)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Golden.Load(name);
        var expected = Golden.Expected(name, mode);
        var recorder = new Golden.Recorder();
        using var rebalancing = Golden.Hook(mode);
        var width = Golden.Lengths.Max();
        var ids = stack([.. Golden.Lengths.Select(length => nn.functional.pad(Golden.Ids(Golden.Prompt(name, length)), [width - length, 0], value: 3)[0])]);
        var real = stack([.. Golden.Lengths.Select(length => arange(width).ge(width - length))]);

        var logits = model.Forward(ids, keyMask: real, hook: HookChain.Of(rebalancing, recorder));
        var fused = model.Forward(ids, keyMask: real);

        foreach (var (row, length) in Golden.Lengths.Index())
        {
            var pad = width - length;
            var attention = stack([.. recorder.Patterns.Select(pattern => pattern[row].narrow(1, pad, length).narrow(2, pad, length))]);
            Golden.Close(expected.Read($"T{length}.logits"), logits[row].narrow(0, pad, length), Golden.LogitTolerance);
            Golden.Close(expected.Read($"T{length}.attn"), attention, Golden.AttentionTolerance);
            if (mode == "off")
            {
                Golden.Close(expected.Read($"T{length}.logits"), fused[row].narrow(0, pad, length), Golden.LogitTolerance);
            }
        }
    }
}
