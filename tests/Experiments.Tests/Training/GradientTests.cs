using Experiments.Models;
using Experiments.Runs;
using Experiments.Tests.Models;
using Experiments.Training;
using static TorchSharp.torch;

namespace Experiments.Tests.Training;

public class GradientTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Gradient_checkpointing_gives_the_same_loss_and_gradients(bool tied, bool lora)
    {
        using var model = TinyModels.Make(TinyModels.Config with { TieWordEmbeddings = tied });
        if (lora)
        {
            Trained(LoraAdapter.Attach(model, new LoraConfig { R = 2, LoraDropout = 0.3 }));
        }

        using var scope = NewDisposeScope();
        var part = MicroBatch.Split(TrainerTests.Examples(), 1)[0];
        var trained = model.TrainedParameters.ToList();
        var whole = Backpropagation.Run(model, part, part.Targets, trained, new DropoutMasks("a"), checkpointing: false);
        var checkpointed = Backpropagation.Run(model, part, part.Targets, trained, new DropoutMasks("a"), checkpointing: true);
        Assert.Equal(whole.Loss, checkpointed.Loss, 1e-6);
        Assert.All(whole.Gradients.Zip(checkpointed.Gradients), pair => Golden.Close(pair.First, pair.Second, 1e-6));
        Assert.Contains(whole.Gradients, gradient => gradient.abs().max().item<float>() > 1e-3);
    }

    [Fact]
    public void Dropout_draws_the_same_mask_for_the_same_place_and_another_for_any_other()
    {
        using var scope = NewDisposeScope();
        var x = ones(1000);
        var mask = new DropoutMasks("1/0/0").Apply(x, 0.25, "a");
        Assert.Equal(mask.data<float>().ToArray(), new DropoutMasks("1/0/0").Apply(x, 0.25, "a").data<float>().ToArray());
        Assert.NotEqual(mask.data<float>().ToArray(), new DropoutMasks("1/0/0").Apply(x, 0.25, "b").data<float>().ToArray());
        Assert.NotEqual(mask.data<float>().ToArray(), new DropoutMasks("1/1/0").Apply(x, 0.25, "a").data<float>().ToArray());
        Assert.InRange(mask.count_nonzero().item<long>(), 700, 800);
        Assert.Equal(4.0 / 3, mask.max().item<float>(), 1e-6);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(3)]
    public void Packed_examples_see_themselves_only(int? window)
    {
        using var model = TinyModels.Make(window is null ? TinyModels.Config : TinyModels.Config with { Family = ModelFamily.Mistral, SlidingWindow = window });
        TrainingExample[] examples = [TrainingExample.Of([1, 5, 6, 7], [8, 2]), TrainingExample.Of([1, 9], [4, 4, 2], promptToo: true), TrainingExample.Of([3], [11, 12])];
        using var scope = NewDisposeScope();
        var trained = model.TrainedParameters.ToList();
        var alone = Backpropagation.Run(model, MicroBatch.Split(examples, 1)[0], 10, trained, new DropoutMasks("a"), checkpointing: false);
        var part = MicroBatch.Split(examples, 1, packedLength: 10)[0];
        var packed = Backpropagation.Run(model, part, 10, trained, new DropoutMasks("a"), checkpointing: false);
        Assert.Equal((2, 9), (part.Rows, part.Length));
        Assert.Equal(alone.Loss, packed.Loss, 1e-6);
        Assert.All(alone.Gradients.Zip(packed.Gradients), pair => Golden.Close(pair.First, pair.Second, 1e-6));
    }

    [Fact]
    public void Early_stopping_ends_a_training_whose_validation_loss_has_stopped_falling()
    {
        using var model = TinyModels.Make();
        var options = new TrainingOptions { Steps = 200, BatchSize = 4, MicroBatches = 1, LearningRate = 0.05, WarmupSteps = 0, EvaluateEvery = 2, EarlyStoppingPatience = 3 };
        var result = new Trainer(model, options).Train(TrainerTests.Forever(TrainerTests.Examples()), [TrainingExample.Of([1, 3], [20, 21])]);
        Assert.Equal(result.BestStep + 6, result.History.Count);
    }

    [Fact]
    public void A_diverging_training_stops_with_step_examples_and_advice()
    {
        using var model = TinyModels.Make();
        var options = new TrainingOptions { Steps = 200, BatchSize = 4, MicroBatches = 1, LearningRate = 30, WarmupSteps = 0, ClipNorm = 0, Schedule = LearningRateSchedule.Constant };
        var examples = TrainerTests.Forever([.. TrainerTests.Examples().Select((example, i) => example with { Id = $"tea-{i}" })]);
        var steps = new List<TrainingStep>();
        var error = Assert.Throws<ExperimentException>(() => new Trainer(model, options).Train(examples, progress: steps.Add));
        Assert.Contains($"at step {steps.Count + 1}", error.Message, StringComparison.Ordinal);
        Assert.Contains("tea-0, tea-1, tea-2, tea-3", error.Message, StringComparison.Ordinal);
        Assert.Contains("Lower the learning rate (30)", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Gives an adapter values, as after training: with a B of zero, A has no gradient.</summary>
    internal static void Trained(LoraAdapter adapter)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var generator = new Generator(9);
        foreach (var (_, parameter) in adapter.NamedParameters)
        {
            parameter.normal_(0, 0.3, generator);
        }
    }
}
