using Experiments.Models;
using Experiments.Runs;
using Experiments.Studies;
using Experiments.Tests.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Studies;

public sealed class ModelFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_embedded_model_is_described_without_its_weights()
    {
        var text = ModelFolder.Inspect(EmbeddedModel.Folder).Summary().ToPlainText();
        Assert.Matches("family +Llama", text);
        Assert.Matches("weights +1,051,904", text);
        Assert.Matches("heads +4 for queries, 2 for keys and values", text);
        Assert.Matches("context +512 tokens", text);
        Assert.Matches("tokenizer +tokenizer.model, [0-9]+ ids", text);
    }

    [Fact]
    public void Memory_is_weights_and_the_cache_of_a_full_context_and_an_adapter_is_named()
    {
        using var model = TinyModels.Make();
        Checkpoint.Save(model, _folder.File("base"), ScalarType.BFloat16);
        LoraAdapter.Attach(model, new LoraConfig { R = 2, TargetModules = ["q_proj"] });
        LoraCheckpoint.Save(model, _folder.File("adapter"), "../base");
        var found = ModelFolder.Inspect(_folder.File("adapter"));
        // 6608 weights; keys and values of 3 layers, 2 heads, width 4 and 64 tokens
        Assert.Equal(2 * (6608 + (2 * 3 * 2 * 4 * 64)), found.MemoryIn(ScalarType.BFloat16));
        Assert.Equal([ScalarType.BFloat16], found.Dtypes);
        Assert.InRange(found.FileBytes, 2 * 6608, (2 * 6608) + 6000);
        Assert.Contains("LoRA, r = 2, on q_proj", found.Summary().ToPlainText(), StringComparison.Ordinal);
        Assert.Contains("none: token ids only", found.Summary().ToPlainText(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_does_not_fit_together_is_refused_as_on_loading()
    {
        using var model = TinyModels.Make();
        Checkpoint.Save(model, _folder.File("model"));
        var path = _folder.File("model/config.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"hidden_size\": 16", "\"hidden_size\": 32", StringComparison.Ordinal));
        var expected = Assert.Throws<ExperimentException>(() => LoadedModel.Open(_folder.File("model"))).Message;
        Assert.Equal(expected, Assert.Throws<ExperimentException>(() => ModelFolder.Inspect(_folder.File("model"))).Message);
    }
}
