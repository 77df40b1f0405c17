using Experiments.Models;
using Experiments.Runs;
using static TorchSharp.torch;

namespace Experiments.Tests.Models;

public class CheckpointTests
{
    [Fact]
    public void A_saved_folder_has_the_keys_of_Hugging_Face()
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModels.Make(TinyModels.Config with { AttentionBias = true, NumHiddenLayers = 1 });
        Checkpoint.Save(model, folder.Path);
        string[] projections = ["q_proj", "k_proj", "v_proj", "o_proj"];
        string[] expected =
        [
            "model.embed_tokens.weight", "model.norm.weight", "lm_head.weight", "model.layers.0.input_layernorm.weight", "model.layers.0.post_attention_layernorm.weight",
            "model.layers.0.mlp.gate_proj.weight", "model.layers.0.mlp.up_proj.weight", "model.layers.0.mlp.down_proj.weight",
            .. projections.SelectMany(p => new[] { $"model.layers.0.self_attn.{p}.weight", $"model.layers.0.self_attn.{p}.bias" }),
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), SafeTensorsFile.Open(folder.File("model.safetensors")).Names.Order(StringComparer.Ordinal));
        Assert.Equal(["config.json", "generation_config.json", "model.safetensors"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(ScalarType.Float32, 0)]
    [InlineData(ScalarType.Float64, 0)]
    [InlineData(ScalarType.BFloat16, 0.02)]
    [InlineData(ScalarType.Float16, 0.002)]
    public void Weights_survive_a_round_trip_in_every_dtype(ScalarType type, double tolerance)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModels.Make();
        Checkpoint.Save(model, folder.Path, type);
        Assert.Equal(type, SafeTensorsFile.Open(folder.File("model.safetensors")).Dtype("lm_head.weight"));
        using var copy = Checkpoint.Load(folder.Path);
        foreach (var (mine, theirs) in model.parameters().Zip(copy.parameters()))
        {
            Golden.Close(mine, theirs, tolerance);
        }

        using var native = Checkpoint.Load(folder.Path, type);
        Assert.Equal(type, native.Dtype);
        var ids = Golden.Ids([1, 5, 7]);
        Golden.Close(copy.Forward(ids), native.Forward(ids).to(ScalarType.Float32), Math.Max(tolerance * 20, 1e-5));
        Golden.Close(copy.Forward(ids), native.Forward(ids, hook: new Golden.Recorder()).to(ScalarType.Float32), Math.Max(tolerance * 20, 1e-5));
    }

    [Fact]
    public void Tied_embeddings_are_stored_once_and_attention_bias_is_used()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModels.Make(TinyModels.Config with { TieWordEmbeddings = true, AttentionBias = true });
        var ids = Golden.Ids([1, 5, 7]);
        var before = model.Forward(ids);
        model.named_parameters().Single(p => p.name == "model.layers.1.self_attn.v_proj.bias").parameter.fill_(0.5);
        Assert.True(Golden.Difference(before, model.Forward(ids)) > 0.01);
        Checkpoint.Save(model, folder.Path);
        Assert.DoesNotContain("lm_head.weight", SafeTensorsFile.Open(folder.File("model.safetensors")).Names);
        using var copy = Checkpoint.Load(folder.Path);
        Golden.Close(model.Forward(ids), copy.Forward(ids), 0);
    }

    [Fact]
    public void One_file_goes_before_shards_that_an_earlier_save_left()
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModels.Make();
        Checkpoint.Save(model, folder.Path);
        File.WriteAllText(folder.File("model.safetensors.index.json"), "{}");
        Checkpoint.Load(folder.Path).Dispose();
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"weight_map":{"a":null}}""")]
    [InlineData("""{"weight_map":{"a":7}}""")]
    [InlineData("""{"weight_map":{"a":"../b.safetensors"}}""")]
    [InlineData("""{"weight_map":{"a":".."}}""")]
    [InlineData("""{"weight_map":{"a":"missing.safetensors"}}""")]
    public void A_wrong_index_is_one_clear_error(string index)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), ConfigFile.Write(TinyModels.Config, "float32"));
        File.WriteAllText(folder.File("model.safetensors.index.json"), index);
        Assert.Throws<ExperimentException>(() => Checkpoint.Load(folder.Path));
    }

    [Theory]
    [InlineData("missing", "is missing")]
    [InlineData("unknown", "unknown tensor 'model.extra.weight'")]
    [InlineData("shape", "has shape [5]")]
    [InlineData("integer", "integer dtype")]
    [InlineData("nan", "NaN or infinite")]
    public void A_tensor_that_does_not_fit_is_named(string fault, string says)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModels.Make();
        Checkpoint.Save(model, folder.Path);
        var tensors = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.alias());
        const string Name = "model.norm.weight";
        switch (fault)
        {
            case "missing": tensors.Remove(Name); break;
            case "unknown": tensors["model.extra.weight"] = ones(3); break;
            case "shape": tensors[Name] = ones(5); break;
            case "integer": tensors[Name] = tensors[Name].to(ScalarType.Int32); break;
            default: tensors[Name] = tensors[Name] * float.NaN; break;
        }

        using (var stream = File.Create(folder.File("model.safetensors")))
        {
            SafeTensors.Write(stream, tensors.Select(pair => (pair.Key, pair.Value)));
        }

        Assert.Contains(says, Assert.Throws<ExperimentException>(() => Checkpoint.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    /// <summary>Each of these would take from a terabyte of memory to an age of loading, were it believed.</summary>
    [Theory]
    [InlineData("num_hidden_layers", 2_000_000_000, "'model.layers.3.input_layernorm.weight' is missing")]
    [InlineData("vocab_size", 2_000_000_000, "where config.json implies [2000000000, 16]")]
    [InlineData("intermediate_size", 2_000_000_000, "where config.json implies [2000000000, 16]")]
    [InlineData("head_dim", 2_000_000_000, "where config.json implies [8000000000, 16]")]
    public void A_size_that_the_weights_do_not_have_is_refused_before_it_is_allocated(string key, int value, string says)
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModels.Make();
        Checkpoint.Save(model, folder.Path);
        var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(folder.File("config.json")))!;
        json[key] = value;
        File.WriteAllText(folder.File("config.json"), json.ToJsonString());
        Assert.Contains(says, Assert.Throws<ExperimentException>(() => Checkpoint.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_shapes_that_a_config_implies_are_those_of_the_model()
    {
        foreach (var config in new[] { TinyModels.Config, TinyModels.Config with { TieWordEmbeddings = true, AttentionBias = true, HeadDim = 6 } })
        {
            using var model = TinyModels.Make(config);
            var made = model.named_parameters().ToDictionary(p => p.name, p => string.Join(",", p.parameter.shape));
            Assert.Equal(made, WeightShapes.Of(config).ToDictionary(w => w.Name, w => string.Join(",", w.Shape)));
        }
    }

    [Fact]
    public void A_tensor_in_two_shards_and_one_too_large_for_the_dtype_are_named()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var model = TinyModels.Make();
        model.named_parameters().Single(p => p.name == "model.norm.weight").parameter.fill_(1e6);
        Checkpoint.Save(model, folder.Path);
        Checkpoint.Load(folder.Path).Dispose();
        Assert.Contains("'model.norm.weight' holds values too large for Float16", Assert.Throws<ExperimentException>(() => Checkpoint.Load(folder.Path, ScalarType.Float16)).Message, StringComparison.Ordinal);

        File.Move(folder.File("model.safetensors"), folder.File("a.safetensors"));
        File.Copy(folder.File("a.safetensors"), folder.File("b.safetensors"));
        File.WriteAllText(folder.File("model.safetensors.index.json"), """{"weight_map":{"x":"a.safetensors","y":"b.safetensors"}}""");
        Assert.Contains("stands in two files", Assert.Throws<ExperimentException>(() => Checkpoint.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loaded_folder_is_saved_byte_for_byte()
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModels.Make(TinyModels.Config with { HeadDim = 4 });
        Checkpoint.Save(model, folder.File("first"));
        using var copy = Checkpoint.Load(folder.File("first"));
        Checkpoint.Save(copy, folder.File("second"));
        foreach (var file in Directory.GetFiles(folder.File("first")))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(folder.File("second"), Path.GetFileName(file))));
        }
    }

    [Fact]
    public void Truncated_or_missing_weights_and_pickles_are_clear_errors()
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModels.Make();
        Checkpoint.Save(model, folder.Path);
        var path = folder.File("model.safetensors");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^100]);
        Assert.Contains("cut off", Assert.Throws<ExperimentException>(() => Checkpoint.Load(folder.Path)).Message, StringComparison.Ordinal);
        File.Delete(path);
        Assert.Contains("neither", Assert.Throws<ExperimentException>(() => Checkpoint.Load(folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(folder.File("pytorch_model.bin"), "x");
        Assert.Contains("Pickle", Assert.Throws<ExperimentException>(() => Checkpoint.Load(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Throws<ExperimentException>(() => Checkpoint.Load(folder.File("no-such-folder")));
    }

    [Fact]
    public void A_save_that_fails_leaves_what_was_there()
    {
        using var folder = new TemporaryFolder();
        using var model = TinyModels.Make();
        Checkpoint.Save(model, folder.Path);
        var before = File.ReadAllText(folder.File("config.json"));
        Directory.CreateDirectory(folder.File("generation_config.json.partial"));
        using var other = TinyModels.Make(TinyModels.Config with { NumHiddenLayers = 1 });
        Assert.ThrowsAny<Exception>(() => Checkpoint.Save(other, folder.Path));
        Assert.Equal(before, File.ReadAllText(folder.File("config.json")));
        Checkpoint.Load(folder.Path).Dispose();
    }

    [Fact]
    public void The_same_seed_gives_the_same_fresh_weights()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using LlamaForCausalLM a = TinyModels.Make(seed: 1), b = TinyModels.Make(seed: 1), c = TinyModels.Make(seed: 2);
        var ids = Golden.Ids([1, 2]);
        Golden.Close(a.Forward(ids), b.Forward(ids), 0);
        Assert.True(Golden.Difference(a.Forward(ids), c.Forward(ids)) > 0.01);
    }
}
