using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using Experiments.Models;
using Experiments.Training;

namespace Experiments.Benchmarks;

/// <summary>
/// An optimizer step of <see cref="TrainingBenchmarks"/> beside the same step in Python's torch (<c>torch_training.py</c>, float32, two threads), in one run: 512 tokens
/// over the mean time. Needs <c>python3</c> with torch; another interpreter is named by the variable <c>PYTHON</c>.
/// </summary>
[Config(typeof(InProcess))]
public class TorchBenchmarks
{
    private const int Steps = 8;
    private LlamaForCausalLM _model = null!;
    private List<TrainingExample> _batch = null!;
    private Process _python = null!;

    [GlobalSetup]
    public void Setup()
    {
        _model = ForwardBenchmarks.Model();
        var random = new Random(1);
        _batch = [.. Enumerable.Range(0, 4).Select(_ => TrainingExample.Of([], [.. Enumerable.Range(0, 128).Select(_ => random.Next(8192))]))];
        _python = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("PYTHON") ?? "python3", [Path.Combine(AppContext.BaseDirectory, "torch_training.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Console.WriteLine($"// Python's torch {_python.StandardOutput.ReadLine() ?? throw new InvalidOperationException("Python has no torch: apt-get install python3-torch libopenblas0-pthread, and set PYTHON=/usr/bin/python3.")}");
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _python.StandardInput.Close();
        _python.WaitForExit();
        _python.Dispose();
        _model.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Steps)]
    public void Python()
    {
        for (var step = 0; step < Steps; step++)
        {
            _python.StandardInput.WriteLine();
            _python.StandardInput.Flush();
            _python.StandardOutput.ReadLine();
        }
    }

    [Benchmark(OperationsPerInvoke = Steps)]
    public void Experiments_float32() => new Trainer(_model, new TrainingOptions { Steps = Steps, BatchSize = 4, MicroBatches = 2, Workers = 2, WarmupSteps = 0, LearningRate = 1e-5 })
        .Train(Enumerable.Repeat(_batch, Steps).SelectMany(batch => batch));
}
