using Experiments.Interpretability;
using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Models;

public class ModelFamilyTests
{
    private const int Window = 4;

    private static readonly int[] Prompt = [1, 5, 7, 3, 22, 11, 5, 0, 14, 9, 2, 6];

    private static readonly LlamaConfig Sliding = TinyModels.Config with { Family = ModelFamily.Mistral, SlidingWindow = Window };

    public static TheoryData<LlamaConfig> Configs =>
    [
        TinyModels.Config,
        TinyModels.Config with { AttentionBias = true, TieWordEmbeddings = true },
        TinyModels.Config with { RopeScaling = new RopeScaling { Type = RopeScalingType.Linear, Factor = 2 } },
        TinyModels.Config with { RopeScaling = new RopeScaling { Type = RopeScalingType.Llama3, Factor = 8, OriginalMaxPositionEmbeddings = 16 } },
        TinyModels.Config with { Family = ModelFamily.Qwen2, TieWordEmbeddings = true, RopeTheta = 1e6 },
        TinyModels.Config with { Family = ModelFamily.Qwen3, HeadDim = 6, RopeTheta = 1e6 },
        TinyModels.Config with { Family = ModelFamily.Qwen3, HeadDim = 6, AttentionBias = true },
        TinyModels.Config with { Family = ModelFamily.Mistral },
        Sliding,
        TinyModels.Config with { Family = ModelFamily.Phi3 },
        TinyModels.Config with { Family = ModelFamily.Phi3, SlidingWindow = Window },
    ];

    [Theory]
    [MemberData(nameof(Configs))]
    public void A_saved_checkpoint_gives_the_logits_of_a_plain_decoder_in_float64(LlamaConfig config)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using (var fresh = Random(config))
        {
            Checkpoint.Save(fresh, folder.Path);
        }

        using var model = Checkpoint.Load(folder.Path);
        var logits = new ReferenceDecoder(folder).Logits(Prompt);
        var expected = tensor(logits.SelectMany(row => row).ToArray(), [1, Prompt.Length, config.VocabSize]).to(ScalarType.Float32);
        Golden.Close(expected, model.Forward(Golden.Ids(Prompt)), 1e-4);
        Golden.Close(expected, model.Forward(Golden.Ids(Prompt), hook: new Golden.Recorder()), 1e-4);
    }

    [Fact]
    public void A_long_prompt_with_a_hook_keeps_its_sliding_window()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Random(Sliding with { MaxPositionEmbeddings = 512 });
        using var nothing = new Rebalancing(new RebalanceOptions { Alpha = 0 });
        var ids = Golden.Ids(Enumerable.Range(0, 300).Select(i => 1 + (i * 7 % 20)));
        Golden.Close(model.Forward(ids), model.Forward(ids, hook: nothing), 1e-4);
        using var wide = Random(Sliding with { MaxPositionEmbeddings = 512, SlidingWindow = null });
        Assert.True(Golden.Difference(wide.Forward(ids), model.Forward(ids, hook: nothing)) > 1e-3, "the window hides nothing");
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 3)]
    [InlineData(true, 3)]
    public void Decoding_through_a_sliding_window_equals_reading_all_at_once(bool hooked, int padding)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Random(Sliding);
        var hook = hooked ? new Golden.Recorder() : null;
        var expected = model.Forward(Golden.Ids(Prompt));
        int[] padded = [.. Enumerable.Repeat(0, padding), .. Prompt];
        var keyMask = tensor(padded.Select((_, i) => i >= padding).ToArray()).unsqueeze(0);
        using var cache = new KeyValueCache(Sliding);
        var first = padding + 5; // a chunk, a second that starts within the window's reach, and then one by one
        List<Tensor> parts = [model.Forward(Golden.Ids(padded[..first]), cache, padding > 0 ? keyMask.narrow(1, 0, first) : null, hook).narrow(1, padding, 5)];
        parts.Add(model.Forward(Golden.Ids(padded[first..(first + 3)]), cache, hook: hook));
        parts.AddRange(padded[(first + 3)..].Select(id => model.Forward(Golden.Ids([id]), cache, hook: hook)));
        Golden.Close(expected, cat(parts, 1), 1e-4);
    }

    [Fact]
    public void A_hook_sees_no_weight_beyond_the_sliding_window()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = Random(Sliding);
        var recorder = new Golden.Recorder();
        model.Forward(Golden.Ids(Prompt), hook: recorder);
        foreach (var pattern in recorder.Patterns)
        {
            var seen = pattern.gt(0);
            var inside = ones(Prompt.Length, Prompt.Length, dtype: ScalarType.Bool).tril().logical_and(ones(Prompt.Length, Prompt.Length, dtype: ScalarType.Bool).triu(1 - Window));
            Assert.True(seen.eq(inside).all().item<bool>());
        }
    }

    [Fact]
    public void A_window_as_long_as_the_text_hides_nothing()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var whole = Random(Sliding with { SlidingWindow = null });
        using var exact = Random(Sliding with { SlidingWindow = Prompt.Length });
        using var shorter = Random(Sliding with { SlidingWindow = Prompt.Length - 1 });
        var expected = whole.Forward(Golden.Ids(Prompt));
        Golden.Close(expected, exact.Forward(Golden.Ids(Prompt)), 0);
        Assert.True(Golden.Difference(expected, shorter.Forward(Golden.Ids(Prompt))) > 1e-3);
    }

    /// <summary>A decoder whose biases and norms are random too, so that none can be left out unseen.</summary>
    internal static LlamaForCausalLM Random(LlamaConfig config)
    {
        var model = TinyModels.Make(config);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator(11);
        foreach (var (_, weight) in model.named_parameters().Where(p => p.parameter.dim() == 1))
        {
            weight.add_(empty_like(weight).normal_(0, 0.3, generator));
        }

        return model;
    }
}
