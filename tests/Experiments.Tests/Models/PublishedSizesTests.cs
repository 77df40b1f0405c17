using System.Text.Json.Nodes;
using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Models;

/// <summary>Published checkpoints by their config.json, built on the meta device, which holds shapes and no values.</summary>
public class PublishedSizesTests
{
    private const string Llama2 = """{"architectures":["LlamaForCausalLM"],"bos_token_id":1,"eos_token_id":2,"hidden_act":"silu","hidden_size":4096,"initializer_range":0.02,"intermediate_size":11008,"max_position_embeddings":4096,"model_type":"llama","num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":32,"pretraining_tp":1,"rms_norm_eps":1e-05,"rope_scaling":null,"tie_word_embeddings":false,"torch_dtype":"float16","transformers_version":"4.31.0.dev0","use_cache":true,"vocab_size":32000}""";
    private const string TinyLlama = """{"architectures":["LlamaForCausalLM"],"attention_bias":false,"bos_token_id":1,"eos_token_id":2,"hidden_act":"silu","hidden_size":2048,"initializer_range":0.02,"intermediate_size":5632,"max_position_embeddings":2048,"model_type":"llama","num_attention_heads":32,"num_hidden_layers":22,"num_key_value_heads":4,"pretraining_tp":1,"rms_norm_eps":1e-05,"rope_scaling":null,"rope_theta":10000.0,"tie_word_embeddings":false,"torch_dtype":"bfloat16","transformers_version":"4.35.0","use_cache":true,"vocab_size":32000}""";
    private const string SmolLm2 = """{"architectures":["LlamaForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":0,"eos_token_id":0,"hidden_act":"silu","hidden_size":576,"initializer_range":0.041666666666666664,"intermediate_size":1536,"is_llama_config":true,"max_position_embeddings":8192,"mlp_bias":false,"model_type":"llama","num_attention_heads":9,"num_hidden_layers":30,"num_key_value_heads":3,"pretraining_tp":1,"rms_norm_eps":1e-05,"rope_interleaved":false,"rope_scaling":null,"rope_theta":100000,"tie_word_embeddings":true,"torch_dtype":"bfloat16","transformers_version":"4.40.1","use_cache":true,"vocab_size":49152}""";
    private const string Qwen25Small = """{"architectures":["Qwen2ForCausalLM"],"attention_dropout":0.0,"bos_token_id":151643,"eos_token_id":151643,"hidden_act":"silu","hidden_size":896,"initializer_range":0.02,"intermediate_size":4864,"max_position_embeddings":32768,"max_window_layers":24,"model_type":"qwen2","num_attention_heads":14,"num_hidden_layers":24,"num_key_value_heads":2,"rms_norm_eps":1e-06,"rope_theta":1000000.0,"sliding_window":32768,"tie_word_embeddings":true,"torch_dtype":"bfloat16","transformers_version":"4.40.1","use_cache":true,"use_mrope":false,"use_sliding_window":false,"vocab_size":151936}""";
    private const string Qwen25 = """{"architectures":["Qwen2ForCausalLM"],"attention_dropout":0.0,"bos_token_id":151643,"eos_token_id":151643,"hidden_act":"silu","hidden_size":3584,"initializer_range":0.02,"intermediate_size":18944,"max_position_embeddings":131072,"max_window_layers":28,"model_type":"qwen2","num_attention_heads":28,"num_hidden_layers":28,"num_key_value_heads":4,"rms_norm_eps":1e-06,"rope_theta":1000000.0,"sliding_window":131072,"tie_word_embeddings":false,"torch_dtype":"bfloat16","transformers_version":"4.40.1","use_cache":true,"use_mrope":false,"use_sliding_window":false,"vocab_size":152064}""";
    private const string Qwen3 = """{"architectures":["Qwen3ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":151643,"eos_token_id":151645,"head_dim":128,"hidden_act":"silu","hidden_size":1024,"initializer_range":0.02,"intermediate_size":3072,"max_position_embeddings":40960,"max_window_layers":28,"model_type":"qwen3","num_attention_heads":16,"num_hidden_layers":28,"num_key_value_heads":8,"rms_norm_eps":1e-06,"rope_scaling":null,"rope_theta":1000000,"sliding_window":null,"tie_word_embeddings":true,"torch_dtype":"bfloat16","transformers_version":"4.51.0","use_cache":true,"use_sliding_window":false,"vocab_size":151936}""";
    private const string Mistral = """{"architectures":["MistralForCausalLM"],"bos_token_id":1,"eos_token_id":2,"hidden_act":"silu","hidden_size":4096,"initializer_range":0.02,"intermediate_size":14336,"max_position_embeddings":32768,"model_type":"mistral","num_attention_heads":32,"num_hidden_layers":32,"num_key_value_heads":8,"rms_norm_eps":1e-05,"rope_theta":10000.0,"sliding_window":4096,"tie_word_embeddings":false,"torch_dtype":"bfloat16","transformers_version":"4.34.0.dev0","use_cache":true,"vocab_size":32000}""";

    /// <summary>Weights in all, then the shapes of q, k, o, gate and the embedding, and what else each attention has.</summary>
    [Theory]
    [InlineData(Llama2, 6738415616, "4096x4096 4096x4096 4096x4096 11008x4096 32000x4096", "")]
    [InlineData(TinyLlama, 1100048384, "2048x2048 256x2048 2048x2048 5632x2048 32000x2048", "")]
    [InlineData(SmolLm2, 134515008, "576x576 192x576 576x576 1536x576 49152x576", "")]
    [InlineData(Qwen25Small, 494032768, "896x896 128x896 896x896 4864x896 151936x896", "q_proj.bias:896 k_proj.bias:128 v_proj.bias:128")]
    [InlineData(Qwen25, 7615616512, "3584x3584 512x3584 3584x3584 18944x3584 152064x3584", "q_proj.bias:3584 k_proj.bias:512 v_proj.bias:512")]
    [InlineData(Qwen3, 596049920, "2048x1024 1024x1024 1024x2048 3072x1024 151936x1024", "q_norm.weight:128 k_norm.weight:128")]
    [InlineData(Mistral, 7241732096, "4096x4096 1024x4096 4096x4096 14336x4096 32000x4096", "")]
    public void A_published_config_gives_the_published_names_and_shapes(string json, long parameters, string shapes, string extra)
    {
        using var folder = new TemporaryFolder();
        var config = ConfigFile.Read(folder.Write("config.json", json));
        using var model = new LlamaForCausalLM(config, ScalarType.BFloat16, new Device(TorchSharp.DeviceType.META));
        var actual = model.named_parameters().ToDictionary(p => p.name, p => string.Join('x', p.parameter.shape));
        Assert.Equal(Expected(JsonNode.Parse(json)!, shapes.Split(' '), extra), actual);
        Assert.Equal(parameters, model.parameters().Sum(p => p.numel()));
        Assert.Equal(parameters, config.ParameterCount);
        Assert.Equal(actual.OrderBy(pair => pair.Key, StringComparer.Ordinal), WeightShapes.Of(config).Select(w => KeyValuePair.Create(w.Name, string.Join('x', w.Shape))).OrderBy(pair => pair.Key, StringComparer.Ordinal));
    }

    private static Dictionary<string, string> Expected(JsonNode config, string[] shapes, string extra)
    {
        var (width, inner) = ((int)config["hidden_size"]!, (int)config["intermediate_size"]!);
        var names = new Dictionary<string, string> { ["model.embed_tokens.weight"] = shapes[4], ["model.norm.weight"] = $"{width}" };
        if (!(bool)config["tie_word_embeddings"]!)
        {
            names["lm_head.weight"] = shapes[4];
        }

        for (var layer = 0; layer < (int)config["num_hidden_layers"]!; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            (string Name, string Shape)[] own =
            [
                ("input_layernorm", $"{width}"), ("post_attention_layernorm", $"{width}"), ("self_attn.q_proj", shapes[0]), ("self_attn.k_proj", shapes[1]), ("self_attn.v_proj", shapes[1]),
                ("self_attn.o_proj", shapes[2]), ("mlp.gate_proj", shapes[3]), ("mlp.up_proj", shapes[3]), ("mlp.down_proj", $"{width}x{inner}"),
            ];
            Array.ForEach(own, weight => names[$"{prefix}{weight.Name}.weight"] = weight.Shape);
            foreach (var part in extra.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => text.Split(':')))
            {
                names[$"{prefix}self_attn.{part[0]}"] = part[1];
            }
        }

        return names;
    }
}
