using Experiments.Runs;

namespace Experiments.Tests.Runs;

public sealed class RunTests : IDisposable
{
    private readonly TemporaryWorkspace _temporary = new();

    private Workspace Workspace => _temporary.Workspace;

    [Fact]
    public void A_run_gets_its_final_name_only_when_it_is_complete()
    {
        using var run = Workspace.Start(TemporaryWorkspace.Plan());
        run.WriteMetrics(new { Accuracy = 0.5 });
        Assert.DoesNotContain(run.Id, _temporary.Entries());
        var done = run.Complete();
        Assert.Equal([run.Id], _temporary.Entries());
        Assert.True(done.Has("metrics.json"));
    }

    [Fact]
    public void The_run_id_tells_time_model_variant_and_config()
    {
        var plan = TemporaryWorkspace.Plan() with { Model = "my/model v2" };
        using var run = Workspace.Start(plan);
        Assert.Equal($"20260304T050607Z-my-model-v2-base-{plan.ConfigHash[..8]}", run.Id);
    }

    [Fact]
    public void An_exception_leaves_nothing_behind()
    {
        Assert.Throws<InvalidOperationException>((Action)(() =>
        {
            using var run = Workspace.Start(TemporaryWorkspace.Plan());
            run.WriteText("half.txt", "half");
            throw new InvalidOperationException();
        }));
        Assert.Empty(_temporary.Entries());
    }

    [Fact]
    public void A_failed_run_is_kept_aside_only_where_asked_for()
    {
        string id;
        using (var run = Workspace.Start(TemporaryWorkspace.Plan(), keepFailed: true))
        {
            run.WriteText("half.txt", "half");
            id = run.Id;
        }

        Assert.Equal([id + ".failed"], _temporary.Entries());
        Assert.Null(Workspace.Find(TemporaryWorkspace.Plan()));
    }

    [Fact]
    public void Two_equal_runs_in_the_same_second_both_stay()
    {
        using var first = Workspace.Start(TemporaryWorkspace.Plan());
        using var second = Workspace.Start(TemporaryWorkspace.Plan());
        first.WriteText("who.txt", "first");
        second.WriteText("who.txt", "second");
        Assert.Equal("second", second.Complete().ReadText("who.txt"));
        Assert.Equal("first", first.Complete().ReadText("who.txt"));
        using var third = Workspace.Start(TemporaryWorkspace.Plan());
        third.Complete();
        Assert.Equal(3, _temporary.Entries().Length);
    }

    [Fact]
    public void A_run_never_overwrites_what_has_its_name()
    {
        using var run = Workspace.Start(TemporaryWorkspace.Plan());
        var taken = Directory.CreateDirectory(Path.Combine(Workspace.Results, "benchmark", run.Id)).FullName;
        File.WriteAllText(Path.Combine(taken, "precious.txt"), "mine");
        Assert.Throws<ExperimentException>(() => run.Complete());
        Assert.Equal("mine", File.ReadAllText(Path.Combine(taken, "precious.txt")));
        Assert.Single(Directory.GetFiles(taken));
    }

    [Fact]
    public void The_manifest_survives_the_disk()
    {
        var plan = TemporaryWorkspace.Plan() with
        {
            CheckpointHash = "abc",
            Device = "cpu",
            NativeVersions = new Dictionary<string, string> { ["libtorch"] = "2.7.1" },
        };
        using var run = Workspace.Start(plan);
        _temporary.Clock.Now += TimeSpan.FromSeconds(12.5);
        run.Complete();
        var read = CompletedRun.Open(Path.Combine(Workspace.Results, "benchmark", run.Id)).Manifest;
        Assert.Equal(RunStatus.Complete, read.Status);
        Assert.Equal(12.5, read.WallSeconds);
        Assert.Equal("abc", read.CheckpointHash);
        Assert.Equal("2.7.1", read.Environment.Natives["libtorch"]);
        Assert.StartsWith("0.107", read.Environment.Packages["TorchSharp"], StringComparison.Ordinal);
        Assert.Equal(0.2, read.Config.GetProperty("alpha").GetDouble());
        Assert.True(read.PeakMemoryBytes > 0);
    }

    [Fact]
    public void Metrics_and_samples_come_back_as_they_were()
    {
        var samples = Enumerable.Range(0, 3).Select(i => new Sample(i, i / 3.0, "newline\n⏎ \"q\""));
        using var run = Workspace.Start(TemporaryWorkspace.Plan());
        run.WriteMetrics(new Sample(7, double.NaN, "x"));
        run.WriteSamples(samples);
        var done = run.Complete();
        Assert.Equal(new Sample(7, double.NaN, "x"), done.ReadMetrics<Sample>());
        Assert.Equal(samples, done.ReadSamples<Sample>());
        Assert.Equal(3, File.ReadAllLines(done.PathOf("samples.jsonl")).Length);
    }

    [Theory]
    [InlineData("../elsewhere.txt")]
    [InlineData("tables/../../elsewhere.txt")]
    public void A_name_that_leads_out_of_the_run_is_refused(string name)
    {
        using var run = Workspace.Start(TemporaryWorkspace.Plan());
        Assert.Contains(name, Assert.Throws<ExperimentException>(() => run.PathOf(name)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _temporary.Dispose();

    private sealed record Sample(int Id, double Value, string Text);
}
