using Experiments.Runs;

namespace Experiments.Studies;

/// <summary>A model that a run was made from.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="Note">What is to be known about it: that it was made again. Null for the model itself.</param>
internal sealed record SavedModel(string Folder, string? Note = null);

/// <summary>Finds the models that finished runs were made from, by their content; one that is gone is made again by its own run.</summary>
/// <param name="given">Model folders that the user names.</param>
internal sealed class SavedModels(IReadOnlyList<string> given)
{
    private const string Advice = "Name the folder of that model with --model.";

    private readonly Dictionary<string, string> _hashes = [];

    /// <summary>The models of a run, in its order.</summary>
    /// <param name="run">The run.</param>
    /// <param name="count">How many it has.</param>
    /// <param name="makeAgain">Makes a training again.</param>
    /// <exception cref="ExperimentException">One cannot be found.</exception>
    internal IReadOnlyList<SavedModel> Of(CompletedRun run, int count, Func<CompletedRun, CompletedRun> makeAgain)
    {
        var origins = run.Manifest.Checkpoints;
        return origins.Count == 0 ? Guess(run, count)
            : origins.Count == count ? [.. origins.Select(origin => Find(run, origin, makeAgain))]
            : throw new ExperimentException($"'{run.PathOf(CompletedRun.ManifestName)}' names {origins.Count} models; a run of {run.Manifest.Experiment} has {count}. Make the run again.");
    }

    private SavedModel Find(CompletedRun run, CheckpointOrigin origin, Func<CompletedRun, CompletedRun> makeAgain)
    {
        if (Known.FirstOrDefault(folder => HashOf(folder) == origin.Hash) is { } known)
        {
            return new SavedModel(known);
        }

        if (Trainings(run).FirstOrDefault(training => training.Id == origin.RunId) is not { } source)
        {
            var what = origin switch
            {
                { RunId: { } id } => $"that of the training '{id}', which is not in '{Root(run)}'",
                { Embedded: true } => "an embedded model of another version",
                _ => "neither the embedded model nor made by a run",
            };
            throw new ExperimentException($"The model '{origin.Name}' of run '{run.Id}' (SHA-256 {origin.Hash[..12]}…) is {what}. {Advice}");
        }

        var checkpoint = CheckpointOf(source);
        if (Directory.Exists(checkpoint) && HashOf(checkpoint) == origin.Hash)
        {
            return new SavedModel(checkpoint);
        }

        var again = CheckpointOf(makeAgain(source));
        var equal = HashOf(again) == origin.Hash ? "its weights are the saved ones" : "its weights are not quite the saved ones, as after training on another processor";
        return new SavedModel(again, $"The model '{origin.Name}' was made again by {source.Manifest.Experiment}/{source.Id}; {equal}.");
    }

    /// <summary>The models of a run that names none: those whose hash gives the run's.</summary>
    private IReadOnlyList<SavedModel> Guess(CompletedRun run, int count)
    {
        var folders = Known.Concat(Trainings(run).Select(CheckpointOf).Where(Directory.Exists)).ToList();
        var hash = run.Manifest.CheckpointHash;
        var found = count == 1
            ? folders.Where(folder => HashOf(folder) == hash).Select(folder => new[] { folder })
            : folders.SelectMany(_ => folders, (before, after) => new[] { before, after }).Where(pair => ContentHash.Of(pair.Select(HashOf)) == hash);
        return found.FirstOrDefault() is { } fits
            ? [.. fits.Select(folder => new SavedModel(folder))]
            : throw new ExperimentException($"Run '{run.Id}' does not name its models, and neither the embedded model nor a checkpoint in '{Root(run)}' has its hash. {Advice}");
    }

    private IEnumerable<string> Known => given.Prepend(EmbeddedModel.Folder);

    /// <summary>The runs beside a run that leave a model behind.</summary>
    private static IEnumerable<CompletedRun> Trainings(CompletedRun run)
    {
        var beside = Workspace.Open(output: Root(run));
        return beside.RunsOf(FineTuneStudy.Experiment).Concat(beside.RunsOf(PretrainStudy.Experiment));
    }

    private static string Root(CompletedRun run) => Path.GetFullPath(Path.Combine(run.Folder, "..", ".."));

    private static string CheckpointOf(CompletedRun training) => training.PathOf("checkpoint");

    private string HashOf(string folder)
    {
        if (!_hashes.TryGetValue(folder, out var hash))
        {
            _hashes[folder] = hash = LoadedModel.HashOf(folder);
        }

        return hash;
    }
}
