using Experiments.Interpretability;
using Experiments.Runs;
using Experiments.Studies;
using Experiments.Tests.Runs;
using Experiments.Training;

namespace Experiments.Tests.Studies;

public class FineTuneAttentionTests
{
    private static readonly FineTuneOptions Options = new()
    {
        QuestionsPerCategory = 2,
        ValidationPerCategory = 1,
        AttentionEvery = 2,
        Training = new TrainingOptions { Steps = 5, BatchSize = 2, LearningRate = 1e-3, EvaluateEvery = 0 },
    };

    [Fact]
    public void Attention_is_measured_before_between_and_behind_the_steps_and_changes_no_weight()
    {
        using var workspace = new TemporaryWorkspace();
        var watched = FineTuneStudy.Run(workspace.Workspace, options: Options);
        var plain = FineTuneStudy.Run(workspace.Workspace, options: Options with { AttentionEvery = 0 });
        Assert.Equal(File.ReadAllBytes(Path.Combine(plain.Folder, "model.safetensors")), File.ReadAllBytes(Path.Combine(watched.Folder, "model.safetensors")));
        Assert.False(plain.Run.Has("tables/attention-by-step.csv"));
        Assert.DoesNotContain("attentionEvery", plain.Run.ReadText("run.json"), StringComparison.Ordinal); // hashes of runs that exist stay

        using var after = LoadedModel.Open(watched.Folder);
        var layers = after.Model.Config.NumHiddenLayers;
        var rows = watched.Run.ReadSamples<AttentionAtStep>(AttentionWatch.FileName).ToList();
        Assert.Equal(from step in new[] { 0, 2, 4, 5 } from layer in Enumerable.Range(0, layers) select (step, layer), rows.Select(row => (row.Step, row.Layer)));
        Assert.Equal(rows.Count + 1, File.ReadAllLines(watched.Run.PathOf("tables/attention-by-step.csv")).Length);
        Assert.True(watched.Run.Has("figures/attention-by-step.svg"));
        var again = FineTuneStudy.ExhibitsOf(watched.Run);
        Assert.Equal(watched.Run.ReadText("tables/attention-by-step.csv"), again.Tables.Single(table => table.Name == "attention-by-step").Table.ToCsv());
        Assert.Contains(again.Figures, figure => figure.Name == "attention-by-step");
    }

    [Fact]
    public void The_numbers_are_those_of_the_attention_statistics()
    {
        using var loaded = LoadedModel.Open(EmbeddedModel.Folder);
        int[] text = loaded.Tokenizer.Encode("Ann likes what Bob likes. Bob likes tea.\nAnalysis: 12");
        var watch = new AttentionWatch(loaded, [TrainingExample.Of(text, [])], Options, unfinished: null);
        var statistics = AttentionStudy.Observe(loaded.Model, text, loaded.Tokenizer.Piece);
        var (layer, length, heads) = (1, text.Length, loaded.Model.Config.NumAttentionHeads);
        int[] marks = [.. Enumerable.Range(0, length).Where(key => statistics.Classes[key] is TokenClass.Punctuation or TokenClass.Newline or TokenClass.StopWord or TokenClass.HeaderWord or TokenClass.Special)];
        Assert.NotEmpty(marks);
        var row = watch.Rows[layer];
        Assert.Equal((0, layer), (row.Step, row.Layer));
        Assert.Equal(Enumerable.Range(0, heads).Average(head => statistics.BosMass[layer, head]), row.FirstToken, 1e-9);
        Assert.Equal(marks.Sum(key => statistics.Mass[layer, key]), row.NonSemantic, 1e-9);
        Assert.Equal(marks.Sum(key => Enumerable.Range(key, length - key).Sum(query => 1.0 / (query + 1)) / length), row.Expected, 1e-9);
        Assert.Equal(statistics.Outliers[layer].Length, row.Outliers);
        Assert.False(loaded.Model.training);
    }

    [Fact]
    public void A_training_that_was_stopped_has_the_rows_of_an_undisturbed_one()
    {
        using var workspace = new TemporaryWorkspace();
        var whole = FineTuneStudy.Run(workspace.Workspace, options: Options);
        var rows = whole.Run.ReadText(AttentionWatch.FileName);
        Directory.Delete(whole.Run.Folder, recursive: true);
        using var stop = new CancellationTokenSource();
        var progress = new StopAt(4, stop);
        Assert.Throws<OperationCanceledException>(() => FineTuneStudy.Run(workspace.Workspace, options: Options, progress: progress, cancellation: stop.Token));
        var resumed = FineTuneStudy.Run(workspace.Workspace, options: Options, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal((false, 1), (resumed.Reused, resumed.Training.History.Count - 4));
        Assert.Equal(rows, resumed.Run.ReadText(AttentionWatch.FileName));
    }

    [Fact]
    public void Without_validation_texts_or_with_a_negative_distance_there_is_a_clear_error()
    {
        using var workspace = new TemporaryWorkspace();
        string Error(FineTuneOptions options) => Assert.Throws<ExperimentException>(() => FineTuneStudy.Run(workspace.Workspace, options: options)).Message;
        Assert.Contains("there are none", Error(Options with { ValidationPerCategory = 0 }), StringComparison.Ordinal);
        Assert.Contains("every -1 steps", Error(Options with { AttentionEvery = -1 }), StringComparison.Ordinal);
    }

    private sealed class StopAt(int step, CancellationTokenSource stop) : IProgress<StudyProgress>
    {
        public void Report(StudyProgress value)
        {
            if (value.Done == step)
            {
                stop.Cancel();
            }
        }
    }
}
