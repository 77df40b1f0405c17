using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using Experiments.Interpretability;
using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Benchmarks;

/// <summary>
/// What the statistics of all layers and heads cost beside the same forward pass without them, of one text on the model of <see cref="ForwardBenchmarks"/>. The
/// memory that a pass took at its peak beyond what was there before it is printed after each (Linux only): native memory, which the memory diagnoser does not see.
/// </summary>
[Config(typeof(InProcess))]
public class CaptureBenchmarks
{
    private LlamaForCausalLM _model = null!;
    private int[] _ids = null!;
    private long _before;

    /// <summary>Tokens of the text.</summary>
    [Params(1024, 2048, 4096)]
    public int Tokens { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _model = ForwardBenchmarks.Model(context: 4096);
        _model.eval();
        var random = new Random(1);
        _ids = [.. Enumerable.Range(0, Tokens).Select(_ => random.Next(ForwardBenchmarks.Shape.VocabSize))];
        if (OperatingSystem.IsLinux())
        {
            File.WriteAllText("/proc/self/clear_refs", "5"); // sets the peak back
            _before = Environment.WorkingSet;
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        if (OperatingSystem.IsLinux())
        {
            using var process = Process.GetCurrentProcess();
            Console.WriteLine(FormattableString.Invariant($"// {Tokens} tokens: {(process.PeakWorkingSet64 - _before) / 1048576.0:0} MiB at the peak beyond the model"));
        }

        _model.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void Forward()
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        _model.Forward(tensor(_ids.Select(id => (long)id).ToArray()).unsqueeze(0), lastOnly: true);
    }

    [Benchmark]
    public void Statistics() => AttentionStudy.Observe(_model, _ids, id => $"<{id}>");
}
