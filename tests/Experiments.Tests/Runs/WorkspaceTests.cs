using Experiments.Runs;

namespace Experiments.Tests.Runs;

public sealed class WorkspaceTests : IDisposable
{
    private readonly TemporaryWorkspace _temporary = new();

    private Workspace Workspace => _temporary.Workspace;

    [Fact]
    public void The_repository_is_found_from_any_folder_below_it()
    {
        File.WriteAllText(Path.Combine(_temporary.Folder, "Experiments.sln"), "");
        var deep = Directory.CreateDirectory(Path.Combine(_temporary.Folder, "notebooks", "deep")).FullName;
        Assert.Equal(Path.Combine(_temporary.Folder, "results"), Workspace.Open(deep).Results);
    }

    [Fact]
    public void Outside_a_repository_the_error_names_the_option_that_helps()
    {
        var error = Assert.Throws<ExperimentException>(() => Workspace.Open(_temporary.Folder));
        Assert.Contains("--output", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_newest_complete_run_with_an_equal_config_is_reused()
    {
        Complete(TemporaryWorkspace.Plan());
        var newest = Complete(TemporaryWorkspace.Plan());
        Complete(TemporaryWorkspace.Plan(new { Alpha = 0.3 }));
        Assert.Equal(newest, Workspace.Find(TemporaryWorkspace.Plan(new { Alpha = 0.2 }))!.Id);
    }

    [Theory]
    [InlineData(RunStatus.Failed)]
    [InlineData(RunStatus.Interrupted)]
    public void A_run_that_did_not_finish_is_not_reused(RunStatus status)
    {
        using var run = Workspace.Start(TemporaryWorkspace.Plan());
        run.Complete(status);
        Assert.Null(Workspace.Find(TemporaryWorkspace.Plan()));
        Assert.Null(Workspace.Newest("benchmark"));
    }

    [Fact]
    public void A_run_still_being_written_is_not_found()
    {
        using var run = Workspace.Start(TemporaryWorkspace.Plan());
        Assert.Null(Workspace.Find(TemporaryWorkspace.Plan()));
    }

    [Fact]
    public void Another_seed_or_checkpoint_is_another_run()
    {
        var plan = TemporaryWorkspace.Plan();
        Complete(plan);
        Assert.NotNull(Workspace.Find(plan));
        Assert.Null(Workspace.Find(plan with { Seed = 2 }));
        Assert.Null(Workspace.Find(plan with { CheckpointHash = "other" }));
        Assert.NotNull(Workspace.Find(plan with { Threads = 2, Device = "cpu" }));
    }

    [Fact]
    public void A_damaged_manifest_is_passed_over()
    {
        var id = Complete(TemporaryWorkspace.Plan());
        File.WriteAllText(Path.Combine(Workspace.Results, "benchmark", id, "run.json"), "{ \"id\": ");
        Assert.Null(Workspace.Newest("benchmark"));
    }

    [Fact]
    public void An_output_that_is_a_file_gives_one_line_that_names_it()
    {
        var file = Path.Combine(_temporary.Folder, "taken");
        File.WriteAllText(file, "mine");
        var error = Assert.Throws<ExperimentException>(() => Workspace.Open(output: file).Start(TemporaryWorkspace.Plan()));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Equal("mine", File.ReadAllText(file));
    }

    public void Dispose() => _temporary.Dispose();

    private string Complete(RunPlan plan)
    {
        _temporary.Clock.Now += TimeSpan.FromMinutes(1);
        using var run = Workspace.Start(plan);
        return run.Complete().Id;
    }
}
