namespace Experiments.Runs;

/// <summary>A hidden folder in which long work of one plan leaves what it needs to go on after a stop. One process at a time has it.</summary>
public sealed class UnfinishedWork : IDisposable
{
    private readonly FileStream _lock;

    private UnfinishedWork(string folder, FileStream held) => (Folder, _lock) = (folder, held);

    /// <summary>Where to put files.</summary>
    public string Folder { get; }

    /// <summary>Takes the folder of a plan, with what an earlier process left in it, and deletes the run that it was writing.</summary>
    /// <param name="workspace">Where results live.</param>
    /// <param name="plan">The work.</param>
    /// <returns>The folder, or null while another process does the same work.</returns>
    /// <exception cref="ExperimentException">The results folder cannot be written.</exception>
    public static UnfinishedWork? Take(Workspace workspace, RunPlan plan)
    {
        var experiment = Path.Combine(workspace.Results, Workspace.FolderName(plan.Experiment));
        var folder = Path.Combine(experiment, $".{plan.ConfigHash[..16]}.unfinished");
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

            Array.ForEach(Directory.GetDirectories(experiment, Run.PartialName($"*-{plan.ConfigHash[..8]}*")), partial => Directory.Delete(partial, recursive: true));
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
}
