using Experiments.Tests.Models;
using Experiments.Training;
using static TorchSharp.torch;

namespace Experiments.Tests.Training;

/// <summary>Counts live tensors, so nothing else may run meanwhile.</summary>
[Collection(nameof(TensorLeakTests))]
public class TrainerLeakTests
{
    [Fact]
    public void A_longer_training_holds_no_more_tensors_than_a_short_one()
    {
        static long Left(int steps)
        {
            using var model = TinyModels.Make();
            var before = Tensor.TotalCount;
            new Trainer(model, new TrainingOptions { Steps = steps, BatchSize = 4, MicroBatches = 2, Workers = 2, WarmupSteps = 0 }).Train(TrainerTests.Forever(TrainerTests.Examples()));
            model.zero_grad();
            return Tensor.TotalCount - before;
        }

        Left(2);
        var few = Left(3);
        Assert.InRange(Left(103) - few, -1000, 50); // a handle kept per step would be 100
    }
}
