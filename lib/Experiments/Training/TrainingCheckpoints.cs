using Experiments.Runs;

namespace Experiments.Training;

/// <summary>Where a training is saved on its way, so that after a stop it goes on to the same weights, bit for bit.</summary>
/// <param name="Folder">Folder of the files <c>step-*.safetensors</c>; made if missing. One training at a time.</param>
public sealed record TrainingCheckpoints(string Folder)
{
    private const string Pattern = "step-*.safetensors";

    /// <summary>Steps between two checkpoints; an interrupted training writes one more.</summary>
    public int Every { get; init; } = 50;

    /// <summary>How many are kept: the newest, and earlier ones in case that it is damaged.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>Told in one sentence where the training goes on, and which files are damaged; null for nobody.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>The newest checkpoint that is whole, or null to begin at the start.</summary>
    /// <param name="fingerprint">What the training is, as <see cref="TrainingState.Fingerprint"/>.</param>
    /// <exception cref="ExperimentException">The newest belongs to another training.</exception>
    internal TrainingState? Newest(string fingerprint)
    {
        AtomicFile.DeleteUnfinished(Folder, Pattern);
        foreach (var path in Files())
        {
            if (TrainingState.TryRead(path, out var whatIsWrong) is not { } state)
            {
                Notice?.Invoke($"Checkpoint {path} is damaged and passed over: {whatIsWrong}");
                continue;
            }

            if (state.Fingerprint != fingerprint)
            {
                state.Dispose();
                throw new ExperimentException($"{path} belongs to a training with other settings. Choose another folder for checkpoints, or delete this one to begin again.");
            }

            Notice?.Invoke($"The training goes on behind step {state.History.Count}, from {path}.");
            return state;
        }

        return null;
    }

    /// <summary>Writes a checkpoint whole or not at all, and deletes old ones.</summary>
    /// <exception cref="ExperimentException">The disk is full; the checkpoints before it are unchanged.</exception>
    internal void Save(TrainingState state)
    {
        AtomicFile.Write(Path.Combine(Folder, $"step-{state.History.Count:00000000}.safetensors"), state.Write);
        foreach (var old in Files().Skip(Keep))
        {
            File.Delete(old);
        }
    }

    private IEnumerable<string> Files() => Directory.Exists(Folder) ? Directory.GetFiles(Folder, Pattern).OrderDescending(StringComparer.Ordinal) : [];
}
