using Experiments.Evaluation;
using Experiments.Interpretability;
using Experiments.Runs;
using Experiments.Studies;
using Experiments.Tests.Models;

namespace Experiments.Tests.Studies;

public sealed class InterventionStudyTests : IDisposable
{
    private static readonly InterventionOptions Few = new()
    {
        QuestionsPerCategory = 1,
        Rebalance = new RebalanceOptions { Alpha = 0.5 },
        Others = [new SinkDownWeighting(), new SpanSteering { Alpha = 0.5 }],
        RandomSeeds = [1, 2],
        Evaluation = new EvaluationOptions { MaxNewTokens = 3 },
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Re_balancing_is_compared_with_none_with_others_and_with_its_controls_and_an_equal_run_is_taken_again()
    {
        var study = Make(Few);
        Assert.Equal(
            ["re-balancing:alpha=0.5", "random mask, seed 1", "random mask, seed 2", "mask of another text", "re-balancing:alpha=0.5, from layer 2", "mask of layer 1", "sink-down-weighting", "span-steering:alpha=0.5"],
            study.Result.Rows.Select(row => row.Name));
        Assert.Equal(
            ["re-balancing:alpha=0.5", "re-balancing:alpha=0.5", "re-balancing:alpha=0.5", "re-balancing:alpha=0.5, from layer 2"],
            study.Result.Rows.Where(row => row.Role == InterventionRole.Control).Select(row => row.Real));
        Assert.All(study.Result.Rows, row => Assert.Equal(8, row.Summary.N));
        Assert.All(study.Result.Rows, row => Assert.Equal(row.Change.After, row.Summary.Accuracy));
        Assert.All(study.Result.Rows.Where(row => row.Effect is not null), row => Assert.Equal(row.Summary.Accuracy, row.Effect!.Before));
        Assert.Equal(4, study.Controls.RowCount);
        Assert.Equal(study.Run.Id, Make(Few).Run.Id);
        Assert.NotEqual(study.Run.Id, Make(Few with { RandomSeeds = [1] }).Run.Id);
    }

    [Fact]
    public void An_intervention_that_does_not_fit_the_model_is_said_before_anything_is_asked()
    {
        var error = Assert.Throws<ExperimentException>(() => Make(Few with { MaskLayer = 4 }));
        Assert.Contains("other-layer-mask: layer is 4; the model has layers 0 to 4", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0, "does not differ detectably from none", "there is no gain to attribute")]
    [InlineData(30, 30, "gains against none", "better than all 2 controls with other masks: the gain is the mask's")]
    [InlineData(30, 0, "gains against none", "the gain is not shown to be the paper's effect")]
    [InlineData(-30, -30, "loses against none", "detectably worse than 2 of 2 controls")]
    public void The_conclusion_follows_from_the_numbers(int change, int effect, string verdict, string controls)
    {
        var real = Row("released-code", InterventionRole.Rebalancing, new RebalanceOptions(), change, null);
        var control = Row("random mask, seed 1", InterventionRole.Control, new RandomMask(), 0, effect);
        var result = new InterventionResult(real.Summary, [real, control, control with { Name = "random mask, seed 2" }, Row("sink-down-weighting", InterventionRole.Other, new SinkDownWeighting(), -40, null)]);
        var conclusions = InterventionStudy.ExhibitsOf(Few, result).Conclusions;
        Assert.Contains(verdict, conclusions[0], StringComparison.Ordinal);
        Assert.Contains(controls, conclusions[0], StringComparison.Ordinal);
        Assert.StartsWith("1 of 1 other interventions differ detectably from none: sink-down-weighting loses, -40.0 points", conclusions[1], StringComparison.Ordinal);
    }

    private static InterventionRow Row(string name, InterventionRole role, Intervention intervention, int change, int? effect) =>
        new(name, role, intervention, new AccuracyRow("overall", 100, 50, 0.4, 0.6), Paired(change), effect is null ? null : "released-code", effect is { } points ? Paired(points) : null);

    private static PairedRow Paired(int points)
    {
        var p = McNemar.ExactP(Math.Max(0, points), Math.Max(0, -points));
        return new PairedRow("overall", 100, 0.5, 0.5 + (points / 100.0), Math.Max(0, points), Math.Max(0, -points), points / 100.0, points / 100.0, p, p, 0.1);
    }

    private InterventionStudy Make(InterventionOptions options) => InterventionStudy.Make(Workspace.Open(output: _folder.File("results")), EmbeddedModel.Folder, options, cancellation: TestContext.Current.CancellationToken);
}
