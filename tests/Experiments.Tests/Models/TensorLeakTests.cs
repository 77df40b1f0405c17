using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Tests.Interpretability;
using Experiments.Tests.Training;
using Experiments.Training;
using static TorchSharp.torch;

namespace Experiments.Tests.Models;

/// <summary>Counts live tensors, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(TensorLeakTests), DisableParallelization = true)]
[Collection(nameof(TensorLeakTests))]
public sealed class TensorLeakTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_hundred_forward_passes_leave_no_tensor_behind()
    {
        using var model = TinyModels.Make();
        using var rebalancing = new Rebalancing(new RebalanceOptions());
        using var ids = Golden.Ids([1, 2, 3, 4, 5]);
        Steady(() =>
        {
            using var noGrad = no_grad();
            model.Forward(ids).Dispose();
            model.Forward(ids, hook: rebalancing, lastOnly: true).Dispose();
            using var cache = new KeyValueCache(model.Config);
            model.Forward(ids, cache, hook: rebalancing).Dispose();
            model.Forward(ids, cache).Dispose();
        });
    }

    [Fact]
    public void A_hundred_generations_leave_no_tensor_behind()
    {
        using var model = TinyModels.Make();
        using var rebalancing = new Rebalancing(new RebalanceOptions());
        var options = new GenerationOptions { MaxNewTokens = 4, BatchSize = 2, PrefillChunk = 2 };
        Steady(() => TextGenerator.Generate(model, [[1, 2, 3], [1], [4, 5]], options, rebalancing));
    }

    [Theory]
    [MemberData(nameof(InterventionCases.Names), MemberType = typeof(InterventionCases))]
    public void A_hundred_uses_of_an_intervention_leave_no_tensor_behind(string name)
    {
        using var model = TinyModels.Make();
        var options = new GenerationOptions { MaxNewTokens = 2, BatchSize = 2, PrefillChunk = 2 };
        Steady(() =>
        {
            using var hook = InterventionChain.Of([InterventionCases.Find(name), new SinkDownWeighting()], model);
            TextGenerator.Generate(model, [[1, 2, 3], [1], [4, 5]], options, hook);
        });
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void A_hundred_trainings_leave_no_tensor_behind(bool checkpointing, bool lora)
    {
        using var model = TinyModels.Make();
        var adapter = lora ? LoraAdapter.Attach(model, new LoraConfig { R = 2, LoraDropout = 0.1 }) : null; // once: TorchSharp counts each new parameter twice
        var options = new TrainingOptions { Steps = 2, BatchSize = 4, MicroBatches = 2, Workers = 2, EvaluateEvery = 1, GradientCheckpointing = checkpointing, PackedLength = checkpointing ? 20 : 0 };
        Steady(() =>
        {
            new Trainer(model, options).Train(TrainerTests.Forever(TrainerTests.Examples()), TrainerTests.Examples());
            adapter?.Merge();
            adapter?.Unmerge();
        });
    }

    [Fact]
    public void Training_steps_through_the_intervention_leave_no_tensor_behind()
    {
        using var model = TinyModels.Make();
        using var rebalancing = new Rebalancing(new RebalanceOptions { RenormalizeRows = true });
        using var ids = Golden.Ids([1, 2, 3, 4, 5]);
        Steady(() =>
        {
            using var scope = NewDisposeScope();
            model.Forward(ids, hook: rebalancing).square().mean().backward();
        });
    }

    [Fact]
    public void Statistics_and_captures_leave_no_tensor_behind()
    {
        using var model = TinyModels.Make();
        using var rebalancing = new Rebalancing(new RebalanceOptions());
        Steady(() =>
        {
            AttentionStudy.Observe(model, [1, 2, 3, 4], id => $"<{id}>", rebalancing);
            AttentionStudy.Observe(model, [1, 2, 3, 4], id => $"<{id}>", rebalancing, new() { Laboratory = new() });
            AttentionStudy.Generate(model, [[1, 2, 3, 4], [1]], new() { MaxNewTokens = 2, PrefillChunk = 2 }, id => $"<{id}>", rebalancing);
            ActivationCapture.Run(model, [1, 2, 3, 4], new() { What = Activation.All, Layers = [1], Positions = [0, 3] }, rebalancing);
            ActivationMeans.Run(model, [[1, 2, 3, 4], [5]], new() { What = Activation.All, Positions = [0, 3] }, rebalancing).Save(_folder.File("means.safetensors"));
        });
    }

    [Fact]
    public void Means_over_many_texts_take_no_more_memory_than_over_few()
    {
        using var model = TinyModels.Make();
        int[] text = [.. Enumerable.Range(0, 60).Select(i => i % 23)];
        var used = new List<long>();
        ActivationMeans.Run(model, [.. Enumerable.Repeat(text, 40)], new() { What = Activation.All }, finished: _ => used.Add(GC.GetTotalMemory(forceFullCollection: true)), cancellation: TestContext.Current.CancellationToken);
        var capture = ActivationCapture.Run(model, text, new() { What = Activation.All }).Tensors.Sum(tensor => tensor.Values.Length * sizeof(float));
        Assert.True(used[^1] - used[4] < capture / 2, $"{used[4]} bytes after 5 texts, {used[^1]} after 40; one text's capture has {capture}."); // other tests' garbage may go meanwhile, so it can be much less
    }

    [Fact]
    public void A_pass_that_fails_half_way_leaves_no_tensor_behind()
    {
        using var model = TinyModels.Make();
        using var rebalancing = new Rebalancing(new RebalanceOptions());
        using var ids = Golden.Ids([1, 2, 3]);
        Steady(() =>
        {
            Assert.Throws<NotSupportedException>(() => model.Forward(ids, hook: HookChain.Of(rebalancing, new Failing())));
            rebalancing.Dispose();
        });
    }

    private static void Steady(Action action)
    {
        action();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;
        for (var i = 0; i < 100; i++)
        {
            action();
        }

        Assert.Equal(before, Tensor.TotalCount);
    }

    private sealed class Failing : IAttentionHook
    {
        public Tensor? OnPattern(AttentionSite site, Tensor pattern) => site.Layer == 1 ? throw new NotSupportedException() : null;
    }
}
