using System.Diagnostics;
using Experiments.Models;
using Experiments.Runs;
using Experiments.Tests.Cli;
using Experiments.Tests.Models;
using Experiments.Training;
using static TorchSharp.torch;

namespace Experiments.Tests.Training;

public sealed class ResumeTests : IDisposable
{
    private static readonly TrainingOptions Options = new() { Steps = 9, BatchSize = 4, MicroBatches = 2, Workers = 2, LearningRate = 0.02, WarmupSteps = 3, EvaluateEvery = 2, Seed = 3 };
    private static readonly TrainingExample[] Validation = [TrainingExample.Of([1, 3], [20, 21])];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, ScalarType.Float32)]
    [InlineData(false, ScalarType.BFloat16)]
    [InlineData(true, ScalarType.Float32)]
    public void A_training_stopped_twice_ends_in_the_weights_of_an_undisturbed_one_bit_for_bit(bool lora, ScalarType dtype)
    {
        var options = Options with { ComputeDtype = dtype };
        using var undisturbed = Make(lora);
        var expected = new Trainer(undisturbed, options).Train(Examples(), Validation);
        var checkpoints = new TrainingCheckpoints(_folder.File("state")) { Every = 2 };
        foreach (var stopAt in new[] { 3, 6 })
        {
            using var stop = new CancellationTokenSource();
            using var stopped = Make(lora);
            new Trainer(stopped, options).Train(Examples(), Validation, step => Stop(step, stopAt, stop), checkpoints, cancellation: stop.Token);
        }

        using var resumed = Make(lora);
        var result = new Trainer(resumed, options).Train(Examples(), Validation, checkpoints: checkpoints);
        Assert.Equal(Bytes(undisturbed), Bytes(resumed));
        Assert.Equal(expected.History.Select(step => step with { Seconds = 0 }), result.History.Select(step => step with { Seconds = 0 }));
        Assert.Equal((expected.BestStep, expected.BestValidationLoss), (result.BestStep, result.BestValidationLoss));
    }

    [Fact]
    public void A_checkpoint_that_is_cut_off_is_passed_over_with_a_warning()
    {
        using var undisturbed = Make(lora: false);
        new Trainer(undisturbed, Options).Train(Examples(), Validation);
        var folder = StoppedAt(5);
        var newest = Directory.GetFiles(folder).Max()!;
        using (var file = File.OpenWrite(newest))
        {
            file.SetLength(file.Length / 2);
        }

        List<string> notices = [];
        using var resumed = Make(lora: false);
        new Trainer(resumed, Options).Train(Examples(), Validation, checkpoints: new TrainingCheckpoints(folder) { Every = 2, Notice = notices.Add });
        Assert.Contains("damaged", notices[0], StringComparison.Ordinal);
        Assert.Contains(newest, notices[0], StringComparison.Ordinal);
        Assert.Contains("behind step 4", notices[1], StringComparison.Ordinal);
        Assert.Equal(Bytes(undisturbed), Bytes(resumed));
    }

    [Fact]
    public void A_checkpoint_of_other_settings_is_a_clear_error_and_stays()
    {
        var folder = StoppedAt(5);
        using var model = Make(lora: false);
        var error = Assert.Throws<ExperimentException>(() => new Trainer(model, Options with { LearningRate = 0.03 }).Train(Examples(), Validation, checkpoints: new TrainingCheckpoints(folder)));
        Assert.Contains("other settings", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(folder));
    }

    [Fact]
    public void Only_the_newest_checkpoints_are_kept()
    {
        using var model = Make(lora: false);
        var checkpoints = new TrainingCheckpoints(_folder.File("state")) { Every = 1, Keep = 3 };
        new Trainer(model, Options).Train(Examples(), checkpoints: checkpoints);
        Assert.Equal(["step-00000007.safetensors", "step-00000008.safetensors", "step-00000009.safetensors"], Directory.GetFiles(checkpoints.Folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_fine_tuning_killed_at_ten_random_moments_ends_in_the_undisturbed_weights()
    {
        var random = new Random(7);
        var clock = Stopwatch.StartNew();
        var (code, error) = await FineTuneAsync("undisturbed", null);
        Assert.True(code == 0, error);
        var undisturbed = clock.Elapsed;
        var (kills, resumed) = (0, 0);
        for (clock.Restart(); clock.Elapsed < Patience;)
        {
            // After ten kills it may end.
            (code, error) = await FineTuneAsync("killed", kills < 10 ? undisturbed * (0.4 + (0.5 * random.NextDouble())) : null);
            resumed += error.Contains("goes on behind step", StringComparison.Ordinal) ? 1 : 0;
            kills += code == ProgramProcess.Killed ? 1 : 0;
            Assert.True(code is 0 or ProgramProcess.Killed, error);
            if (code == 0)
            {
                Assert.Equal(await File.ReadAllBytesAsync(Weights("undisturbed"), TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(Weights("killed"), TestContext.Current.CancellationToken));
                Directory.Delete(_folder.File("killed"), recursive: true);
                if (kills >= 10)
                {
                    break;
                }
            }
        }

        Assert.True(kills >= 10, $"Only {kills} kills in {Patience}.");
        Assert.True(resumed > 0, "No start found a checkpoint of a killed one.");
    }

    private string Weights(string output) => Path.Combine(Directory.GetDirectories(_folder.File(output + "/fine-tune")).Order(StringComparer.Ordinal).Last(), "checkpoint", "model.safetensors"); // a process killed behind its last step has left a finished run

    /// <summary>Fine-tunes in a process, and kills it after a time.</summary>
    private Task<(int Code, string Error)> FineTuneAsync(string output, TimeSpan? patience) =>
        ProgramProcess.RunAsync(["finetune", "--steps", "12", "--batch-size", "4", "--evaluate-every", "0", "--save-every", "1", "--threads", "1", "--output", _folder.File(output)], patience);

    private string StoppedAt(int step)
    {
        var checkpoints = new TrainingCheckpoints(_folder.File("state")) { Every = 2 };
        using var stop = new CancellationTokenSource();
        using var model = Make(lora: false);
        new Trainer(model, Options).Train(Examples(), Validation, done => Stop(done, step, stop), checkpoints, cancellation: stop.Token);
        return checkpoints.Folder;
    }

    private static void Stop(TrainingStep step, int at, CancellationTokenSource stop)
    {
        if (step.Step == at)
        {
            stop.Cancel();
        }
    }

    private static LlamaForCausalLM Make(bool lora)
    {
        var model = TinyModels.Make();
        if (lora)
        {
            LoraAdapter.Attach(model, new LoraConfig { R = 2, LoraDropout = 0.3 }, seed: 4);
        }

        return model;
    }

    private static IEnumerable<TrainingExample> Examples() => TrainerTests.Forever(TrainerTests.Examples());

    private static byte[] Bytes(LlamaForCausalLM model) => TinyModels.Bytes(model.TrainedParameters.Select(trained => trained.Parameter));
}
