using Experiments.Evaluation;
using Experiments.Runs;
using Experiments.Studies;
using Experiments.Tests.Models;
using FileSystem = Microsoft.VisualBasic.FileIO.FileSystem;

namespace Experiments.Tests.Studies;

public sealed class VerificationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SmallRuns _runs;

    public VerificationTests() => _runs = new SmallRuns(_folder.File("results"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_study_made_again_gives_the_same_numbers_and_leaves_nothing()
    {
        var tuned = _runs.FineTuned();
        var model = tuned.PathOf("checkpoint");
        CompletedRun[] all = [_runs.Pretrained(), tuned, _runs.Attention(EmbeddedModel.Folder, model), _runs.Benchmark(model), _runs.Ablation(model), _runs.Interventions(model)];
        Assert.Equal(all.Select(run => run.Folder), Verification.RunsIn(_folder.File("results")).Select(run => run.Folder));
        var before = Everything();
        foreach (var run in all)
        {
            Assert.Contains(run.Manifest.Threads, new int?[] { null, TorchSharp.torch.get_num_threads() }); // another number makes other last digits on some processors
            var verified = Verify(run);
            Assert.Empty(verified.Comparison.Differences);
            Assert.Empty(verified.Notes);
            Assert.True(verified.Comparison.Numbers > 5, run.Id);
        }

        Assert.Equal(before, Everything());

        string[] Everything() => [.. Directory.EnumerateFileSystemEntries(_folder.Path, "*", SearchOption.AllDirectories).Order()];
    }

    [Fact]
    public void A_run_says_which_models_it_was_made_from()
    {
        var tuned = _runs.FineTuned();
        var embedded = LoadedModel.HashOf(EmbeddedModel.Folder);
        Assert.Equal([new CheckpointOrigin("model", embedded, Embedded: true)], tuned.Manifest.Checkpoints);

        var after = LoadedModel.HashOf(tuned.PathOf("checkpoint"));
        var saved = CompletedRun.Open(_runs.Benchmark(EmbeddedModel.Folder, tuned.PathOf("checkpoint")).Folder + Path.DirectorySeparatorChar);
        Assert.Equal([new CheckpointOrigin("before", embedded, Embedded: true), new CheckpointOrigin("after", after, tuned.Id)], saved.Manifest.Checkpoints);
        Assert.Equal(ContentHash.Of(new[] { embedded, after }), saved.Manifest.CheckpointHash);
    }

    [Fact]
    public void A_fine_tuned_model_that_is_gone_is_made_again_once_for_all_runs()
    {
        var tuned = _runs.FineTuned();
        CompletedRun[] runs = [_runs.Benchmark(EmbeddedModel.Folder, tuned.PathOf("checkpoint")), _runs.Ablation(tuned.PathOf("checkpoint"))];
        Directory.Delete(tuned.PathOf("checkpoint"), recursive: true);
        var told = new Told();
        using (var verification = new Verification(new VerificationOptions { Tolerance = new Tolerance(0, 0) }))
        {
            Assert.All(runs, run =>
            {
                var verified = verification.Verify(run, told, TestContext.Current.CancellationToken);
                Assert.Empty(verified.Comparison.Differences);
                Assert.Contains($"made again by fine-tune/{tuned.Id}; its weights are the saved ones", Assert.Single(verified.Notes), StringComparison.Ordinal);
            });
        }

        Assert.Equal(1, told.Starts(FineTuneStudy.Experiment));
        Assert.False(Directory.Exists(tuned.PathOf("checkpoint")));
    }

    [Fact]
    public void A_run_that_names_no_models_takes_those_with_its_hash()
    {
        var tuned = _runs.FineTuned();
        CompletedRun[] runs = [_runs.Benchmark(EmbeddedModel.Folder, tuned.PathOf("checkpoint")), _runs.Ablation(tuned.PathOf("checkpoint"))];
        foreach (var run in runs)
        {
            SmallRuns.Edit(run, "run.json", node => node.AsObject().Remove("checkpoints"));
            Assert.Empty(Verify(CompletedRun.Open(run.Folder)).Comparison.Differences);
        }

        FileSystem.MoveDirectory(tuned.PathOf("checkpoint"), _folder.File("elsewhere"));
        Assert.Contains("does not name its models", Fails(CompletedRun.Open(runs[0].Folder)), StringComparison.Ordinal);
        Assert.Empty(Verify(CompletedRun.Open(runs[0].Folder), new VerificationOptions { Models = [_folder.File("elsewhere")] }).Comparison.Differences);
    }

    [Fact]
    public void Ones_own_model_and_questions_are_named_where_they_lie_now()
    {
        var model = _runs.FineTuned().PathOf("checkpoint");
        FileSystem.MoveDirectory(model, _folder.File("mine"));
        var data = _folder.Write("q.jsonl", """{"question": "Ann likes tea. What does Ann like?", "options": ["tea", "rice"], "answer": 0, "category": "taste"}""");
        var run = _runs.Benchmark(_folder.File("mine"), data: data);
        FileSystem.MoveDirectory(_folder.File("mine"), _folder.File("yours"));
        Assert.Contains("The model 'before' of run", Fails(run), StringComparison.Ordinal);
        Assert.Contains("nor made by a run. Name the folder of that model with --model.", Fails(run), StringComparison.Ordinal);

        var options = new VerificationOptions { Models = [_folder.File("yours")] };
        Assert.Contains("--data", Fails(run, options), StringComparison.Ordinal);
        Assert.Empty(Verify(run, options with { Data = data }).Notes);
        var others = _folder.Write("others.jsonl", File.ReadAllText(data).Replace("tea", "jam", StringComparison.Ordinal));
        Assert.Contains("The questions are not the saved ones", Assert.Single(Verify(run, options with { Data = others }).Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_task_of_ones_own_is_asked_as_it_was_with_the_questions_where_they_lie_now()
    {
        _folder.Write("q.jsonl", """{"question": "Ann likes tea. What does Ann like?", "options": ["tea", "rice"], "answer": 0, "category": "taste"}""");
        var task = TaskFile.Load(_folder.Write("likes.yaml", "data: q.jsonl\ndoc_to_text: '{question} {options} Answer:'\nmax_gen_toks: 2"));
        var run = BenchmarkStudy.Make(_runs.Workspace, EmbeddedModel.Folder, options: new BenchmarkOptions { Templates = ["compact-direct"] }.With(task)).Run;
        Assert.Contains("Say where its YAML file is with --data.", Fails(run), StringComparison.Ordinal);
        var moved = _folder.Write("now.yaml", "task: likes\ndata: q.jsonl\nmax_gen_toks: 9");
        var verified = Verify(run, new VerificationOptions { Data = moved });
        Assert.Empty(verified.Notes);
        Assert.Empty(verified.Comparison.Differences);
    }

    [Fact]
    public void What_cannot_be_verified_says_why_and_what_to_do()
    {
        var tuned = _runs.FineTuned();
        var benchmark = _runs.Benchmark(tuned.PathOf("checkpoint"));
        Directory.Move(tuned.Folder, _folder.File("away"));
        Assert.Contains($"is that of the training '{tuned.Id}', which is not in '{_folder.File("results")}'", Fails(benchmark), StringComparison.Ordinal);

        File.Delete(benchmark.PathOf("metrics.json"));
        Assert.Contains("has no metrics.json", Fails(benchmark), StringComparison.Ordinal);

        using var other = _runs.Workspace.Start(new RunPlan("attention-text") { Model = "m", Variant = "v", Config = new { }, Seed = 1 });
        Assert.Contains("is of 'attention-text', which cannot be made again here. Known: pretrain, fine-tune", Fails(other.Complete()), StringComparison.Ordinal);

        using var stopped = _runs.Workspace.Start(TemporaryPlan());
        Assert.Contains("is not complete", Fails(stopped.Complete(RunStatus.Interrupted)), StringComparison.Ordinal);

        _folder.Write("empty/notes.txt", "");
        Assert.Contains("is no run and holds none", Assert.Throws<ExperimentException>(() => Verification.RunsIn(_folder.File("empty"))).Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", Assert.Throws<ExperimentException>(() => Verification.RunsIn(_folder.File("none"))).Message, StringComparison.Ordinal);

        static RunPlan TemporaryPlan() => Runs.TemporaryWorkspace.Plan();
    }

    private static VerifiedRun Verify(CompletedRun run, VerificationOptions? options = null)
    {
        using var verification = new Verification((options ?? new VerificationOptions()) with { Tolerance = new Tolerance(0, 0) });
        return verification.Verify(run, cancellation: TestContext.Current.CancellationToken);
    }

    private static string Fails(CompletedRun run, VerificationOptions? options = null) => Assert.Throws<ExperimentException>(() => Verify(run, options)).Message;

    private sealed class Told : IProgress<StudyProgress>
    {
        private readonly List<StudyProgress> _values = [];

        public void Report(StudyProgress value) => _values.Add(value);

        internal int Starts(string what) => _values.Count(value => value.What == what && value.Done == 0);
    }
}
