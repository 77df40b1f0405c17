using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Tests.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Interpretability;

public class PatternCaptureTests
{
    [Fact]
    public void Saved_tensors_equal_the_reference_after_the_intervention()
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        using var model = Golden.Load("b_gqa");
        using var rebalancing = Golden.Hook("reb_a0.2_t0.01");

        PatternCapture.Run(model, Golden.Prompt("b_gqa", 17), rebalancing).Save(folder.File("x.safetensors"));

        var (saved, expected) = (SafeTensorsFile.Open(folder.File("x.safetensors")), Golden.Expected("b_gqa", "reb_a0.2_t0.01"));
        Assert.Equal(["logits", "pattern"], saved.Names);
        Golden.Close(expected.Read("T17.logits"), saved.Read("logits"), Golden.LogitTolerance);
        Golden.Close(expected.Read("T17.attn"), saved.Read("pattern"), Golden.AttentionTolerance);
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Chosen_layers_and_heads_are_those_of_the_whole()
    {
        using var model = TinyModels.Make();
        int[] ids = [1, 4, 2, 8];
        var (whole, part) = (PatternCapture.Run(model, ids), PatternCapture.Run(model, ids, layers: [2, 0], heads: [3]));
        Assert.Equal([0, 2], part.Layers);
        Assert.Equal([3], part.Heads);
        Assert.Equal(4, part.Length);
        Assert.Equal(whole.Pattern(2, 3), part.Pattern(2, 3));
        Assert.Equal(whole.Pattern(0, 3), part.MeanPattern(0));
        Assert.Equal(Enumerable.Range(0, 4).Average(head => whole.Pattern(1, head)[3, 1]), whole.MeanPattern(1)[3, 1], 1e-12);
        Assert.Equal(1, Enumerable.Range(0, 4).Sum(key => whole.Pattern(1, 1)[3, key]), 1e-6);
        Assert.Equal(0, whole.Pattern(1, 1)[0, 1]);
        Assert.Contains("layers 0, 2", Assert.Throws<ExperimentException>(() => part.Pattern(1, 3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Layers_and_heads_that_do_not_exist_are_clear_errors()
    {
        using var model = TinyModels.Make();
        Assert.Contains("layers 0 to 2", Assert.Throws<ExperimentException>(() => PatternCapture.Run(model, [1], layers: [3])).Message, StringComparison.Ordinal);
        Assert.Contains("heads 0 to 3", Assert.Throws<ExperimentException>(() => PatternCapture.Run(model, [1], heads: [-1])).Message, StringComparison.Ordinal);
        Assert.Throws<ExperimentException>(() => PatternCapture.Run(model, [1], layers: []));
        Assert.Throws<ExperimentException>(() => PatternCapture.Run(model, []));
    }
}
