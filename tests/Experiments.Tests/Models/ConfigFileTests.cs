using System.Text.Json.Nodes;
using Experiments.Models;
using Experiments.Runs;

namespace Experiments.Tests.Models;

public class ConfigFileTests
{
    private static readonly string Plain = ConfigFile.Write(TinyModels.Config, "float32");

    public static TheoryData<LlamaConfig> Configs =>
    [
        TinyModels.Config with { HeadDim = 4 },
        TinyModels.Config with { HeadDim = 6, AttentionBias = true, TieWordEmbeddings = true, RopeTheta = 5e5, RmsNormEps = 1e-5, PadTokenId = 0, BosTokenId = null },
        TinyModels.Config with { HeadDim = 4, RopeScaling = new RopeScaling { Type = RopeScalingType.Linear, Factor = 2 } },
        TinyModels.Config with { HeadDim = 4, RopeScaling = new RopeScaling { Type = RopeScalingType.Dynamic, Factor = 4 } },
        TinyModels.Config with { HeadDim = 4, RopeScaling = new RopeScaling { Type = RopeScalingType.Llama3, Factor = 8, LowFreqFactor = 1, HighFreqFactor = 4, OriginalMaxPositionEmbeddings = 32 } },
        TinyModels.Config with { Family = ModelFamily.Qwen2, HeadDim = 4 },
        TinyModels.Config with { Family = ModelFamily.Qwen3, HeadDim = 6, AttentionBias = true },
        TinyModels.Config with { Family = ModelFamily.Mistral, HeadDim = 4, SlidingWindow = 5 },
        TinyModels.Config with { Family = ModelFamily.Mistral, HeadDim = 4 },
        TinyModels.Config with { Family = ModelFamily.Phi3, HeadDim = 4, SlidingWindow = 5 },
    ];

    [Theory]
    [MemberData(nameof(Configs))]
    public void A_written_config_reads_back_equal(LlamaConfig config)
    {
        var copy = Read(ConfigFile.Write(config, "float32"));
        Assert.Equal(config.EosTokenIds, copy.EosTokenIds);
        Assert.Equal(config, copy with { EosTokenIds = config.EosTokenIds });
    }

    [Fact]
    public void Several_end_tokens_and_none_are_kept()
    {
        Assert.Equal([2, 3], Read(ConfigFile.Write(TinyModels.Config with { EosTokenIds = [2, 3] }, "float32")).EosTokenIds);
        Assert.Empty(Read(ConfigFile.Write(TinyModels.Config with { EosTokenIds = [] }, "float32")).EosTokenIds);
    }

    [Fact]
    public void Missing_keys_take_the_defaults_of_transformers()
    {
        var config = Read(Without("num_key_value_heads", "head_dim", "rope_theta", "rope_scaling", "tie_word_embeddings", "attention_bias", "rms_norm_eps"));
        Assert.Equal(config.NumAttentionHeads, config.NumKeyValueHeads);
        Assert.Equal((4, 10000, false, false, 1e-6), (config.HeadWidth, config.RopeTheta, config.TieWordEmbeddings, config.AttentionBias, config.RmsNormEps));
    }

    [Fact]
    public void The_rope_parameters_of_newer_transformers_are_read()
    {
        var json = JsonNode.Parse(Without("rope_theta", "rope_scaling"))!;
        json["rope_parameters"] = JsonNode.Parse("""{"rope_theta":500000.0,"rope_type":"linear","factor":2}""");
        var config = Read(json.ToJsonString());
        Assert.Equal((500000, new RopeScaling { Type = RopeScalingType.Linear, Factor = 2 }), (config.RopeTheta, config.RopeScaling));
        json["rope_parameters"] = JsonNode.Parse("""{"rope_theta":10000.0,"rope_type":"default"}""");
        Assert.Null(Read(json.ToJsonString()).RopeScaling);
    }

    [Theory]
    [InlineData("rope_interleaved", "true")]
    [InlineData("sliding_window", "4096")]
    [InlineData("logit_scale", "0.5")]
    [InlineData("model_type", "\"gpt2\"")]
    [InlineData("use_sliding_window", "false")]
    [InlineData("hidden_act", "\"gelu\"")]
    [InlineData("mlp_bias", "true")]
    [InlineData("hidden_size", "\"big\"")]
    [InlineData("hidden_size", "15")]
    [InlineData("num_hidden_layers", "0")]
    [InlineData("num_attention_heads", "0")]
    [InlineData("num_key_value_heads", "3")]
    [InlineData("rope_theta", "0")]
    [InlineData("rms_norm_eps", "-1")]
    [InlineData("rope_scaling", "{\"rope_type\":\"yarn\",\"factor\":2}")]
    [InlineData("rope_scaling", "{\"rope_type\":\"linear\"}")]
    [InlineData("rope_scaling", "{\"rope_type\":\"linear\",\"factor\":0}")]
    [InlineData("rope_scaling", "{\"factor\":2}")]
    [InlineData("rope_scaling", "{\"rope_type\":\"linear\",\"factor\":0.5}")]
    [InlineData("attention_factor", "{\"rope_type\":\"linear\",\"factor\":2,\"attention_factor\":3}", "rope_scaling")]
    [InlineData("original_max_position_embeddings", "{\"rope_type\":\"dynamic\",\"factor\":2,\"original_max_position_embeddings\":16}", "rope_scaling")]
    [InlineData("eos_token_id", "[1,\"x\"]")]
    [InlineData("eos_token_id", "[null]")]
    public void A_key_or_value_that_is_not_implemented_is_named(string key, string value, string? at = null)
    {
        var json = JsonNode.Parse(Plain)!;
        json.AsObject().Remove("head_dim");
        json[at ?? key] = JsonNode.Parse(value);
        var error = Assert.Throws<ExperimentException>(() => Read(json.ToJsonString()));
        Assert.Contains(value.Contains("yarn", StringComparison.Ordinal) ? "yarn" : key, error.Message, StringComparison.Ordinal);
        Assert.Contains("config.json", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ModelFamily.Qwen2, "use_sliding_window", "true")]
    [InlineData(ModelFamily.Qwen2, "use_mrope", "true")]
    [InlineData(ModelFamily.Qwen2, "attention_bias", "false")]
    [InlineData(ModelFamily.Qwen2, "num_key_value_heads", "null")]
    [InlineData(ModelFamily.Qwen3, "layer_types", "[\"full_attention\",\"sliding_attention\"]")]
    [InlineData(ModelFamily.Qwen3, "layer_types", "\"full_attention\"")]
    [InlineData(ModelFamily.Qwen3, "head_dim", "null")]
    [InlineData(ModelFamily.Qwen3, "max_position_embeddings", "null")]
    [InlineData(ModelFamily.Mistral, "sliding_window", "0")]
    [InlineData(ModelFamily.Mistral, "attention_bias", "true")]
    [InlineData(ModelFamily.Phi3, "attention_bias", "true")]
    [InlineData(ModelFamily.Phi3, "partial_rotary_factor", "0.75")]
    [InlineData(ModelFamily.Phi3, "rope_scaling", "{\"type\":\"linear\",\"factor\":2}")]
    public void A_familys_key_that_is_not_implemented_or_missing_is_named(ModelFamily family, string key, string value)
    {
        var json = JsonNode.Parse(ConfigFile.Write(TinyModels.Config with { Family = family }, "float32"))!;
        json[key] = JsonNode.Parse(value);
        var error = Assert.Throws<ExperimentException>(() => Read(json.ToJsonString()));
        Assert.Contains($"'{key}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_long_contexts_of_Phi3_are_refused_by_the_name_of_their_rule()
    {
        var json = JsonNode.Parse(ConfigFile.Write(TinyModels.Config with { Family = ModelFamily.Phi3 }, "float32"))!;
        json["original_max_position_embeddings"] = 4096; // alone it says nothing
        Assert.Null(Read(json.ToJsonString()).RopeScaling);
        json["rope_scaling"] = JsonNode.Parse("""{"type":"longrope","short_factor":[1.0],"long_factor":[1.0]}""");
        Assert.Contains("'longrope'", Assert.Throws<ExperimentException>(() => Read(json.ToJsonString())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Qwens_window_is_off_unless_it_is_asked_for()
    {
        var json = JsonNode.Parse(ConfigFile.Write(TinyModels.Config with { Family = ModelFamily.Qwen2 }, "float32"))!;
        json["sliding_window"] = 4;
        json["max_window_layers"] = 2;
        json["layer_types"] = JsonNode.Parse("[\"full_attention\",\"full_attention\",\"full_attention\"]");
        Assert.Null(Read(json.ToJsonString()).SlidingWindow);
    }

    [Fact]
    public void Mistrals_window_is_4096_where_the_key_is_missing_and_none_where_it_is_null()
    {
        var json = JsonNode.Parse(ConfigFile.Write(TinyModels.Config with { Family = ModelFamily.Mistral }, "float32"))!.AsObject();
        Assert.Null(Read(json.ToJsonString()).SlidingWindow);
        json.Remove("sliding_window");
        Assert.Equal(4096, Read(json.ToJsonString()).SlidingWindow);
    }

    [Theory]
    [InlineData(ModelFamily.Llama, false, 4)]
    [InlineData(ModelFamily.Qwen3, false, 4)]
    [InlineData(ModelFamily.Qwen2, true, null)]
    [InlineData(ModelFamily.Mistral, true, null)]
    public void A_config_that_its_familys_file_could_not_hold_is_refused(ModelFamily family, bool bias, int? window) =>
        Assert.Throws<ExperimentException>(() => TinyModels.Make(TinyModels.Config with { Family = family, AttentionBias = bias, SlidingWindow = window }));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"vocab_size\": 3,")]
    [InlineData("{\"vocab_size\": 3, \"vocab_size\": 4}")]
    [InlineData("{\"vocab_size\": 3, \"rope_scaling\": {\"type\": \"linear\", \"type\": \"dynamic\"}}")]
    [InlineData("{}")]
    public void What_is_no_config_is_one_clear_error(string text) => Assert.Throws<ExperimentException>(() => Read(text));

    [Fact]
    public void The_parameter_count_equals_the_models()
    {
        foreach (var config in new[] { TinyModels.Config, TinyModels.Config with { TieWordEmbeddings = true, AttentionBias = true, HeadDim = 6 } })
        {
            using var model = TinyModels.Make(config);
            Assert.Equal(model.parameters().Sum(p => p.numel()), config.ParameterCount);
        }
    }

    private static LlamaConfig Read(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("config.json"), text);
        return ConfigFile.Read(folder.File("config.json"));
    }

    private static string Without(params string[] keys)
    {
        var json = JsonNode.Parse(Plain)!.AsObject();
        Array.ForEach(keys, key => Assert.True(json.Remove(key)));
        return json.ToJsonString();
    }
}
