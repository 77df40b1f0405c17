using System.Globalization;
using System.Text.Json.Nodes;
using Experiments.Runs;

namespace Experiments.Evaluation.Harness;

/// <summary>An evaluation in the files of lm-evaluation-harness (version 0.4): <c>results_&lt;time&gt;.json</c> and a <c>samples_&lt;task&gt;_&lt;time&gt;.jsonl</c> per category, so that its viewers read ours.</summary>
public sealed class HarnessEvaluation
{
    /// <summary>Begins the name of the folder that holds the answers of one sampling seed.</summary>
    public const string SeedPrefix = "seed-";

    private readonly JsonObject _results;
    private readonly SortedDictionary<string, List<HarnessSample>> _samples;

    private HarnessEvaluation(JsonObject results, IEnumerable<KeyValuePair<string, List<HarnessSample>>> samples) =>
        (_results, _samples) = (results, new SortedDictionary<string, List<HarnessSample>>(samples.ToDictionary(), StringComparer.Ordinal));

    /// <summary>The results of all items.</summary>
    public IReadOnlyList<ItemResult> Items => [.. Samples.Select(sample => sample.Result)];

    /// <summary>Where the results come from: names and values.</summary>
    public IEnumerable<(string Name, string Value)> Provenance =>
        from key in new[] { "model_name", "date", "git_hash", "total_evaluation_time_seconds" }
        where _results[key] is not null
        select (key.Replace('_', ' '), _results[key]!.ToString());

    private IEnumerable<HarnessSample> Samples => _samples.Values.SelectMany(samples => samples);

    /// <summary>Describes an evaluation.</summary>
    /// <param name="record">The evaluation.</param>
    /// <returns>What its files hold.</returns>
    public static HarnessEvaluation Of(EvaluationRecord record)
    {
        var results = record.Results.ToDictionary(result => result.Id, StringComparer.Ordinal);
        var samples = record.Set.Questions.GroupBy(question => question.Category)
            .Select(category => KeyValuePair.Create(
                HarnessDescription.TaskOf(record.Task, category.Key),
                category.Index().Where(entry => results.ContainsKey(entry.Item.Id)).Select(entry => HarnessSample.Of(record, entry.Item, results[entry.Item.Id], entry.Index)).ToList()))
            .Where(task => task.Value.Count > 0);
        var evaluation = new HarnessEvaluation(HarnessDescription.Of(record), samples);
        evaluation.Rescore();
        return evaluation;
    }

    /// <summary>Reads an evaluation back.</summary>
    /// <param name="path">A results file, whose samples lie beside it; or a folder, in which (and below) the newest is taken.</param>
    /// <returns>The evaluation.</returns>
    /// <exception cref="ExperimentException">There is none, or it was not written by this program.</exception>
    public static HarnessEvaluation Read(string path)
    {
        var file = !Directory.Exists(path) ? path : ResultFiles(path).MaxBy(Path.GetFileName, StringComparer.Ordinal)
            ?? throw new ExperimentException($"'{path}' holds no results_*.json. Make some with 'experiments evaluate --output-path {path}'.");
        var results = ReadResults(file);
        var time = Path.GetFileNameWithoutExtension(file).Replace("results_", string.Empty, StringComparison.Ordinal);
        var samples = Directory.GetFiles(Path.GetDirectoryName(Path.GetFullPath(file))!, $"samples_*_{time}.jsonl").Select(lines => KeyValuePair.Create(
            Path.GetFileNameWithoutExtension(lines)["samples_".Length..^(time.Length + 1)],
            DiskErrors.Explain("Cannot read", lines, () => File.ReadAllLines(lines)).Select((line, index) => HarnessSample.Parse(lines, index + 1, line)).ToList())).ToList();
        return samples.Count > 0
            ? new HarnessEvaluation(results, samples)
            : throw new ExperimentException($"Beside '{file}' there is no samples_*_{time}.jsonl. Keep a run's files together.");
    }

    /// <summary>Reads an evaluation that was repeated with several sampling seeds, each in a folder <c>seed-N</c>; one without repeats is read alone.</summary>
    /// <param name="path">As for <see cref="Read"/>.</param>
    /// <returns>The evaluations in the order of their seeds.</returns>
    /// <exception cref="ExperimentException">There is none, or one was not written by this program.</exception>
    public static IReadOnlyList<HarnessEvaluation> ReadSeeds(string path)
    {
        var folders = Directory.Exists(path) ? Directory.GetDirectories(path, SeedPrefix + "*") : [];
        return folders.Length == 0 ? [Read(path)] : [.. folders.OrderBy(folder => folder.Length).ThenBy(folder => folder, StringComparer.Ordinal).Select(Read)];
    }

    /// <summary>The finished results of an equal evaluation of the same shard.</summary>
    /// <param name="folder">Folder in which (and below) they may lie.</param>
    /// <param name="record">The evaluation; its results do not matter.</param>
    /// <returns>Path of the results file; null if there is none.</returns>
    public static string? FindFinished(string folder, EvaluationRecord record)
    {
        var wanted = (record.Hash, record.Shard);
        return !Directory.Exists(folder) ? null : ResultFiles(folder).FirstOrDefault(file => ReadResults(file) is var results && (HashOf(results), ShardOf(results)) == wanted);
    }

    /// <summary>Puts the shards of an evaluation together.</summary>
    /// <param name="folder">Folder in which (and below) the results of all shards lie.</param>
    /// <returns>The whole evaluation.</returns>
    /// <exception cref="ExperimentException">A shard is missing or there twice, or they are of different evaluations.</exception>
    public static HarnessEvaluation Merge(string folder)
    {
        var shards = ResultFiles(folder).Select(file => (File: file, Evaluation: Read(file))).Where(shard => shard.Evaluation.Shard is not null).ToList();
        var count = shards.Count > 0 ? shards[0].Evaluation.Shard!.Count : throw new ExperimentException($"'{folder}' holds no results of shards. Make them with 'experiments evaluate --shard 1/4 --output-path {folder}' and so on.");
        var found = shards.ToLookup(shard => shard.Evaluation.Shard!.Number);
        if (shards.FirstOrDefault(shard => shard.Evaluation.Identity != shards[0].Evaluation.Identity).File is { } stranger)
        {
            throw new ExperimentException($"'{stranger}' and '{shards[0].File}' are shards of different evaluations. Keep each in a folder of its own.");
        }

        if (Enumerable.Range(1, count).FirstOrDefault(number => found[number].Count() != 1) is > 0 and var wrong)
        {
            throw new ExperimentException($"Shard {wrong} of {count} is {(found[wrong].Any() ? $"there {found[wrong].Count()} times: {string.Join(", ", found[wrong].Select(shard => shard.File))}. Keep one" : $"missing in '{folder}'. Evaluate it with --shard {wrong}/{count}")}.");
        }

        var merged = (JsonObject)shards[0].Evaluation._results.DeepClone();
        merged["config"]!.AsObject().Remove(HarnessDescription.ShardKey);
        foreach (var key in new[] { "configs", "versions", "n-shot", "higher_is_better", "n-samples", "group_subtasks" })
        {
            // A shard knows only the categories that it has items of.
            merged[key] = Union(shards.Select(shard => shard.Evaluation._results[key]!.AsObject()));
        }

        merged["total_evaluation_time_seconds"] = shards.Sum(shard => double.Parse((string)shard.Evaluation._results["total_evaluation_time_seconds"]!, CultureInfo.InvariantCulture)).ToString("R", CultureInfo.InvariantCulture);
        var whole = new HarnessEvaluation(merged, shards.SelectMany(shard => shard.Evaluation._samples).GroupBy(task => task.Key, task => task.Value)
            .Select(task => KeyValuePair.Create(task.Key, task.SelectMany(samples => samples).OrderBy(sample => sample.Place).ToList())));
        whole.Rescore();
        return whole;
    }

    /// <summary>The replies with their questions.</summary>
    /// <returns>One for each item.</returns>
    /// <exception cref="ExperimentException">The evaluation was scored by log-likelihood.</exception>
    public IReadOnlyList<AnsweredQuestion> Replies() => Samples.Any(sample => sample.Result.Rule == ExtractionRule.LogLikelihood)
        ? throw new ExperimentException("The evaluation was scored by log-likelihood: there are no replies to read.")
        : [.. Samples.Select(sample => sample.Reply)];

    /// <summary>Takes answers as a person read them.</summary>
    /// <param name="corrections">0-based option, or null for no answer, by item id.</param>
    /// <returns>How many answers changed.</returns>
    /// <exception cref="ExperimentException">An id is unknown.</exception>
    public int Correct(IReadOnlyDictionary<string, int?> corrections)
    {
        var samples = Samples.ToDictionary(sample => sample.Result.Id, StringComparer.Ordinal);
        var changed = 0;
        foreach (var (id, option) in corrections)
        {
            var sample = samples.TryGetValue(id, out var known) ? known : throw new ExperimentException($"The evaluation holds no item '{id}'. The corrections belong to another one.");
            changed += sample.Result.Predicted == option ? 0 : 1;
            sample.Set(sample.Result with { Predicted = option, Rule = ExtractionRule.Reviewed });
        }

        _results["review"] = new JsonObject { ["of"] = (double)_results["date"]!, ["reviewed"] = corrections.Count, ["changed"] = changed };
        Rescore();
        return changed;
    }

    /// <summary>Writes the files, the results last.</summary>
    /// <param name="folder">Where to; the files go into a folder named after the model.</param>
    /// <param name="date">When the evaluation came to be; tells its files from others.</param>
    /// <returns>Path of the results file.</returns>
    /// <exception cref="ExperimentException">The folder is not writable or the disk is full.</exception>
    public string Write(string folder, DateTimeOffset date)
    {
        var target = FolderOf(folder, (string)_results["model_name"]!);
        var time = date.UtcDateTime.ToString("yyyy-MM-dd'T'HH-mm-ss.ffffff", CultureInfo.InvariantCulture);
        _results["date"] = date.ToUnixTimeMilliseconds() / 1000.0;
        AtomicFile.DeleteUnfinished(target, $"*_{time}.*"); // of a killed process that wrote the same evaluation
        foreach (var (task, samples) in _samples)
        {
            AtomicFile.WriteAllText(Path.Combine(target, $"samples_{task}_{time}.jsonl"), string.Concat(samples.Select(sample => sample.Json.ToJsonString(RunJson.Compact) + "\n")));
        }

        var path = Path.Combine(target, $"results_{time}.json");
        AtomicFile.WriteAllText(path, _results.ToJsonString(RunJson.Indented) + "\n");
        return path;
    }

    /// <summary>The folder that a model's files go to.</summary>
    internal static string FolderOf(string folder, string model) => Path.Combine(folder, HarnessDescription.Sanitized(model));

    private Shard? Shard => ShardOf(_results);

    /// <summary>What the shards of one evaluation have in common.</summary>
    private (string? Hash, int? Count) Identity => (HashOf(_results), Shard?.Count);

    private static Shard? ShardOf(JsonObject results) => (string?)results["config"]![HarnessDescription.ShardKey] is { } text ? Evaluation.Shard.Parse(text) : null;

    private static string? HashOf(JsonObject results) => (string?)results["config"]![HarnessDescription.HashKey];

    private static JsonObject ReadResults(string file) => RunJson.ReadObject(file, "a results file", "Evaluate again.");

    /// <summary>Whether evaluations lie in a folder or below.</summary>
    internal static bool AnyIn(string folder) => ResultFiles(folder).Any();

    private static IEnumerable<string> ResultFiles(string folder) => DiskErrors.Explain("Cannot read", folder, () => Directory.GetFiles(folder, "results_*.json", SearchOption.AllDirectories));

    private static JsonObject Union(IEnumerable<JsonObject> objects)
    {
        var union = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var (key, value) in objects.SelectMany(o => o))
        {
            union[key] = union.GetValueOrDefault(key) is JsonArray before && value is JsonArray more
                ? new JsonArray([.. before.Concat(more).Select(name => (string)name!).Distinct().Order(StringComparer.Ordinal).Select(name => (JsonNode)name)])
                : value?.DeepClone();
        }

        return new JsonObject(union);
    }

    /// <summary>Computes the scores from the samples.</summary>
    private void Rescore()
    {
        var (results, groups) = (new JsonObject(), new JsonObject());
        foreach (var (task, samples) in _samples)
        {
            results[task] = Scores(task, [samples]);
            _results["n-samples"]![task]!["effective"] = samples.Count;
        }

        foreach (var (group, members) in _results["group_subtasks"]!.AsObject())
        {
            results[group] = Scores(group, [.. members!.AsArray().Select(member => _samples[(string)member!])]);
            groups[group] = results[group]!.DeepClone();
        }

        (_results["results"], _results["groups"]) = (results, groups);
    }

    /// <summary>A task's or a group's metrics; a group weighs tasks by their size and pools their standard errors, as the harness does.</summary>
    private static JsonObject Scores(string name, IReadOnlyList<List<HarnessSample>> tasks)
    {
        var scores = new JsonObject { ["alias"] = name };
        var (n, first) = (tasks.Sum(samples => samples.Count), tasks[0][0]);
        foreach (var metric in first.Metrics)
        {
            var shares = tasks.Select(samples => (samples.Count, Share: samples.Count(sample => HarnessSample.IsRight(metric, sample.Result)) / (double)samples.Count)).ToList();
            // The sample variance of a share p of n items is n / (n - 1) p (1 - p).
            var squares = shares.Sum(task => task.Count * task.Share * (1 - task.Share));
            scores[$"{metric},{first.Filter}"] = shares.Sum(task => task.Count * task.Share) / n;
            scores[$"{metric}_stderr,{first.Filter}"] = n > tasks.Count ? Math.Sqrt(squares / (n - tasks.Count) / n) : "N/A";
        }

        return scores;
    }
}
