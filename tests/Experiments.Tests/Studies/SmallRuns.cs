using System.Text.Json.Nodes;
using Experiments.Evaluation;
using Experiments.Interpretability;
using Experiments.Runs;
using Experiments.Studies;

namespace Experiments.Tests.Studies;

/// <summary>Studies small enough for a test, in a results folder of their own.</summary>
internal sealed class SmallRuns(string results)
{
    private static readonly EvaluationOptions Brief = new() { MaxNewTokens = 3 };

    internal Workspace Workspace { get; } = Workspace.Open(output: results);

    internal CompletedRun FineTuned(string? model = null)
    {
        var defaults = new FineTuneOptions();
        return FineTuneStudy.Run(
            Workspace,
            model,
            defaults with { QuestionsPerCategory = 2, ValidationPerCategory = 1, Training = defaults.Training with { Steps = 2, BatchSize = 2, MicroBatches = 1, EvaluateEvery = 1 } }).Run;
    }

    internal CompletedRun Benchmark(string before, string? after = null, string? data = null) => BenchmarkStudy.Make(
        Workspace,
        before,
        after,
        new BenchmarkOptions { Task = data is null ? "closed-world" : "own", Data = data, QuestionsPerCategory = 1, Templates = [PromptTemplates.CompactDirect.Name], Evaluation = Brief }).Run;

    internal CompletedRun Attention(string before, string after) => AttentionReport.Make(Workspace, before, after, new AttentionReportOptions { Texts = 2 }).Run;

    internal CompletedRun Ablation(string model) => AblationStudy.Make(
        Workspace, model, new AblationOptions { QuestionsPerCategory = 1, Alphas = [0.5], Thresholds = [0.01], SingleLayers = [1], Evaluation = Brief }).Run;

    internal CompletedRun Interventions(string model) => InterventionStudy.Make(
        Workspace, model, new InterventionOptions { QuestionsPerCategory = 1, Others = [new SinkDownWeighting()], RandomSeeds = [1], Evaluation = Brief }).Run;

    internal CompletedRun Pretrained()
    {
        var defaults = new PretrainOptions();
        return PretrainStudy.Run(Workspace, defaults with { HiddenSize = 64, IntermediateSize = 64, Layers = 2, EvaluateEvery = 0, Training = defaults.Training with { Steps = 2, BatchSize = 4 } });
    }

    /// <summary>Changes a JSON file of a run by hand.</summary>
    internal static void Edit(CompletedRun run, string name, Action<JsonNode> change)
    {
        var node = JsonNode.Parse(run.ReadText(name))!;
        change(node);
        File.WriteAllText(run.PathOf(name), node.ToJsonString());
    }
}
