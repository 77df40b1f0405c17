using System.Text.Json.Nodes;
using Experiments.Evaluation;
using Experiments.Interpretability;
using Experiments.Reporting;
using Experiments.Runs;
using Experiments.Studies;
using Experiments.Tests.Models;

namespace Experiments.Tests.Studies;

public sealed class AblationStudyTests : IDisposable
{
    private static readonly AblationOptions Few = new()
    {
        QuestionsPerCategory = 1,
        TestPerCategory = 2,
        Alphas = [0.5, 1],
        Thresholds = [0.01],
        SourceLayers = [0, 1],
        LayerRanges = [new(1, 3), new(2, 3)],
        SingleLayers = [],
        Evaluation = new EvaluationOptions { MaxNewTokens = 3 },
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_combination_is_tried_once_with_the_layers_behind_its_source()
    {
        var study = Make(Few with { HeadSharing = [MaskSharing.PerHead, MaskSharing.MeanOverHeads] });
        Assert.Equal(
            [
                "0.5 0 1–3 PerHead", "0.5 0 1–3 MeanOverHeads", "0.5 0 2–3 PerHead", "0.5 0 2–3 MeanOverHeads", "0.5 1 2–3 PerHead", "0.5 1 2–3 MeanOverHeads",
                "1 0 1–3 PerHead", "1 0 1–3 MeanOverHeads", "1 0 2–3 PerHead", "1 0 2–3 MeanOverHeads", "1 1 2–3 PerHead", "1 1 2–3 MeanOverHeads",
            ],
            study.Result.Cells.Select(cell => $"{cell.Rebalance.Alpha} {cell.Rebalance.SourceLayer} {cell.Layers} {cell.Rebalance.Sharing}"));
        Assert.All(study.Result.Cells, cell => Assert.Equal((8, study.Result.Baseline.Accuracy, cell.Summary.Accuracy), (cell.Change.N, cell.Change.Before, cell.Change.After)));
        Assert.Equal(McNemar.Holm([.. study.Result.Cells.Select(cell => cell.Change.P)]), study.Result.Cells.Select(cell => cell.Change.AdjustedP));
        Assert.Equal(6, study.Grids.Sum(grid => grid.Panels.Length));
        Assert.Equal("Source 1, layers 2–3, one mask", study.Grids[^1].Panels[^1].Title);
        Assert.Equal(study.Run.Id, Make(Few with { HeadSharing = [MaskSharing.PerHead, MaskSharing.MeanOverHeads] }).Run.Id);
    }

    [Fact]
    public void What_a_process_left_that_was_killed_right_after_completing_its_run_goes_with_the_next_one()
    {
        var few = Few with { TestPerCategory = null, Alphas = [0.5], SourceLayers = [0], LayerRanges = [new(1, 3)] };
        var run = Make(few).Run;
        var left = Path.Combine(Path.GetDirectoryName(run.Folder)!, $".{run.Manifest.ConfigHash[..16]}.unfinished");
        Directory.CreateDirectory(left);
        File.WriteAllText(Path.Combine(left, "lock"), "");
        Assert.Equal(run.Id, Make(few).Run.Id);
        Assert.Equal([run.Folder], Directory.GetFileSystemEntries(Path.GetDirectoryName(run.Folder)!));
    }

    [Fact]
    public void The_best_setting_on_validation_questions_is_asked_once_on_test_questions()
    {
        var study = Make(Few);
        var test = study.Result.Test!;
        Assert.Equal(study.Result.Cells.Max(cell => cell.Change.Difference), study.Result.Cells[test.Setting].Change.Difference);
        Assert.Equal((16, 16, 16), (test.Off.N, test.On.N, test.Change.N));
        Assert.Equal((test.Off.Accuracy, test.On.Accuracy), (test.Change.Before, test.Change.After));
        Assert.Equal(1, study.Test.RowCount);
        Assert.Equal(2, Answers().Count(file => File.ReadLines(file).Count() == 1 + 16)); // off and the chosen one, no other
        Assert.Null(Make(Few with { TestPerCategory = null }).Result.Test);
    }

    [Fact]
    public void A_wider_grid_takes_the_answers_of_a_narrower_one_and_asks_only_what_is_new()
    {
        var narrow = Make(Few);
        Assert.NotEqual(1, narrow.Result.Baseline.Accuracy);
        Assert.Equal(1 + 6 + 2, Answers().Length); // on validation off and six settings, on test off and the chosen one
        Array.ForEach(Answers(), AnswerAllRight); // shows whose answers are taken
        var wide = Make(Few with { Thresholds = [0.01, 0.2] }).Result;
        Assert.Equal(1, wide.Baseline.Accuracy);
        Assert.All(wide.Cells, cell => Assert.Equal(cell.Rebalance.Threshold == 0.01, cell.Summary.Accuracy == 1));
        Assert.NotEqual(1, Make(Few with { Seed = 2 }).Result.Baseline.Accuracy);
        Assert.NotEqual(1, Make(Few with { Evaluation = Few.Evaluation with { MaxNewTokens = 4 } }).Result.Baseline.Accuracy);
    }

    [Fact]
    public void Of_equally_good_settings_the_one_that_changes_attention_least_is_chosen()
    {
        AblationCell[] cells = [Cell(new() { Alpha = 1 }, 2), Cell(new() { Alpha = 0.5, Threshold = 0.01 }, 2), Cell(new() { Alpha = 0.5, Threshold = 0.2 }, 2), Cell(new() { Alpha = 0.1 }, 1)];
        Assert.Equal(2, AblationGrid.Best(cells, 5));
        Assert.Equal(4, AblationGrid.Best([.. cells, Cell(new() { Alpha = 0.5, FirstLayer = 3 }, 2)], 5));
        Assert.Equal(4, AblationGrid.Best([.. cells, Cell(new() { Alpha = 2 }, 3)], 5));
    }

    [Theory]
    [InlineData(30, 20, "It helps on questions that it was not chosen on.")]
    [InlineData(30, 1, "No setting helps detectably: the gain of the best on validation is not found again.")]
    [InlineData(0, 1, "No setting helps: even the best is not above none on validation.")]
    [InlineData(-30, -20, "It loses there: no setting helps.")]
    public void The_conclusion_says_what_was_gained_on_validation_and_on_test(int validation, int test, string verdict)
    {
        var cell = Cell(new RebalanceOptions(), validation);
        var result = new AblationResult(cell.Summary, [cell]) { Test = new AblationTest(0, cell.Summary, cell.Summary, Paired(test)) };
        var conclusions = AblationExhibits.Conclusions(result);
        Assert.Contains("Being the best of many, its difference is optimistic.", conclusions[0], StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($": {validation:+0;-0;0}.0 points"), conclusions[0], StringComparison.Ordinal);
        Assert.Contains("Chosen on validation and asked once on 100 test questions", conclusions[1], StringComparison.Ordinal);
        Assert.EndsWith(verdict, conclusions[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_differ_after_the_correction_are_marked_in_every_format_and_explained()
    {
        AblationCell[] cells = [Cell(new() { Alpha = 0.5, Threshold = 0.01 }, -30), Cell(new() { Alpha = 0.5, Threshold = 0.2 }, 0)];
        var figure = AblationExhibits.Grids(Few with { Alphas = [0.5], Thresholds = [0.01, 0.2], SourceLayers = [0], LayerRanges = [LayerRange.All] }, new AblationResult(cells[0].Summary, cells)).Single();
        Assert.EndsWith("* differs from none at 5 % after Holm's correction over 2 settings.", figure.Caption, StringComparison.Ordinal);
        Assert.Contains("-30.0%*", figure.ToSvg(FigureSize.DoubleColumn), StringComparison.Ordinal);
        Assert.Contains(">*</text>", (figure with { Columns = 4, Panels = [.. Enumerable.Repeat(figure.Panels[0], 4)] }).ToSvg(FigureSize.SingleColumn), StringComparison.Ordinal); // too narrow for numbers
        Assert.Contains("-30.0%*", figure.ToJson(), StringComparison.Ordinal);
        Assert.DoesNotContain("0.0%*", figure.ToJson().Replace("-30.0%*", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Grids_without_a_setting_and_settings_that_do_not_fit_are_said_before_anything_is_asked()
    {
        Assert.Contains("grid of re-balancing is empty", Assert.Throws<ExperimentException>(() => Make(Few with { SourceLayers = [3] })).Message, StringComparison.Ordinal);
        Assert.Contains("last layer is 5; the model has layers 0 to 4", Assert.Throws<ExperimentException>(() => Make(Few with { LayerRanges = [LayerRange.All, new(2, 5)] })).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("results")));
    }

    [Theory]
    [InlineData("all", "all")]
    [InlineData("2", "only 2")]
    [InlineData("1-4", "1–4")]
    public void Ranges_of_layers_are_read(string text, string expected) => Assert.Equal(expected, LayerRange.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("4-1")]
    [InlineData("-1")]
    [InlineData("1-2-3")]
    public void What_is_no_range_of_layers_is_said(string text) =>
        Assert.Contains($"'{text}' is no range of layers", Assert.Throws<ExperimentException>(() => LayerRange.Parse(text)).Message, StringComparison.Ordinal);

    private static AblationCell Cell(RebalanceOptions rebalance, int points) => new(rebalance, "all", new AccuracyRow("overall", 100, 50, 0.4, 0.6), Paired(points));

    private static PairedRow Paired(int points)
    {
        var p = McNemar.ExactP(Math.Max(0, points), Math.Max(0, -points));
        return new PairedRow("overall", 100, 0.5, 0.5 + (points / 100.0), Math.Max(0, points), Math.Max(0, -points), points / 100.0, points / 100.0, p, p, 0.1);
    }

    private static void AnswerAllRight(string file) => File.WriteAllLines(file, File.ReadAllLines(file).Select((line, i) =>
    {
        var answer = JsonNode.Parse(line)!;
        if (i > 0)
        {
            answer["predicted"] = answer["target"]!.DeepClone();
        }

        return answer.ToJsonString();
    }));

    private string[] Answers() => Directory.GetFiles(Path.Combine(_folder.File("results"), ".answers"));

    private AblationStudy Make(AblationOptions options) => AblationStudy.Make(Workspace.Open(output: _folder.File("results")), EmbeddedModel.Folder, options, cancellation: TestContext.Current.CancellationToken);
}
