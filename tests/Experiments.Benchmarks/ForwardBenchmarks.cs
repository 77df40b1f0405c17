using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Configs;
using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Training;
using static TorchSharp.torch;

namespace Experiments.Benchmarks;

/// <summary>Runs in this process, because libtorch is loaded from beside the program; few iterations, because each takes about a second.</summary>
public class InProcess : ManualConfig
{
    public InProcess()
        : this(warmups: 1, iterations: 5)
    {
    }

    protected InProcess(int warmups, int iterations) =>
        AddJob(Job.Default.WithToolchain(new InProcessEmitToolchain(TimeSpan.FromHours(1), logOutput: true)).WithWarmupCount(warmups).WithIterationCount(iterations).WithInvocationCount(1).WithUnrollFactor(1));
}

/// <summary>
/// A random model, 512 wide, 8 layers, 8 heads, vocabulary 8192, on two threads: prefill of 512 tokens and decoding of 64 more. Read the ratio;
/// tokens per second are 512 (prefill) or 64 (decoding) over the mean time.
/// </summary>
[Config(typeof(InProcess))]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class ForwardBenchmarks
{
    private const int PromptLength = 512;
    private const int NewTokens = 64;
    private readonly Rebalancing _rebalancing = new(new RebalanceOptions());
    private LlamaForCausalLM _model = null!;
    private Tensor _ids = null!;
    private int[] _prompt = null!;

    internal static LlamaConfig Shape { get; } = new()
    {
        VocabSize = 8192,
        HiddenSize = 512,
        IntermediateSize = 1376,
        NumHiddenLayers = 8,
        NumAttentionHeads = 8,
        NumKeyValueHeads = 8,
        MaxPositionEmbeddings = 1024,
    };

    /// <summary>The random model, on two threads.</summary>
    internal static LlamaForCausalLM Model(int? context = null)
    {
        set_num_threads(2);
        var model = new LlamaForCausalLM(Shape with { MaxPositionEmbeddings = context ?? Shape.MaxPositionEmbeddings });
        model.Initialize(1);
        return model;
    }

    [GlobalSetup]
    public void Setup()
    {
        _model = Model();
        _model.eval();
        var random = new Random(1);
        _prompt = [.. Enumerable.Range(0, PromptLength).Select(_ => random.Next(Shape.VocabSize))];
        _ids = tensor(_prompt.Select(id => (long)id).ToArray(), [1, PromptLength]);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _ids.Dispose();
        _model.Dispose();
        _rebalancing.Dispose();
    }

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("prefill")]
    public void Prefill_off() => Prefill(null);

    [Benchmark]
    [BenchmarkCategory("prefill")]
    public void Prefill_rebalanced() => Prefill(_rebalancing);

    [Benchmark(Baseline = true)]
    [BenchmarkCategory("decode")]
    public void Decode_off() => Decode(null);

    [Benchmark]
    [BenchmarkCategory("decode")]
    public void Decode_rebalanced() => Decode(_rebalancing);

    private void Prefill(IAttentionHook? hook)
    {
        using var inference = inference_mode();
        _model.Forward(_ids, hook: hook).Dispose();
    }

    private void Decode(IAttentionHook? hook) =>
        TextGenerator.Generate(_model, [_prompt[..32]], new GenerationOptions { MaxNewTokens = NewTokens, IgnoreEos = true }, hook);
}

/// <summary>An optimizer step on 4 sequences of 128 tokens of the same model: 512 tokens over the mean time.</summary>
[Config(typeof(InProcess))]
public class TrainingBenchmarks
{
    private LlamaForCausalLM _model = null!;
    private List<TrainingExample> _batch = null!;

    [GlobalSetup]
    public void Setup()
    {
        _model = ForwardBenchmarks.Model();
        var random = new Random(1);
        _batch = [.. Enumerable.Range(0, 4).Select(_ => TrainingExample.Of([], [.. Enumerable.Range(0, 128).Select(_ => random.Next(8192))]))];
    }

    [GlobalCleanup]
    public void Cleanup() => _model.Dispose();

    [Benchmark(Baseline = true)]
    public void Step_float32() => Step(ScalarType.Float32);

    [Benchmark]
    public void Step_bfloat16() => Step(ScalarType.BFloat16);

    private void Step(ScalarType dtype) =>
        new Trainer(_model, new TrainingOptions { Steps = 1, BatchSize = 4, MicroBatches = 2, Workers = 2, WarmupSteps = 0, LearningRate = 1e-5, ComputeDtype = dtype }).Train(_batch);
}
