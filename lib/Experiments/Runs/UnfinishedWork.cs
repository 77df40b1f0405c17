namespace Experiments.Runs;

/// <summary>A hidden folder in which long work of one plan leaves what it needs to go on after a stop. One process at a time has it.</summary>
public sealed class UnfinishedWork : IDisposable
{
    private readonly FileStream _lock;

    private UnfinishedWork(string folder, FileStream held) => (Folder, _lock) = (folder, held);

    /// <summary>Where to put files.</summary>
    public string Folder { get; }

    /// <summary>The complete run of a plan. The folder of the work goes, which stays where a process is killed between completing the run and deleting it.</summary>
    /// <param name="workspace">Where results live.</param>
    /// <param name="plan">The work.</param>
    /// <returns>The newest such run, or null.</returns>
    /// <exception cref="ExperimentException">The folder cannot be deleted.</exception>
    public static CompletedRun? Completed(Workspace workspace, RunPlan plan)
    {
        var run = workspace.Find(plan);
        if (run is not null && Directory.Exists(FolderOf(workspace, plan)))
        {
            Take(workspace, plan)?.Delete();
        }

        return run;
    }

    /// <summary>Takes the folder of a plan, with what an earlier process left in it, and deletes the run that it was writing.</summary>
    /// <param name="workspace">Where results live.</param>
    /// <param name="plan">The work.</param>
    /// <returns>The folder, or null while another process does the same work.</returns>
    /// <exception cref="ExperimentException">The results folder cannot be written.</exception>
    public static UnfinishedWork? Take(Workspace workspace, RunPlan plan)
    {
        var folder = FolderOf(workspace, plan);
        return DiskErrors.Explain("Cannot write", folder, () =>
        {
            Directory.CreateDirectory(folder);
            FileStream held;
            try
            {
                held = new FileStream(Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                return null;
            }

            Array.ForEach(Directory.GetDirectories(Path.GetDirectoryName(folder)!, Run.PartialName($"*-{plan.ConfigHash[..8]}*")), partial => Directory.Delete(partial, recursive: true));
            return new UnfinishedWork(folder, held);
        });
    }

    /// <summary>Deletes the folder: the work is complete, and its results are elsewhere.</summary>
    public void Delete()
    {
        _lock.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static string FolderOf(Workspace workspace, RunPlan plan) => Path.Combine(workspace.Results, Workspace.FolderName(plan.Experiment), $".{plan.ConfigHash[..16]}.unfinished");
}
