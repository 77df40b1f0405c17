using Experiments.Interpretability;
using Experiments.Tests.Models;
using Experiments.Training;
using static TorchSharp.torch;

namespace Experiments.Tests.Training;

public class ScalarLifetimeTests
{
    [Fact]
    public void Passes_and_updates_survive_a_garbage_collector_that_never_rests()
    {
        var ended = false;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref ended))
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            using var model = TinyModels.Make();
            var options = new TrainingOptions { Steps = 150, BatchSize = 4, MicroBatches = 2, Workers = 2, LearningRate = 1e-4 };
            var result = new Trainer(model, options).Train(TrainerTests.Forever(TrainerTests.Examples()));
            Assert.Equal(options.Steps, result.History.Count);
            using var hook = new Rebalancing(new RebalanceOptions());
            using var ids = tensor(new long[,] { { 1, 5, 6, 7, 8 } });
            using var mask = tensor(new[,] { { false, true, true, true, true } });
            for (var i = 0; i < 300; i++)
            {
                using var logits = model.Forward(ids, keyMask: mask, hook: hook);
                Assert.True(float.IsFinite(logits.sum().item<float>()));
            }
        }
        finally
        {
            Volatile.Write(ref ended, true);
            collector.Join();
        }
    }
}
