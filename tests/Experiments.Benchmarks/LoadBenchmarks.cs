using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using Experiments.Models;
using static TorchSharp.torch;

namespace Experiments.Benchmarks;

/// <summary>
/// What it costs to load a checkpoint of TinyLlama's shape, 1.1 billion random weights in bfloat16 (2.2 GB, written to the temporary folder), beside reading the
/// same file to memory and nothing else. The peak of memory is printed (Linux only).
/// </summary>
[Config(typeof(InProcess))]
public class LoadBenchmarks
{
    private static readonly LlamaConfig Shape = new()
    {
        VocabSize = 32000,
        HiddenSize = 2048,
        IntermediateSize = 5632,
        NumHiddenLayers = 22,
        NumAttentionHeads = 32,
        NumKeyValueHeads = 4,
        MaxPositionEmbeddings = 2048,
    };

    private DirectoryInfo _folder = null!;
    private byte[] _buffer = [];

    [GlobalSetup]
    public void Setup()
    {
        _folder = Directory.CreateTempSubdirectory("experiments-load-");
        using var model = new LlamaForCausalLM(Shape, ScalarType.BFloat16);
        model.Initialize(1);
        Checkpoint.Save(model, _folder.FullName);
        _buffer = new byte[1 << 20];
    }

    [GlobalCleanup]
    public void Cleanup() => _folder.Delete(recursive: true);

    [Benchmark(Baseline = true)]
    public void Read()
    {
        using var file = File.OpenRead(Path.Combine(_folder.FullName, "model.safetensors"));
        while (file.Read(_buffer) > 0)
        {
        }
    }

    [Benchmark]
    public void Load()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var process = Process.GetCurrentProcess();
        if (OperatingSystem.IsLinux())
        {
            File.WriteAllText("/proc/self/clear_refs", "5"); // sets the peak back
        }

        var before = Environment.WorkingSet;
        var clock = Stopwatch.StartNew();
        using var model = Checkpoint.Load(_folder.FullName, ScalarType.BFloat16);
        var seconds = clock.Elapsed.TotalSeconds;
        process.Refresh();
        Console.WriteLine(FormattableString.Invariant($"// {model.Config.ParameterCount:N0} weights in {seconds:0.0} s, {(process.PeakWorkingSet64 - before) / 1048576.0:0} MiB at the peak beyond what was there, {model.Config.ParameterCount * 2 / 1048576.0:0} MiB of weights"));
    }
}
