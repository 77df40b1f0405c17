using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Experiments.Data;
using Experiments.Data.Benchmarks;
using Experiments.Runs;

namespace Experiments.Evaluation.Harness;

/// <summary>The files of lm-evaluation-harness (version 0.4): <c>results_&lt;time&gt;.json</c> and one <c>samples_&lt;task&gt;_&lt;time&gt;.jsonl</c> a category, so that its viewers read ours.</summary>
/// <remarks>Beside the harness's own keys a sample holds <c>style</c> and <c>result</c>, our <see cref="ItemResult"/>, from which <see cref="ReadSamples"/> restores an evaluation.</remarks>
public static partial class HarnessFiles
{
    private const string OwnKey = "result";
    private const string StyleKey = "style";
    private const string ExactMatch = "exact_match";
    private const string Invalid = "[invalid]"; // as the harness's filters say

    /// <summary>Writes an evaluation, the results last.</summary>
    /// <param name="folder">Where to; the files go into a folder named after the model.</param>
    /// <param name="record">The evaluation.</param>
    /// <returns>Path of the results file.</returns>
    /// <exception cref="ExperimentException">The folder is not writable or the disk is full.</exception>
    public static string Write(string folder, EvaluationRecord record)
    {
        var target = Path.Combine(folder, Unsafe().Replace(record.Model, "__"));
        var time = TimeOf(record.Date);
        var answered = record.Set.Questions.Zip(record.Results).ToList();
        foreach (var category in answered.GroupBy(item => item.First.Category))
        {
            var lines = category.Select((item, index) => Sample(record, item.First, item.Second, index).ToJsonString(RunJson.Compact) + "\n");
            AtomicFile.WriteAllText(Path.Combine(target, $"samples_{TaskOf(record.Task, category.Key)}_{time}.jsonl"), string.Concat(lines));
        }

        var path = Path.Combine(target, $"results_{time}.json");
        AtomicFile.WriteAllText(path, Results(record).ToJsonString(RunJson.Indented) + "\n");
        return path;
    }

    /// <summary>Reads the samples of an evaluation back.</summary>
    /// <param name="path">A results file, whose samples lie beside it; one file of samples; or a folder, in which (and below) the newest results are taken.</param>
    /// <returns>The results of its items.</returns>
    /// <exception cref="ExperimentException">There are none, or they were not written by <see cref="Write"/>.</exception>
    public static IReadOnlyList<ItemResult> ReadSamples(string path) => [.. SampleFiles(path).SelectMany(ReadLines).Select(line => line.Result)];

    /// <summary>Reads the questions of an evaluation with the replies to them.</summary>
    /// <param name="path">As for <see cref="ReadSamples"/>.</param>
    /// <returns>Question, result, and the style in which it was asked.</returns>
    /// <exception cref="ExperimentException">There are none, they were not written by <see cref="Write"/>, or no replies were generated.</exception>
    public static IReadOnlyList<AnsweredQuestion> ReadReplies(string path) => [.. SampleFiles(path).SelectMany(ReadLines).Select(line => line.Result.Rule == ExtractionRule.LogLikelihood
        ? throw new ExperimentException($"'{path}' was scored by log-likelihood: there are no replies to read.")
        : new AnsweredQuestion(line.Json["doc"]!.Deserialize<MultipleChoiceQuestion>(RunJson.Compact)!, line.Json[StyleKey]!.Deserialize<AnswerStyle>(RunJson.Compact), line.Result))];

    /// <summary>Writes an evaluation again, with answers as a person read them; no model runs.</summary>
    /// <param name="path">A results file, or a folder in which (and below) the newest is taken.</param>
    /// <param name="corrections">0-based option, or null for no answer, by item id.</param>
    /// <param name="folder">Where to.</param>
    /// <param name="date">When it was corrected; tells the files apart.</param>
    /// <returns>Path of the new results file, and how many answers changed.</returns>
    /// <exception cref="ExperimentException">An id is unknown, or the files cannot be read or written.</exception>
    public static (string Path, int Changed) Correct(string path, IReadOnlyDictionary<string, int?> corrections, string folder, DateTimeOffset date)
    {
        var source = ResultsFile(path);
        var results = Parse(source, 1, File.ReadAllText(source)).AsObject();
        var files = SampleFiles(source).Select(file => (Task: TaskOfSamples(file, source), Lines: ReadLines(file).ToList())).ToList();
        var known = files.SelectMany(file => file.Lines).Select(line => line.Result.Id).ToHashSet(StringComparer.Ordinal);
        if (corrections.Keys.FirstOrDefault(id => !known.Contains(id)) is { } stranger)
        {
            throw new ExperimentException($"The corrections name item '{stranger}', which '{source}' does not hold. They belong to another evaluation.");
        }

        var (target, time, changed) = (Path.Combine(folder, (string)results["model_name_sanitized"]!), TimeOf(date), 0);
        foreach (var line in files.SelectMany(file => file.Lines))
        {
            if (corrections.TryGetValue(line.Result.Id, out var option))
            {
                changed += line.Result.Predicted == option ? 0 : 1;
                line.Result = line.Result with { Predicted = option, Rule = ExtractionRule.Reviewed };
                line.Json[OwnKey] = JsonSerializer.SerializeToNode(line.Result, RunJson.Compact);
                line.Json["filtered_resps"] = new JsonArray(option is { } chosen ? MultipleChoiceQuestion.LetterOf(chosen) : Invalid);
                line.Json[ExactMatch] = line.Result.Correct ? 1.0 : 0.0;
            }
        }

        var filter = (string)files[0].Lines[0].Json["filter"]!;
        var tasks = files.ToDictionary(file => file.Task, file => file.Lines.ConvertAll(line => line.Result));
        JsonObject Again(string name, IEnumerable<string> members) => Scores(name, [(ExactMatch, item => item.Correct)], filter, [.. members.Select(member => tasks[member])]);
        foreach (var task in tasks.Keys)
        {
            results["results"]![task] = Again(task, [task]);
        }

        foreach (var (group, members) in results["group_subtasks"]!.AsObject())
        {
            var scores = Again(group, members!.AsArray().Select(member => (string)member!));
            results["results"]![group] = scores;
            results["groups"]![group] = scores.DeepClone();
        }

        results["date"] = date.ToUnixTimeMilliseconds() / 1000.0;
        results["review"] = new JsonObject { ["of"] = Path.GetFileName(source), ["reviewed"] = corrections.Count, ["changed"] = changed };
        foreach (var (task, lines) in files)
        {
            AtomicFile.WriteAllText(Path.Combine(target, $"samples_{task}_{time}.jsonl"), string.Concat(lines.Select(line => line.Json.ToJsonString(RunJson.Compact) + "\n")));
        }

        var written = Path.Combine(target, $"results_{time}.json");
        AtomicFile.WriteAllText(written, results.ToJsonString(RunJson.Indented) + "\n");
        return (written, changed);
    }

    private static string TimeOf(DateTimeOffset date) => date.UtcDateTime.ToString("yyyy-MM-dd'T'HH-mm-ss.ffffff", CultureInfo.InvariantCulture);

    private static string TimeOf(string resultsFile) => Path.GetFileNameWithoutExtension(resultsFile).Replace("results_", string.Empty, StringComparison.Ordinal);

    private static string TaskOfSamples(string file, string resultsFile) => Path.GetFileNameWithoutExtension(file)["samples_".Length..^(TimeOf(resultsFile).Length + 1)];

    private static string ResultsFile(string path) => !Directory.Exists(path)
        ? path
        : Directory.EnumerateFiles(path, "results_*.json", SearchOption.AllDirectories).MaxBy(Path.GetFileName, StringComparer.Ordinal)
            ?? throw new ExperimentException($"'{path}' holds no results_*.json. Make some with 'experiments evaluate --output-path {path}'.");

    private static IReadOnlyList<string> SampleFiles(string path)
    {
        if (Path.GetExtension(path) == ".jsonl")
        {
            return [path];
        }

        var results = ResultsFile(path);
        var files = DiskErrors.Explain("Cannot read", results, () => Directory.GetFiles(Path.GetDirectoryName(Path.GetFullPath(results))!, $"samples_*_{TimeOf(results)}.jsonl"));
        return files.Length > 0
            ? [.. files.Order(StringComparer.Ordinal)]
            : throw new ExperimentException($"Beside '{results}' there is no samples_*_{TimeOf(results)}.jsonl. Keep a run's files together.");
    }

    private static IEnumerable<Line> ReadLines(string path) => DiskErrors.Explain("Cannot read", path, () => File.ReadAllLines(path)).Select((text, index) =>
    {
        var json = Parse(path, index + 1, text);
        return json is JsonObject sample && sample[OwnKey] is { } result
            ? new Line(sample) { Result = result.Deserialize<ItemResult>(RunJson.Compact)! }
            : throw new ExperimentException($"'{path}', line {index + 1}: no '{OwnKey}', so it was not written by 'experiments evaluate'. Evaluate with this program to compare.");
    });

    private static JsonNode Parse(string path, int line, string text)
    {
        try
        {
            return JsonNode.Parse(text) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new ExperimentException($"'{path}', line {line}: not JSON ({e.Message.Split('.')[0]}). Evaluate again.", e);
        }
    }

    private static JsonObject Sample(EvaluationRecord record, MultipleChoiceQuestion question, ItemResult result, int index)
    {
        var prompt = record.Template.Render(question, record.Examples?.For(question));
        var generated = record.Options.Method == ScoringMethod.Generation;
        var arguments = generated
            ? new JsonObject { ["gen_args_0"] = new JsonObject { ["arg_0"] = prompt, ["arg_1"] = new JsonObject { ["until"] = new JsonArray(), ["do_sample"] = false, ["max_gen_toks"] = record.Options.MaxNewTokens } } }
            : new JsonObject(question.Options.Select((_, i) => KeyValuePair.Create($"gen_args_{i}", (JsonNode?)new JsonObject { ["arg_0"] = prompt, ["arg_1"] = record.Template.Continuation(question, i) })));
        // The harness writes numbers of responses as texts, and whether the option would have been the greedy continuation, which is not computed here.
        var replies = generated ? [result.Reply] : result.LogLikelihoods!.Select(score => (JsonNode)new JsonArray(score.ToString("R", CultureInfo.InvariantCulture), "N/A")).ToArray();
        var chosen = generated ? [result.Predicted is { } option ? MultipleChoiceQuestion.LetterOf(option) : Invalid] : replies.Select(reply => reply.DeepClone()).ToArray();
        var doc = JsonSerializer.SerializeToNode(question, RunJson.Compact)!;
        var target = generated ? question.Letter : question.Answer.ToString(CultureInfo.InvariantCulture);
        var sample = new JsonObject
        {
            ["doc_id"] = index,
            ["doc"] = doc,
            ["target"] = target,
            ["arguments"] = arguments,
            ["resps"] = new JsonArray([.. replies.Select(reply => new JsonArray(reply))]),
            ["filtered_resps"] = new JsonArray(chosen),
            ["filter"] = Filter(record),
            ["metrics"] = new JsonArray([.. Metrics(record).Select(metric => (JsonNode)metric.Name)]),
            ["doc_hash"] = ContentHash.OfText(doc.ToJsonString(RunJson.Compact)),
            ["prompt_hash"] = ContentHash.OfText(prompt),
            ["target_hash"] = ContentHash.OfText(target),
            [StyleKey] = JsonSerializer.SerializeToNode(record.Template.Style, RunJson.Compact),
            [OwnKey] = JsonSerializer.SerializeToNode(result, RunJson.Compact),
        };
        foreach (var metric in Metrics(record))
        {
            sample[metric.Name] = metric.IsRight(result) ? 1.0 : 0.0;
        }

        return sample;
    }

    private static JsonObject Results(EvaluationRecord record)
    {
        var categories = record.Results.GroupBy(item => item.Category).ToDictionary(group => TaskOf(record.Task, group.Key), group => group.ToList());
        var available = record.Set.Available.ToDictionary(category => TaskOf(record.Task, category.Key), category => category.Value);
        var groups = Groups(record).Where(group => !categories.ContainsKey(group.Key)).ToDictionary();
        var results = new JsonObject();
        foreach (var (task, items) in categories)
        {
            results[task] = Scores(task, Metrics(record), Filter(record), [items]);
        }

        var grouped = new JsonObject();
        foreach (var (group, members) in groups)
        {
            var scores = Scores(group, Metrics(record), Filter(record), [.. members.Select(task => categories[task])]);
            results[group] = scores;
            grouped[group] = scores.DeepClone();
        }

        JsonObject PerTask(Func<string, JsonNode?> value) => new(categories.Keys.Select(task => KeyValuePair.Create(task, value(task))));
        return new JsonObject
        {
            ["results"] = results,
            ["groups"] = grouped,
            ["group_subtasks"] = new JsonObject(groups.Select(group => KeyValuePair.Create(group.Key, (JsonNode?)new JsonArray([.. group.Value.Select(task => (JsonNode)task)])))),
            ["configs"] = PerTask(task => new JsonObject
            {
                ["task"] = task,
                ["output_type"] = record.Options.Method == ScoringMethod.Generation ? "generate_until" : "multiple_choice",
                ["description"] = record.Template.Preamble,
                ["doc_to_text"] = record.Template.Layout,
                ["fewshot_delimiter"] = "\n\n",
                ["num_fewshot"] = record.Examples?.Count ?? 0,
                ["metric_list"] = new JsonArray([.. Metrics(record).Select(metric => new JsonObject { ["metric"] = metric.Name })]),
                ["metadata"] = new JsonObject { ["version"] = 1.0, ["template"] = record.Template.Name, ["template_hash"] = record.Template.ContentHash },
            }),
            ["versions"] = PerTask(_ => 1.0),
            ["n-shot"] = PerTask(_ => record.Examples?.Count ?? 0),
            ["higher_is_better"] = PerTask(_ => new JsonObject(Metrics(record).Select(metric => KeyValuePair.Create(metric.Name, (JsonNode?)true)))),
            ["n-samples"] = PerTask(task => new JsonObject { ["original"] = available[task], ["effective"] = categories[task].Count }),
            ["config"] = new JsonObject
            {
                ["model"] = "experiments",
                ["model_args"] = JsonSerializer.SerializeToNode(record.ModelArguments, RunJson.Compact),
                ["batch_size"] = record.Options.BatchSize,
                ["device"] = record.Device,
                ["limit"] = record.Limit,
                ["gen_kwargs"] = null,
                ["random_seed"] = record.Seed,
                ["numpy_seed"] = record.Seed,
                ["torch_seed"] = record.Seed,
                ["fewshot_seed"] = record.Seed,
            },
            ["git_hash"] = GitHistory.CommitOf(Directory.GetCurrentDirectory())?.Id,
            ["date"] = record.Date.ToUnixTimeMilliseconds() / 1000.0,
            ["pretty_env_info"] = JsonSerializer.Serialize(RunEnvironment.Capture(new Dictionary<string, string>()), RunJson.Compact),
            ["model_name"] = record.Model,
            ["model_name_sanitized"] = Unsafe().Replace(record.Model, "__"),
            ["total_evaluation_time_seconds"] = record.Elapsed.TotalSeconds.ToString("R", CultureInfo.InvariantCulture),
        };
    }

    /// <summary>A task's or a group's metrics; a group weighs tasks by their size and pools their standard errors, as the harness does.</summary>
    private static JsonObject Scores(string name, IEnumerable<(string Name, Func<ItemResult, bool> IsRight)> metrics, string filter, IReadOnlyList<IReadOnlyList<ItemResult>> tasks)
    {
        var scores = new JsonObject { ["alias"] = name };
        var n = tasks.Sum(items => items.Count);
        foreach (var metric in metrics)
        {
            var shares = tasks.Select(items => (items.Count, Share: items.Count(metric.IsRight) / (double)items.Count)).ToList();
            // The sample variance of a share p of n items is n / (n - 1) p (1 - p).
            var squares = shares.Sum(task => task.Count * task.Share * (1 - task.Share));
            scores[$"{metric.Name},{filter}"] = shares.Sum(task => task.Count * task.Share) / n;
            scores[$"{metric.Name}_stderr,{filter}"] = n > tasks.Count ? Math.Sqrt(squares / (n - tasks.Count) / n) : "N/A";
        }

        return scores;
    }

    private static IEnumerable<(string Name, Func<ItemResult, bool> IsRight)> Metrics(EvaluationRecord record)
    {
        yield return (record.Options.Method == ScoringMethod.Generation ? ExactMatch : "acc", item => item.Correct);
        if (record.Results.All(item => item.PredictedPerCharacter is not null))
        {
            yield return ("acc_norm", item => item.PredictedPerCharacter == item.Target);
        }
    }

    private static string Filter(EvaluationRecord record) => record.Options.Method == ScoringMethod.Generation ? record.Options.Extractor : "none";

    private static string TaskOf(string set, string category)
    {
        var (name, part) = (set.Replace('-', '_'), category.Replace('-', '_'));
        return name == part ? name : $"{name}_{part}";
    }

    /// <summary>Groups of tasks: MMLU's four, or STEM and non-STEM, then the whole set.</summary>
    private static Dictionary<string, List<string>> Groups(EvaluationRecord record)
    {
        var tasks = record.Results.DistinctBy(item => item.Category).Select(item => (Task: TaskOf(record.Task, item.Category), Group: GroupOf(record.Task, item))).ToList();
        var groups = tasks.GroupBy(task => task.Group, task => task.Task).ToDictionary(group => TaskOf(record.Task, group.Key), group => group.ToList());
        groups[TaskOf(record.Task, record.Task)] = tasks.ConvertAll(task => task.Task);
        return groups;
    }

    private static string GroupOf(string set, ItemResult item) => set == "mmlu" && MmluSubjects.GroupOf(item.Category) is { } group
        ? JsonNamingPolicy.SnakeCaseLower.ConvertName(group.ToString())
        : item.Stem ? "stem" : "non_stem";

    /// <summary>A line of samples.</summary>
    private sealed class Line(JsonObject json)
    {
        internal JsonObject Json => json;

        internal required ItemResult Result { get; set; }
    }

    [GeneratedRegex(@"[""<>:/|\\?*\[\]]+")]
    private static partial Regex Unsafe();
}
