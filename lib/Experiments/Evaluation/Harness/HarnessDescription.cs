using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Experiments.Data.Benchmarks;
using Experiments.Runs;

namespace Experiments.Evaluation.Harness;

/// <summary>What a results file of lm-evaluation-harness tells of an evaluation beside its scores.</summary>
internal static partial class HarnessDescription
{
    internal const string ShardKey = "shard";
    internal const string HashKey = "evaluation_hash";

    /// <summary>Everything but the scores.</summary>
    internal static JsonObject Of(EvaluationRecord record)
    {
        var tasks = record.Results.DistinctBy(item => item.Category).Select(item => (Name: TaskOf(record.Task, item.Category), Group: TaskOf(record.Task, GroupOf(record.Task, item)), item.Category))
            .OrderBy(task => task.Name, StringComparer.Ordinal).ToList();
        var whole = TaskOf(record.Task, record.Task);
        var groups = tasks.Exists(task => task.Name == whole) ? [] : tasks.GroupBy(task => task.Group, task => task.Name).Append(tasks.GroupBy(_ => whole, task => task.Name).Single());
        JsonObject PerTask(Func<string, JsonNode?> value) => new(tasks.Select(task => KeyValuePair.Create(task.Name, value(task.Category))));
        var config = new JsonObject
        {
            ["model"] = "experiments",
            ["model_args"] = JsonSerializer.SerializeToNode(record.ModelArguments, RunJson.Compact),
            ["batch_size"] = record.Options.BatchSize,
            ["device"] = record.Device,
            ["limit"] = record.Limit,
            ["gen_kwargs"] = record.Options.Sampling is { } sampling
                ? new JsonObject { ["do_sample"] = true, ["temperature"] = sampling.Temperature, ["top_k"] = sampling.TopK, ["top_p"] = sampling.TopP, ["seed"] = sampling.Seed }
                : null,
            ["random_seed"] = record.Seed,
            ["numpy_seed"] = record.Seed,
            ["torch_seed"] = record.Seed,
            ["fewshot_seed"] = record.Seed,
            [HashKey] = record.Hash,
        };
        if (record.Shard is { } shard)
        {
            config[ShardKey] = shard.ToString();
        }

        return new JsonObject
        {
            ["results"] = new JsonObject(),
            ["groups"] = new JsonObject(),
            ["group_subtasks"] = new JsonObject(groups.OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => KeyValuePair.Create(group.Key, (JsonNode?)new JsonArray([.. group.Select(task => (JsonNode)task)])))),
            ["configs"] = PerTask(category => new JsonObject
            {
                ["task"] = TaskOf(record.Task, category),
                ["output_type"] = record.Options.Method == ScoringMethod.Generation ? "generate_until" : "multiple_choice",
                ["description"] = record.Prompt.Template.Preamble,
                ["doc_to_text"] = record.Prompt.Template.Layout,
                ["fewshot_delimiter"] = "\n\n",
                ["num_fewshot"] = record.Prompt.Examples?.Count ?? 0,
                ["metric_list"] = new JsonArray([.. HarnessSample.MetricsOf(record).Select(metric => new JsonObject { ["metric"] = metric })]),
                ["metadata"] = new JsonObject { ["version"] = 1.0, ["prompt"] = record.Prompt.Name, ["prompt_hash"] = record.Prompt.ContentHash },
            }),
            ["versions"] = PerTask(_ => 1.0),
            ["n-shot"] = PerTask(_ => record.Prompt.Examples?.Count ?? 0),
            ["higher_is_better"] = PerTask(_ => new JsonObject(HarnessSample.MetricsOf(record).Select(metric => KeyValuePair.Create(metric, (JsonNode?)true)))),
            ["n-samples"] = PerTask(category => new JsonObject { ["original"] = record.Set.Available[category], ["effective"] = 0 }),
            ["config"] = config,
            ["git_hash"] = GitHistory.CommitOf(Directory.GetCurrentDirectory())?.Id,
            ["date"] = 0.0,
            ["pretty_env_info"] = JsonSerializer.Serialize(RunEnvironment.Capture(new Dictionary<string, string>()), RunJson.Compact),
            ["system_instruction"] = record.Prompt.SystemMessage,
            ["system_instruction_sha"] = HashOrNull(record.Prompt.SystemMessage),
            ["fewshot_as_multiturn"] = false,
            ["chat_template"] = record.Prompt.Chat?.Source,
            ["chat_template_sha"] = HashOrNull(record.Prompt.Chat?.Source),
            ["model_name"] = record.Model,
            ["model_name_sanitized"] = Sanitized(record.Model),
            ["total_evaluation_time_seconds"] = record.Elapsed.TotalSeconds.ToString("R", CultureInfo.InvariantCulture),
        };
    }

    private static string? HashOrNull(string? text) => text is null ? null : ContentHash.OfText(text);

    /// <summary>The harness's name of a category.</summary>
    internal static string TaskOf(string set, string category)
    {
        var (name, part) = (set.Replace('-', '_'), category.Replace('-', '_'));
        return name == part ? name : $"{name}_{part}";
    }

    /// <summary>MMLU's four groups, or STEM and non-STEM.</summary>
    private static string GroupOf(string set, ItemResult item) => set == "mmlu" && MmluSubjects.GroupOf(item.Category) is { } group
        ? JsonNamingPolicy.SnakeCaseLower.ConvertName(group.ToString())
        : item.Stem ? "stem" : "non_stem";

    /// <summary>A model's name as a folder's.</summary>
    internal static string Sanitized(string model) => Unsafe().Replace(model, "__");

    [GeneratedRegex(@"[""<>:/|\\?*\[\]]+")]
    private static partial Regex Unsafe();
}
