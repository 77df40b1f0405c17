using System.Text.Json;
using Experiments.Models;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Experiments.Tests.Models;

public class GoldenTrainingTests
{
    [Theory]
    [InlineData("off")]
    [InlineData("reb_a0.2_t0.01")]
    [InlineData("reb_a0.5_t0.05")]
    public void Ten_AdamW_steps_give_the_reference_losses_and_gradient_norms(string mode)
    {
        using var json = Recipe();
        var run = json.RootElement.GetProperty("runs").GetProperty(mode);
        var (losses, norms) = (Numbers(run, "loss"), Numbers(run, "grad_norm_preclip"));
        using var scope = NewDisposeScope();
        using var model = Golden.Load("a_mha");
        using var rebalancing = Golden.Hook(mode);
        using var optimizer = Optimizer(model);
        var ids = Batch(json);
        for (var step = 0; step < losses.Length; step++)
        {
            using var pass = NewDisposeScope();
            Assert.Equal(losses[step], Backward(model, ids, rebalancing), 1e-3);
            if (step == 0)
            {
                AssertGradientLengths(model, run.GetProperty("grad_step1_l2"));
            }

            Assert.Equal(norms[step], nn.utils.clip_grad_norm_(model.parameters(), 1), 2e-3 * norms[step]);
            optimizer.step();
        }

        Assert.Equal(run.GetProperty("loss_after_last_step").GetDouble(), Backward(model, ids, rebalancing), 1e-3);
        foreach (var expected in run.GetProperty("final_weight_l2").EnumerateObject().Where(p => !p.Name.EndsWith("inv_freq", StringComparison.Ordinal)))
        {
            Assert.Equal(1, Weight(model, expected.Name).norm().item<float>() / expected.Value.GetDouble(), 1e-4);
        }
    }

    [Fact]
    public void First_gradients_equal_the_reference_tensor_by_tensor()
    {
        using var json = Recipe();
        using var scope = NewDisposeScope();
        using var model = Golden.Load("a_mha");
        Backward(model, Batch(json), null);
        var expected = SafeTensorsFile.Open(Golden.Folder("train_a_mha", "grad_step1.safetensors"));
        foreach (var name in expected.Names)
        {
            Golden.Close(expected.Read(name), Weight(model, name).grad!, 1e-4);
        }
    }

    private static JsonDocument Recipe() => JsonDocument.Parse(File.ReadAllText(Golden.Folder("train_a_mha", "train_expected.json")));

    private static double[] Numbers(JsonElement run, string key) => [.. run.GetProperty(key).EnumerateArray().Select(n => n.GetDouble())];

    private static Parameter Weight(LlamaForCausalLM model, string name) => model.named_parameters().Single(p => p.name == name).parameter;

    private static Tensor Batch(JsonDocument json)
    {
        var rows = json.RootElement.GetProperty("input_ids").EnumerateArray().Select(row => row.EnumerateArray().Select(id => id.GetInt64()).ToArray());
        return stack([.. rows.Select(row => tensor(row))]);
    }

    private static double Backward(LlamaForCausalLM model, Tensor ids, IAttentionHook? hook)
    {
        model.zero_grad();
        var last = ids.shape[1] - 1;
        var logits = model.Forward(ids, hook: hook).narrow(1, 0, last);
        var loss = nn.functional.cross_entropy(logits.flatten(0, 1), ids.narrow(1, 1, last).flatten());
        loss.backward();
        return loss.item<float>();
    }

    private static void AssertGradientLengths(LlamaForCausalLM model, JsonElement expected)
    {
        foreach (var gradient in expected.EnumerateObject())
        {
            Assert.Equal(1, Weight(model, gradient.Name).grad!.norm().item<float>() / gradient.Value.GetDouble(), 1e-4);
        }
    }

    private static AdamW Optimizer(LlamaForCausalLM model)
    {
        var parameters = model.parameters().ToList();
        return optim.AdamW(
            [
                new AdamW.ParamGroup(parameters.Where(p => p.dim() >= 2), lr: 1e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.1),
                new AdamW.ParamGroup(parameters.Where(p => p.dim() < 2), lr: 1e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0),
            ],
            lr: 1e-3,
            beta1: 0.9,
            beta2: 0.95);
    }
}
