using System.Text.Json.Nodes;
using Experiments.Evaluation;
using Experiments.Reporting;
using Experiments.Runs;
using Experiments.Studies;
using Experiments.Tests.Runs;

namespace Experiments.Tests.Studies;

[Collection("console")]
public sealed class ProgressTests : IDisposable
{
    private readonly StandingClock _clock = new();
    private readonly Func<Action<JsonObject>?> _before = LiveDisplay.Source;
    private readonly List<List<JsonObject>> _places = [];

    public void Dispose() => LiveDisplay.Source = _before;

    [Fact]
    public void Lines_come_now_and_then_with_rate_time_left_and_what_is_measured()
    {
        var text = new StringWriter();
        var lines = new ProgressLines(text, lines: 4, _clock);
        foreach (var done in new[] { 0, 10, 30, 40, 60, 90, 100 })
        {
            _clock.Now = new StandingClock().Now.AddSeconds(2 * done);
            lines.Report(new StudyProgress("train", done, 100, $"loss {100 - done}"));
        }

        Assert.Equal(
            ["train 30/100 · 0.5/s · 2:20 left · loss 70", "train 60/100 · 0.5/s · 1:20 left · loss 40", "train 90/100 · 0.5/s · 0:20 left · loss 10", "train 100/100 · 0.5/s · 3:20 · loss 0"],
            text.ToString().TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void Steps_done_before_a_training_was_resumed_do_not_count_as_fast()
    {
        var text = new StringWriter();
        var lines = new ProgressLines(text, lines: 10, _clock);
        foreach (var done in new[] { 0, 51, 52, 60 })
        {
            _clock.Now = new StandingClock().Now.AddSeconds(2 * Math.Max(0, done - 50));
            lines.Report(new StudyProgress("train", done, 100));
        }

        Assert.EndsWith("train 60/100 · 0.5/s · 1:20 left", text.ToString().TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_curve_grows_in_one_place_at_most_once_a_second_and_ends_as_a_line()
    {
        LiveDisplay.Source = Open;
        var progress = new LiveProgress(clock: _clock);
        for (var tenth = 0; tenth <= 35; tenth++)
        {
            progress.Report(new StudyProgress("train", tenth, 35) { Figure = Curve });
            _clock.Now += TimeSpan.FromSeconds(0.1);
        }

        progress.Report(new StudyProgress("evaluate", 0, 2));
        Assert.Equal([5, 1], _places.Select(place => place.Count)); // at 0, 1, 2, 3 seconds and at the end
        Assert.All(_places[0][..^1], shown => Assert.Equal("image/png", shown.Last().Key));
        Assert.Contains("━━━─", _places[0][1]["text/plain"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("{\"text/plain\":\"train 35/35 \\u00B7 10.0/s \\u00B7 0:03\"}", _places[0][^1].ToJsonString());
        Assert.DoesNotContain("image/png", _places[1][0].ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_place_progress_is_lines()
    {
        LiveDisplay.Source = () => null;
        var text = new StringWriter();
        new LiveProgress(new ProgressLines(text), _clock).Report(new StudyProgress("train", 1, 1));
        Assert.StartsWith("train 1/1", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Fine_tuning_tells_its_loss_and_curve_and_an_evaluation_its_accuracy()
    {
        using var workspace = new TemporaryWorkspace();
        var told = new List<StudyProgress>();
        var defaults = new FineTuneOptions();
        FineTuneStudy.Run(
            workspace.Workspace,
            options: defaults with { QuestionsPerCategory = 2, ValidationPerCategory = 1, Training = defaults.Training with { Steps = 2, BatchSize = 2, MicroBatches = 1, EvaluateEvery = 1 } },
            progress: new Immediate(told.Add),
            cancellation: TestContext.Current.CancellationToken);
        Assert.Equal([0, 1, 2], told.Select(progress => progress.Done));
        Assert.Matches(@"^loss \d\.\d{3}, validation \d\.\d{3}, [\d,]+ tokens/s$", told[^1].Detail);
        Assert.Equal(2, Assert.IsType<LineFigure>(told[^1].Figure!()).Series[0].X.Length);
        Assert.Equal(new StudyProgress("e", 8, 20, "accuracy 62.5 %"), StudyProgress.Of("e", new EvaluationProgress(8, 5), 20));
    }

    private Action<JsonObject> Open()
    {
        var place = new List<JsonObject>();
        _places.Add(place);
        return place.Add;
    }

    private static LineFigure Curve() => ResultFigures.Loss([new LineSeries("training", [1, 2], [2, 1])]);

    private sealed class Immediate(Action<StudyProgress> tell) : IProgress<StudyProgress>
    {
        public void Report(StudyProgress value) => tell(value);
    }
}
