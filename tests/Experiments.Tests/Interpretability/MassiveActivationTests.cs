using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Tests.Models;
using static TorchSharp.torch;

namespace Experiments.Tests.Interpretability;

public class MassiveActivationTests
{
    private const int Layer = 1, Dimension = 6;

    private static readonly int[] Text = [1, 4, 2, 8, 5];

    [Fact]
    public void Entries_above_both_limits_are_set_to_zero_and_no_others()
    {
        using var scope = NewDisposeScope();
        using var model = TinyModels.Make();
        using var hook = new MassiveActivations().CreateHook(model);
        var hidden = tensor(new float[,] { { 0.1f, -0.1f, 0.05f, 101, -300 }, { 0.2f, 99, 0.01f, 0.01f, -0.01f }, { 1, 2, -1, 500, 0.5f } }).unsqueeze(0);
        float[,] expected = { { 0.1f, -0.1f, 0.05f, 0, 0 }, { 0.2f, 99, 0.01f, 0.01f, -0.01f }, { 1, 2, -1, 500, 0.5f } }; // medians 0.1 and 0.01 and 1
        Golden.Close(tensor(expected).unsqueeze(0), hook.OnHidden(new AttentionSite(0, 3, 0, null), hidden)!, 0);
        var half = hook.OnHidden(new AttentionSite(0, 3, 0, null), hidden.to(ScalarType.BFloat16))!;
        Assert.Equal(ScalarType.BFloat16, half.dtype);
        Golden.Close(tensor(expected).unsqueeze(0).to(ScalarType.BFloat16).to(ScalarType.Float32), half.to(ScalarType.Float32), 0);
    }

    [Fact]
    public void A_model_with_a_massive_activation_loses_it_behind_the_chosen_layer_alone()
    {
        using var scope = NewDisposeScope();
        using var model = Massive();
        var before = Hidden(model, null);
        Assert.Equal(Text.Length, (int)before[Layer].abs().gt(100).sum().item<long>());
        using var zero = new MassiveActivations { FirstLayer = Layer, LastLayer = Layer }.CreateHook(model);
        var after = Hidden(model, zero);
        Golden.Close(before[0], after[0], 0);
        Golden.Close(before[Layer].index_fill(2, tensor(new long[] { Dimension }), 0), after[Layer], 0);
        using var noGrad = no_grad();
        Assert.True(Golden.Difference(model.Forward(Golden.Ids(Text)), model.Forward(Golden.Ids(Text), hook: zero)) > 1e-3, "the model does not read what was set");
        var observed = AttentionStudy.Observe(model, Text, id => $"<{id}>", zero, new() { Laboratory = new() });
        Assert.Equal(0, observed.Laboratory!.HiddenStates![Layer].Massive);
    }

    [Fact]
    public void The_mean_is_that_of_the_massive_activations_of_the_other_text()
    {
        using var scope = NewDisposeScope();
        using var model = Massive();
        int[] other = [1, 9, 9, 3];
        var expected = Hidden(model, null, other)[Layer].select(2, Dimension).mean();
        using var mean = new MassiveActivations { To = MassiveReplacement.Mean, Tokens = other, FirstLayer = Layer, LastLayer = Layer }.CreateHook(model);
        var (before, after) = (Hidden(model, null)[Layer], Hidden(model, mean)[Layer]);
        Golden.Close(expected.expand(1, Text.Length), after.select(2, Dimension), 0.01);
        Assert.True(Golden.Difference(before, after) > 1, "the means of the texts are alike");
        Golden.Close(before.narrow(2, 0, Dimension), after.narrow(2, 0, Dimension), 0);
    }

    [Fact]
    public void A_text_without_massive_activations_gives_no_mean()
    {
        using var model = TinyModels.Make();
        var settings = new MassiveActivations { To = MassiveReplacement.Mean, Tokens = Text };
        Assert.Contains("no massive activation behind the edited layers", Assert.Throws<ExperimentException>(() => settings.CreateHook(model)).Message, StringComparison.Ordinal);
        Assert.Equal("massive-activations:to=mean,tokens=1+4+2+8+5", Interventions.Text(settings));
    }

    /// <summary>A decoder that writes tens of thousands, each token a little otherwise, into one dimension behind one layer.</summary>
    private static LlamaForCausalLM Massive()
    {
        var model = TinyModels.Make();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var weights = model.named_parameters().ToDictionary(named => named.name, named => named.parameter);
        // All hidden states get a common part, which one neuron reads and one row of down_proj makes large.
        weights["model.embed_tokens.weight"].mul_(0.01).select(1, 0).fill_(1);
        weights[$"model.layers.{Layer}.mlp.gate_proj.weight"].select(0, 0).zero_().narrow(0, 0, 1).fill_(5);
        weights[$"model.layers.{Layer}.mlp.up_proj.weight"].select(0, 0).zero_().narrow(0, 0, 1).fill_(5);
        weights[$"model.layers.{Layer}.mlp.down_proj.weight"].select(0, Dimension).zero_().narrow(0, 0, 1).fill_(3000);
        return model;
    }

    private static List<Tensor> Hidden(LlamaForCausalLM model, IAttentionHook? hook, int[]? text = null)
    {
        var capture = ActivationCapture.Run(model, text ?? Text, new CaptureOptions { What = [Activation.Hidden] }, hook);
        return [.. capture.Tensors.Select(kept => tensor(kept.Values, [.. kept.Shape]))];
    }
}
