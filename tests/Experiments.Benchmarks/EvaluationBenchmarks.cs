using System.Text.RegularExpressions;
using BenchmarkDotNet.Attributes;
using Experiments.Data.Benchmarks;
using Experiments.Evaluation;
using Experiments.Interpretability;
using Experiments.Models;

namespace Experiments.Benchmarks;

/// <summary>Three iterations of a minute or two each need no warm-up.</summary>
public sealed class Long() : InProcess(warmups: 0, iterations: 3);

/// <summary>
/// 200 questions of MMLU's test split, Chain of Thought of 128 tokens, re-balanced, on the random 512-wide model, per question: in batches, and one at a time, as
/// the paper's code asks, of which every fifth by length is measured. Questions per minute are 60 over the mean in seconds. Needs MMLU's folder in EXPERIMENTS_MMLU.
/// </summary>
/// <remarks>There is no tokenizer of 8192 pieces here: four letters, a mark or a space are a token, which makes prompts about as long as with a real one.</remarks>
[Config(typeof(Long))]
public partial class EvaluationBenchmarks
{
    private const int Questions = 200;
    private const int Fifth = Questions / 5;
    private static IReadOnlyList<Generation> _alone = [];
    private readonly Rebalancing _rebalancing = new(new RebalanceOptions());
    private LlamaForCausalLM _model = null!;
    private int[][] _prompts = null!;

    [GlobalSetup]
    public void Setup()
    {
        _model = ForwardBenchmarks.Model(context: 4096);
        _model.eval();
        var folder = Environment.GetEnvironmentVariable("EXPERIMENTS_MMLU") ?? throw new InvalidOperationException("Set EXPERIMENTS_MMLU to MMLU's folder.");
        var questions = QuestionSets.Load("mmlu", folder, perCategory: 4).Questions.Take(Questions);
        _prompts = [.. questions.Select(question => Pieces().Matches(PromptTemplates.PaperCot.Render(question)).Select(piece => Id(piece.Value)).ToArray())];
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _model.Dispose();
        _rebalancing.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Fifth)]
    public void One_at_a_time() => _alone = Generate([.. EveryFifth().Select(i => _prompts[i])], 1);

    [Benchmark(OperationsPerInvoke = Questions)]
    public void In_batches()
    {
        var replies = Generate(_prompts, 64);
        var turned = EveryFifth().Zip(_alone, (i, alone) => Gap(_prompts[i], alone.Ids, replies[i].Ids)).OfType<double>().ToList();
        Console.WriteLine($"// prompts of {_prompts.Min(prompt => prompt.Length)} to {_prompts.Max(prompt => prompt.Length)} tokens; {turned.Count} of {_alone.Count} replies differ, from a near-tie of {turned.DefaultIfEmpty().Max():G2} in logits or less");
    }

    private IEnumerable<int> EveryFifth() => Enumerable.Range(0, Questions).OrderBy(i => _prompts[i].Length).Where((_, rank) => rank % 5 == 2);

    /// <summary>How far the two likeliest tokens are apart where two replies part; null if they are equal.</summary>
    private double? Gap(int[] prompt, IReadOnlyList<int> one, IReadOnlyList<int> other)
    {
        var common = one.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();
        return common == one.Count ? null : TextGenerator.Generate(_model, [[.. prompt, .. one.Take(common)]], new GenerationOptions { MaxNewTokens = 1 }, _rebalancing)[0].Margin;
    }

    private static int Id(string piece) => piece.Aggregate(17, (hash, c) => (hash * 31 + c) % 8192);

    private IReadOnlyList<Generation> Generate(int[][] prompts, int batchSize) =>
        TextGenerator.Generate(_model, prompts, new GenerationOptions { MaxNewTokens = 128, IgnoreEos = true, BatchSize = batchSize }, _rebalancing);

    [GeneratedRegex(@" ?\w{1,4}|\s|[^\w\s]")]
    private static partial Regex Pieces();
}
