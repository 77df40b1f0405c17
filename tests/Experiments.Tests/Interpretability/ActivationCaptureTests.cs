using System.Text.Json;
using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Tests.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Interpretability;

public class ActivationCaptureTests
{
    private static readonly int[] Ids = [1, 5, 7, 3, 22, 11, 5, 0, 14];

    public static TheoryData<LlamaConfig> Configs =>
    [
        TinyModels.Config,
        TinyModels.Config with { Family = ModelFamily.Qwen3, HeadDim = 6 },
        TinyModels.Config with { Family = ModelFamily.Mistral, SlidingWindow = 4 },
        TinyModels.Config with { Family = ModelFamily.Phi3 },
    ];

    [Theory]
    [MemberData(nameof(Configs))]
    public void Everything_that_is_saved_equals_a_plain_decoder_in_float64(LlamaConfig config)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var model = ModelFamilyTests.Random(config);
        Checkpoint.Save(model, folder.Path);
        var reference = new ReferenceDecoder(folder);
        var logits = reference.Logits(Ids);

        ActivationCapture.Run(model, Ids, new CaptureOptions { What = Activation.All }).Save(folder.File("x.safetensors"));

        var saved = SafeTensorsFile.Open(folder.File("x.safetensors"));
        Close(logits, saved.Read("logits"), [1, Ids.Length, config.VocabSize]);
        foreach (var (layer, inside) in reference.Layers.Index())
        {
            long heads = config.NumAttentionHeads, shared = config.NumKeyValueHeads, width = config.HeadWidth, length = Ids.Length;
            Close(inside["pattern"], saved.Read($"blocks.{layer}.attn.hook_pattern"), [1, heads, length, length]);
            Close(inside["scores"], saved.Read($"blocks.{layer}.attn.hook_attn_scores"), [1, heads, length, length]);
            Close(inside["q"], saved.Read($"blocks.{layer}.attn.hook_rot_q"), [1, length, heads, width]);
            Close(inside["k"], saved.Read($"blocks.{layer}.attn.hook_rot_k"), [1, length, shared, width]);
            Close(inside["v"], saved.Read($"blocks.{layer}.attn.hook_v"), [1, length, shared, width]);
            Close([.. inside["v"].Select(v => v.Chunk((int)width).Select(head => Math.Sqrt(head.Sum(x => x * x))).ToArray())], saved.Read($"blocks.{layer}.attn.value_norms"), [1, length, shared]);
            Close(inside["hidden"], saved.Read($"blocks.{layer}.hook_resid_post"), [1, length, config.HiddenSize]);
        }
    }

    [Fact]
    public void Saved_patterns_equal_the_reference_after_the_intervention()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var model = Golden.Load("b_gqa");
        using var rebalancing = Golden.Hook("reb_a0.2_t0.01");

        ActivationCapture.Run(model, Golden.Prompt("b_gqa", 17), new CaptureOptions { What = [Activation.Logits, Activation.Pattern] }, rebalancing).Save(folder.File("x.safetensors"));

        var (saved, expected) = (SafeTensorsFile.Open(folder.File("x.safetensors")), Golden.Expected("b_gqa", "reb_a0.2_t0.01"));
        Golden.Close(expected.Read("T17.logits"), saved.Read("logits")[0], Golden.LogitTolerance);
        var patterns = cat([.. Enumerable.Range(0, model.Config.NumHiddenLayers).Select(layer => saved.Read(Activation.Pattern.TensorName(layer)))]);
        Golden.Close(expected.Read("T17.attn"), patterns, Golden.AttentionTolerance);
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Chosen_layers_heads_and_positions_are_those_of_the_whole()
    {
        using var model = TinyModels.Make();
        var whole = ActivationCapture.Run(model, Ids, new CaptureOptions { What = Activation.All });
        var part = ActivationCapture.Run(model, Ids, new CaptureOptions { What = Activation.All, Layers = [2], Heads = [3], Positions = [8, 4, 4] });
        Assert.Equal((string[])[.. Activation.All.SkipLast(1).Select(kind => kind.TensorName(2)).Append("logits").Order()], part.Tensors.Select(tensor => tensor.Name).Order());
        foreach (var kept in part.Tensors)
        {
            using var scope = NewDisposeScope();
            var all = whole.Tensors.Single(tensor => tensor.Name == kept.Name);
            var expected = tensor(all.Values, [.. all.Shape]);
            foreach (var (axis, name) in kept.Axes.Trim('[', ']').Split(", ").Index())
            {
                int[]? chosen = name switch { "head" => [3], "kv_head" => [1], "position" or "query" => [4, 8], _ => null };
                expected = chosen is null ? expected : expected.index_select(axis, tensor(chosen.Select(index => (long)index).ToArray()));
            }

            Assert.Equal(expected.shape, kept.Shape);
            foreach (var (value, other) in expected.contiguous().data<float>().Zip(kept.Values))
            {
                Assert.True(value == other || Math.Abs(value - other) < 1e-5, $"{kept.Name}: {value} is not {other}"); // fewer logits are summed in another order
            }
        }
    }

    [Fact]
    public void A_file_says_what_its_axes_are_and_what_was_kept()
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModels.Make();
        ActivationCapture.Run(model, [4, 9, 2], new CaptureOptions { What = [Activation.Key, Activation.Scores], Layers = [1], Heads = [1, 0], Positions = [2] }).Save(folder.File("x.safetensors"));
        var metadata = SafeTensorsFile.Open(folder.File("x.safetensors")).Metadata;
        var axes = JsonSerializer.Deserialize<Dictionary<string, string>>(metadata["axes"])!;
        Assert.Equal(("[batch, head, query, key]", "[batch, position, kv_head, head_dim]"), (axes["blocks.1.attn.hook_attn_scores"], axes["blocks.1.attn.hook_rot_k"]));
        Assert.Equal(["[4,9,2]", "[1]", "[0,1]", "[0]", "[2]"], new[] { "ids", "layers", "heads", "kv_heads", "positions" }.Select(key => metadata[key]));
    }

    [Fact]
    public void Patterns_are_read_by_layer_and_head()
    {
        using var model = TinyModels.Make();
        int[] ids = [1, 4, 2, 8];
        var (whole, part) = (ActivationCapture.Run(model, ids), ActivationCapture.Run(model, ids, new CaptureOptions { Layers = [2, 0], Heads = [3] }));
        Assert.Equal([0, 2], part.Layers);
        Assert.Equal([3], part.Heads);
        Assert.Equal(whole.Pattern(2, 3), part.Pattern(2, 3));
        Assert.Equal(whole.Pattern(0, 3), part.MeanPattern(0));
        Assert.Equal(Enumerable.Range(0, 4).Average(head => whole.Pattern(1, head)[3, 1]), whole.MeanPattern(1)[3, 1], 1e-12);
        Assert.Equal(1, Enumerable.Range(0, 4).Sum(key => whole.Pattern(1, 1)[3, key]), 1e-6);
        Assert.Equal(0, whole.Pattern(1, 1)[0, 1]);
        Assert.Contains("layers 0, 2", Assert.Throws<ExperimentException>(() => part.Pattern(1, 3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_exist_is_a_clear_error()
    {
        using var model = TinyModels.Make();
        string Error(CaptureOptions options) => Assert.Throws<ExperimentException>(() => ActivationCapture.Run(model, [1], options)).Message;
        Assert.Contains("layers 0 to 2", Error(new() { Layers = [3] }), StringComparison.Ordinal);
        Assert.Contains("heads 0 to 3", Error(new() { Heads = [-1] }), StringComparison.Ordinal);
        Assert.Contains("positions 0 to 0", Error(new() { Positions = [1] }), StringComparison.Ordinal);
        Assert.Contains("There is no layer []", Error(new() { Layers = [] }), StringComparison.Ordinal);
        Assert.Contains("Choose from pattern, scores", Error(new() { What = [] }), StringComparison.Ordinal);
        Assert.Contains("Known: pattern, scores", Assert.Throws<ExperimentException>(() => Activation.Find("attn")).Message, StringComparison.Ordinal);
        Assert.Throws<ExperimentException>(() => ActivationCapture.Run(model, []));
        Assert.Contains("A capture of 4,800,000,000 numbers is too large", Assert.Throws<ExperimentException>(() => ActivationCapture.Run(model, [.. Enumerable.Repeat(1, 20_000)])).Message, StringComparison.Ordinal);
    }

    /// <summary>Equal, with minus infinity in the same places.</summary>
    private static void Close(double[][] expected, Tensor actual, long[] shape)
    {
        var rows = tensor(expected.SelectMany(row => row).ToArray(), shape).to(ScalarType.Float32);
        Assert.Equal(rows.isinf().data<bool>().ToArray(), actual.isinf().data<bool>().ToArray());
        Golden.Close(rows.nan_to_num(0, 0, 0), actual.nan_to_num(0, 0, 0), 1e-4);
    }
}
