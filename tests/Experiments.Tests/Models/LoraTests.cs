using System.Text.Json.Nodes;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Studies;
using Experiments.Tests.Training;
using Experiments.Training;
using static TorchSharp.torch;

namespace Experiments.Tests.Models;

public sealed class LoraTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_fresh_adapter_changes_nothing_and_training_changes_the_adapter_alone()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Make();
        var (before, frozen) = (Logits(model), Bytes(model));
        LoraAdapter.Attach(model, new LoraConfig { R = 2 });
        Assert.Equal(before.data<float>().ToArray(), Logits(model).data<float>().ToArray());
        var options = new TrainingOptions { Steps = 40, BatchSize = 4, MicroBatches = 2, LearningRate = 0.03, WarmupSteps = 0 };
        var history = new Trainer(model, options).Train(TrainerTests.Forever(TrainerTests.Examples())).History;
        Assert.True(history[^1].Loss < 0.5 * history[0].Loss);
        Assert.Equal(frozen, Bytes(model));
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-5)]
    [InlineData(ScalarType.BFloat16, 0.25)]
    public void Merging_gives_the_same_logits_and_unmerging_the_same_bits(ScalarType dtype, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var model = InDtype(dtype);
        var (original, plain) = (Bytes(model), Logits(model));
        var adapter = Trained(model, new LoraConfig { R = 3, LoraAlpha = 2 });
        var unmerged = Logits(model);
        Assert.True(unmerged.sub(plain).abs().max().item<float>() > 3 * tolerance);
        adapter.Merge();
        Golden.Close(unmerged, Logits(model), tolerance);
        adapter.Unmerge();
        Assert.Equal(original, Bytes(model));
        Golden.Close(unmerged, Logits(model), 0);
        adapter.MergeAndUnload();
        Assert.Null(model.Adapter);
        Golden.Close(unmerged, Logits(model), tolerance);
        Assert.All(model.parameters(), parameter => Assert.True(parameter.requires_grad));
    }

    [Fact]
    public void The_update_is_alpha_over_r_times_B_A()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Make();
        using var plain = TinyModels.Make();
        var adapter = Trained(model, new LoraConfig { R = 2, LoraAlpha = 3, TargetModules = ["v_proj"] });
        var matrices = adapter.NamedParameters.ToDictionary(p => p.Name, p => p.Parameter);
        Assert.Equal(6, matrices.Count); // A and B of one projection in three layers
        const string module = "model.layers.1.self_attn.v_proj";
        var expected = Weight(plain, module + ".weight").add(matrices[module + ".lora_B.weight"].matmul(matrices[module + ".lora_A.weight"]), 1.5);
        adapter.Merge();
        Golden.Close(expected, Weight(model, module + ".weight"), 1e-6);
        Assert.Equal(4, new LoraConfig { R = 4, LoraAlpha = 8, UseRslora = true }.Scaling);
    }

    [Fact]
    public void An_adapter_is_saved_by_PEFTs_names_and_read_back()
    {
        using var scope = NewDisposeScope();
        var (below, folder) = (_folder.File("base"), _folder.File("adapter"));
        using var model = TinyModels.Make();
        Checkpoint.Save(model, below);
        Trained(model, new LoraConfig { R = 2, LoraAlpha = 3, LoraDropout = 0.1, TargetModules = ["q_proj", "down_proj"] });
        Assert.Contains("Merge it first", Assert.Throws<ExperimentException>(() => Checkpoint.Save(model, below)).Message, StringComparison.Ordinal);
        LoraCheckpoint.Save(model, folder, below);
        var file = SafeTensorsFile.Open(Path.Combine(folder, "adapter_model.safetensors"));
        Assert.Equal(12, file.Names.Count);
        Assert.Equal([2, 16], file.Shape("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"));
        Assert.Equal([16, 2], file.Shape("base_model.model.model.layers.2.mlp.down_proj.lora_B.weight"));
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "adapter_config.json")))!;
        Assert.Equal("LORA CAUSAL_LM none 2", $"{config["peft_type"]} {config["task_type"]} {config["bias"]} {config["r"]}");
        using var loaded = LoadedModel.Open(folder);
        Golden.Close(Logits(model), Logits(loaded.Model), 0);
        Assert.NotEqual(LoadedModel.HashOf(below), loaded.Hash);
    }

    [Theory]
    [InlineData("use_dora", "true", "'use_dora' is true, which is not implemented")]
    [InlineData("modules_to_save", """["lm_head"]""", "'modules_to_save'")]
    [InlineData("rank_pattern", """{"q_proj": 4}""", "'rank_pattern'")]
    [InlineData("foo", "1", "unknown key 'foo'")]
    [InlineData("target_modules", "\".*attn.*\"", "Patterns are not implemented")]
    [InlineData("target_modules", """["w_pack"]""", "no projection 'w_pack'")]
    [InlineData("target_modules", """["q_proj", "o_proj"]""", "o_proj.lora_A.weight' is missing")]
    [InlineData("target_modules", """["down_proj"]""", "down_proj.lora_A.weight' is missing")]
    [InlineData("r", "4", "has shape [2, 16] where the model needs [4, 16]")]
    [InlineData("r", "0", "r is 0")]
    [InlineData("base_model_name_or_path", "\"meta-llama/Llama-2-7b-hf\"", "'meta-llama/Llama-2-7b-hf' is no model folder here")]
    public void An_adapter_that_asks_for_more_is_refused_by_name(string key, string value, string message)
    {
        var (below, folder) = (_folder.File("base"), _folder.File("adapter"));
        using (var model = TinyModels.Make())
        {
            Checkpoint.Save(model, below);
            LoraAdapter.Attach(model, new LoraConfig { R = 2, TargetModules = ["q_proj"] });
            LoraCheckpoint.Save(model, folder, below);
        }

        var path = Path.Combine(folder, "adapter_config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!;
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(path, config.ToJsonString());
        Assert.Contains(message, Assert.Throws<ExperimentException>(() => LoadedModel.Open(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Full_training_of_a_half_precision_model_and_training_of_a_merged_adapter_are_refused()
    {
        using var model = InDtype(ScalarType.BFloat16);
        Assert.Contains("LoRA", Assert.Throws<ExperimentException>(() => new Trainer(model, new TrainingOptions())).Message, StringComparison.Ordinal);
        LoraAdapter.Attach(model, new LoraConfig()).Merge();
        Assert.Contains("Unmerge", Assert.Throws<ExperimentException>(() => new Trainer(model, new TrainingOptions())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_adapter_learns_on_a_bfloat16_model()
    {
        using var model = InDtype(ScalarType.BFloat16);
        LoraAdapter.Attach(model, new LoraConfig { R = 4, LoraDropout = 0.05 });
        var options = new TrainingOptions { Steps = 40, BatchSize = 4, MicroBatches = 2, LearningRate = 0.03, WarmupSteps = 0, ComputeDtype = ScalarType.BFloat16 };
        var history = new Trainer(model, options).Train(TrainerTests.Forever(TrainerTests.Examples())).History;
        Assert.True(history[^1].Loss < 0.5 * history[0].Loss);
    }

    private LlamaForCausalLM InDtype(ScalarType dtype)
    {
        using var model = TinyModels.Make();
        Checkpoint.Save(model, _folder.File("tiny"));
        return Checkpoint.Load(_folder.File("tiny"), dtype);
    }

    private static LoraAdapter Trained(LlamaForCausalLM model, LoraConfig config)
    {
        var adapter = LoraAdapter.Attach(model, config);
        GradientTests.Trained(adapter);
        return adapter;
    }

    private static Tensor Logits(LlamaForCausalLM model)
    {
        using var noGrad = no_grad();
        using var ids = Golden.Ids([1, 2, 3, 4, 5]);
        return model.Forward(ids).to(ScalarType.Float32);
    }

    private static Tensor Weight(LlamaForCausalLM model, string name) => model.named_parameters().Single(p => p.name == name).parameter;

    private static byte[] Bytes(LlamaForCausalLM model) => TinyModels.Bytes(model.parameters());
}
