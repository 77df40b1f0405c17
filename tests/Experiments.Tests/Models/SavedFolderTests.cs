using System.Diagnostics;
using System.Text.Json.Nodes;
using Experiments.Models;
using Experiments.Tests.Notebooks.Jupyter;
using static TorchSharp.torch;

namespace Experiments.Tests.Models;

/// <summary>Reads what was saved with nothing of ours: Python's standard library and the safetensors format as it is published.</summary>
public sealed class SavedFolderTests : IDisposable
{
    private const string Reader = """
        import json, struct, sys
        folder = sys.argv[1]
        config = json.load(open(folder + "/config.json"))
        data = open(folder + "/model.safetensors", "rb").read()
        length, = struct.unpack("<Q", data[:8])
        header = json.loads(data[8:8 + length])
        assert header.pop("__metadata__")["format"] == "pt"
        assert length % 8 == 0
        end, tensors = 0, {}
        for name, entry in sorted(header.items(), key=lambda pair: pair[1]["data_offsets"][0]):
            start, stop = entry["data_offsets"]
            assert start == end
            end, raw = stop, data[8 + length + start:8 + length + stop]
            if entry["dtype"] == "BF16":
                raw = b"".join(b"\0\0" + raw[i:i + 2] for i in range(0, len(raw), 2))
            values = struct.unpack("<%df" % (len(raw) // 4), raw)
            tensors[name] = {"dtype": entry["dtype"], "shape": entry["shape"], "sum": sum(values), "last": values[-1]}
        assert 8 + length + end == len(data)
        print(json.dumps({"config": config, "tensors": tensors}))
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<ModelFamily, bool, ScalarType> Cases => new()
    {
        { ModelFamily.Llama, false, ScalarType.Float32 },
        { ModelFamily.Llama, true, ScalarType.BFloat16 },
        { ModelFamily.Qwen2, true, ScalarType.Float32 },
        { ModelFamily.Phi3, false, ScalarType.BFloat16 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task An_independent_reader_finds_the_same_names_shapes_dtypes_values_and_keys(ModelFamily family, bool tied, ScalarType dtype)
    {
        JupyterClients.Need("python3");
        using var model = TinyModels.Make(TinyModels.Config with { Family = family, TieWordEmbeddings = tied });
        Checkpoint.Save(model, _folder.Path, dtype);
        var read = await ReadAsync();
        var weights = model.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        var tensors = read["tensors"]!.AsObject();
        Assert.Equal(weights.Keys.Order(), tensors.Select(pair => pair.Key).Order());
        Assert.Equal(!tied, tensors.ContainsKey("lm_head.weight"));
        foreach (var (name, tensor) in tensors)
        {
            using var scope = NewDisposeScope();
            var stored = weights[name].detach().to(dtype).to(ScalarType.Float32);
            Assert.Equal(dtype == ScalarType.Float32 ? "F32" : "BF16", tensor!["dtype"]!.GetValue<string>());
            Assert.Equal(stored.shape, tensor["shape"]!.AsArray().Select(size => size!.GetValue<long>()));
            Assert.Equal(stored.sum(ScalarType.Float64).item<double>(), tensor["sum"]!.GetValue<double>(), 1e-6);
            Assert.Equal(stored.flatten()[-1].item<float>(), tensor["last"]!.GetValue<float>());
        }

        var config = read["config"]!.AsObject();
        var expected = family switch { ModelFamily.Llama => "llama LlamaForCausalLM", ModelFamily.Qwen2 => "qwen2 Qwen2ForCausalLM", _ => "phi3 Phi3ForCausalLM" };
        Assert.Equal(expected, $"{config["model_type"]} {config["architectures"]![0]}");
        Assert.Equal($"16 24 3 4 2 23 64 {(tied ? "true" : "false")} {(dtype == ScalarType.Float32 ? "float32" : "bfloat16")}", string.Join(' ', new[]
        {
            "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "vocab_size", "max_position_embeddings", "tie_word_embeddings", "torch_dtype",
        }.Select(key => config[key]!.ToString())));
    }

    private async Task<JsonNode> ReadAsync()
    {
        using var python = Process.Start(new ProcessStartInfo("python3", ["-c", Reader, _folder.Path]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (text, error) = (python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(python.ExitCode == 0, await error);
        return JsonNode.Parse(await text)!;
    }
}
