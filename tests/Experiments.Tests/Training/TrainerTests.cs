using System.Text.Json;
using Experiments.Runs;
using Experiments.Tests.Models;
using Experiments.Training;
using static TorchSharp.torch;

namespace Experiments.Tests.Training;

public class TrainerTests
{
    private static readonly TrainingOptions Options = new() { Steps = 6, BatchSize = 4, MicroBatches = 2, Workers = 1, LearningRate = 0.01, WarmupSteps = 0, Schedule = LearningRateSchedule.Constant, FinalLearningRateShare = 1 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_trainer_gives_the_ten_reference_losses_with_any_number_of_workers(int workers)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Golden.Folder("train_a_mha", "train_expected.json")));
        var batch = json.RootElement.GetProperty("input_ids").EnumerateArray().Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray()).Select(ids => TrainingExample.Of([], ids)).ToList();
        var expected = json.RootElement.GetProperty("runs").GetProperty("off").GetProperty("loss").EnumerateArray().Select(loss => loss.GetDouble()).ToArray();
        using var model = Golden.Load("a_mha");
        var options = Options with { Steps = expected.Length, Workers = workers, LearningRate = 1e-3, WeightDecay = 0.1 };
        var result = new Trainer(model, options).Train(Forever(batch));
        Assert.All(expected.Zip(result.History), pair => Assert.Equal(pair.First, pair.Second.Loss, 1e-3));
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights_bit_for_bit()
    {
        static byte[] Weights()
        {
            using var model = TinyModels.Make();
            new Trainer(model, Options with { Workers = 2 }).Train(Forever(Examples()));
            return TinyModels.Bytes(model.parameters());
        }

        Assert.Equal(Weights(), Weights());
    }

    [Fact]
    public void Splitting_a_batch_into_parts_changes_nothing()
    {
        Assert.All(Losses(Options with { MicroBatches = 1 }).Zip(Losses(Options with { MicroBatches = 4 })), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void Tokens_that_are_no_targets_and_padding_carry_no_loss()
    {
        var prompt = TrainingExample.Of([1, 5, 6, 7], [8, 2]);
        var lengthened = TrainingExample.Of([1, 5, 6, 7, 3, 4, 9, 3, 3], [8, 2]);
        using var model = TinyModels.Make();
        var alone = new Trainer(model, Options with { Steps = 1, BatchSize = 1, MicroBatches = 1, LearningRate = 1e-12 }).Train([prompt]).History[0].Loss;
        var other = new Trainer(model, Options with { Steps = 1, BatchSize = 1, MicroBatches = 1, LearningRate = 1e-12 }).Train([lengthened]).History[0].Loss;
        var both = new Trainer(model, Options with { Steps = 1, BatchSize = 2, MicroBatches = 1, LearningRate = 1e-12 }).Train([prompt, lengthened]).History[0].Loss;
        Assert.Equal((alone + other) / 2, both, 1e-5);
    }

    [Fact]
    public void A_heavier_example_counts_by_its_weight()
    {
        using var model = TinyModels.Make();
        var options = Options with { Steps = 1, BatchSize = 2, MicroBatches = 1, LearningRate = 1e-12 };
        var (light, heavy) = (TrainingExample.Of([1, 5], [6]), TrainingExample.Of([1, 9], [4]));
        double Loss(params TrainingExample[] batch) => new Trainer(model, options with { BatchSize = batch.Length }).Train(batch).History[0].Loss;
        Assert.Equal((Loss(light) + (3 * Loss(heavy))) / 4, Loss(light, heavy with { Weight = 3 }), 1e-5);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Stopped_in_the_middle_of_a_step_the_model_has_the_weights_of_the_last_whole_step(int workers)
    {
        using var stop = new CancellationTokenSource();
        IEnumerable<TrainingExample> StopInTheThirdStep() => Forever(Examples()).Select((example, i) =>
        {
            if (i == 2 * Options.BatchSize)
            {
                stop.Cancel();
            }

            return example;
        });
        using var stopped = TinyModels.Make();
        using var whole = TinyModels.Make();
        var result = new Trainer(stopped, Options with { Workers = workers }).Train(StopInTheThirdStep(), cancellation: stop.Token);
        new Trainer(whole, Options with { Workers = workers, Steps = 2 }).Train(Forever(Examples()));
        Assert.Equal(2, result.History.Count);
        Assert.Equal(TinyModels.Bytes(whole.parameters()), TinyModels.Bytes(stopped.parameters()));
    }

    [Fact]
    public void The_weights_of_the_best_validation_are_kept()
    {
        using var model = TinyModels.Make();
        TrainingExample[] validation = [TrainingExample.Of([1, 3], [20, 21])];
        var result = new Trainer(model, Options with { Steps = 20, EvaluateEvery = 2, LearningRate = 0.05 }).Train(Forever(Examples()), validation);
        var again = new Trainer(model, Options with { Steps = 1, EvaluateEvery = 1, LearningRate = 1e-12 }).Train(Forever(Examples()), validation);
        Assert.Equal(result.History.Min(step => step.ValidationLoss), result.BestValidationLoss);
        Assert.Equal(result.BestValidationLoss!.Value, again.BestValidationLoss!.Value, 1e-5);
    }

    [Fact]
    public void Bfloat16_passes_with_float32_weights_learn_as_well()
    {
        var exact = Losses(Options with { Steps = 40 });
        var rounded = Losses(Options with { Steps = 40, ComputeDtype = ScalarType.BFloat16 });
        Assert.True(rounded[^1] < 0.5 * rounded[0]);
        Assert.InRange(rounded[^1] - exact[^1], -0.3, 0.3);
    }

    [Fact]
    public void Warm_up_rises_and_each_schedule_ends_where_it_says()
    {
        var options = new TrainingOptions { Steps = 100, WarmupSteps = 10, LearningRate = 1, FinalLearningRateShare = 0.1 };
        Assert.Equal(0.1, options.RateAt(0), 1e-9);
        Assert.Equal(1, options.RateAt(10), 1e-9);
        Assert.Equal(0.1 + (0.9 * 0.5), options.RateAt(55), 1e-9);
        Assert.Equal(0.1, options.RateAt(100), 1e-9);
        Assert.Equal(0.55, (options with { Schedule = LearningRateSchedule.Linear }).RateAt(55), 1e-9);
        Assert.Equal(1, (options with { Schedule = LearningRateSchedule.Constant }).RateAt(99), 1e-9);
    }

    [Fact]
    public void Examples_that_run_out_and_impossible_options_are_clear_errors()
    {
        using var model = TinyModels.Make();
        Assert.Contains("step 2 of 6", Assert.Throws<ExperimentException>(() => new Trainer(model, Options).Train(Examples())).Message, StringComparison.Ordinal);
        Assert.Contains("learning rate", Assert.Throws<ExperimentException>(() => new Trainer(model, Options with { LearningRate = 0 })).Message, StringComparison.Ordinal);
    }

    private static double[] Losses(TrainingOptions options)
    {
        using var model = TinyModels.Make();
        return [.. new Trainer(model, options).Train(Forever(Examples())).History.Select(step => step.Loss)];
    }

    internal static List<TrainingExample> Examples() => [.. Enumerable.Range(0, 4).Select(i => TrainingExample.Of([1, 3 + i], [10 + i, 11 + i, 12, 2]))];

    internal static IEnumerable<TrainingExample> Forever(IReadOnlyList<TrainingExample> examples)
    {
        while (true)
        {
            foreach (var example in examples)
            {
                yield return example;
            }
        }
    }
}
