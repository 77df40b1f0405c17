using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Experiments.Data;
using Experiments.Runs;

namespace Experiments.Evaluation.Harness;

/// <summary>One line of lm-evaluation-harness's samples. Beside the harness's own keys it holds <c>style</c> and <c>result</c>, from which our types are restored.</summary>
internal sealed class HarnessSample
{
    internal const string ExactMatch = "exact_match";
    private const string Accuracy = "acc";
    private const string AccuracyPerCharacter = "acc_norm";
    private const string Invalid = "[invalid]"; // as the harness's filters say
    private const string OwnKey = "result";
    private const string StyleKey = "style";

    private HarnessSample(JsonObject json, ItemResult result) => (Json, Result) = (json, result);

    internal JsonObject Json { get; }

    internal ItemResult Result { get; private set; }

    /// <summary>0-based place in its category, counting items that other shards hold.</summary>
    internal int Place => (int)Json["doc_id"]!;

    internal string Filter => (string)Json["filter"]!;

    internal IEnumerable<string> Metrics => Json["metrics"]!.AsArray().Select(name => (string)name!);

    internal AnsweredQuestion Reply => new(Json["doc"]!.Deserialize<MultipleChoiceQuestion>(RunJson.Compact)!, Json[StyleKey]!.Deserialize<AnswerStyle>(RunJson.Compact), Result);

    /// <summary>What a metric makes of a result.</summary>
    internal static bool IsRight(string metric, ItemResult result) => metric == AccuracyPerCharacter ? result.PredictedPerCharacter == result.Target : result.Correct;

    internal static IReadOnlyList<string> MetricsOf(EvaluationRecord record) =>
        record.Options.Method == ScoringMethod.Generation ? [ExactMatch] : record.Prompt.Template.Options == OptionForm.Text ? [Accuracy, AccuracyPerCharacter] : [Accuracy];

    internal static HarnessSample Of(EvaluationRecord record, MultipleChoiceQuestion question, ItemResult result, int place)
    {
        var prompt = record.Prompt.Render(question);
        var generated = record.Options.Method == ScoringMethod.Generation;
        var arguments = generated
            ? new JsonObject { ["gen_args_0"] = new JsonObject { ["arg_0"] = prompt, ["arg_1"] = new JsonObject { ["until"] = new JsonArray(), ["do_sample"] = record.Options.Sampling is not null, ["max_gen_toks"] = record.Options.MaxNewTokens } } }
            : new JsonObject(question.Options.Select((_, i) => KeyValuePair.Create($"gen_args_{i}", (JsonNode?)new JsonObject { ["arg_0"] = prompt, ["arg_1"] = record.Prompt.Continuation(question, i) })));
        // The harness writes numbers of responses as texts, and whether the option would have been the greedy continuation, which is not computed here.
        var replies = generated ? [result.Reply] : result.LogLikelihoods!.Select(score => (JsonNode)new JsonArray(score.ToString("R", CultureInfo.InvariantCulture), "N/A")).ToArray();
        var doc = JsonSerializer.SerializeToNode(question, RunJson.Compact)!;
        var target = generated ? question.Letter : question.Answer.ToString(CultureInfo.InvariantCulture);
        var sample = new HarnessSample(
            new JsonObject
            {
                ["doc_id"] = place,
                ["doc"] = doc,
                ["target"] = target,
                ["arguments"] = arguments,
                ["resps"] = new JsonArray([.. replies.Select(reply => new JsonArray(reply.DeepClone()))]),
                ["filtered_resps"] = new JsonArray(replies),
                ["filter"] = generated ? record.Options.Extractor : "none",
                ["metrics"] = new JsonArray([.. MetricsOf(record).Select(metric => (JsonNode)metric)]),
                ["doc_hash"] = ContentHash.OfText(doc.ToJsonString(RunJson.Compact)),
                ["prompt_hash"] = ContentHash.OfText(prompt),
                ["target_hash"] = ContentHash.OfText(target),
                [StyleKey] = JsonSerializer.SerializeToNode(record.Prompt.Template.Style, RunJson.Compact),
            },
            result);
        sample.Set(result);
        return sample;
    }

    /// <exception cref="ExperimentException">The line is no JSON, or was not written by this program.</exception>
    internal static HarnessSample Parse(string path, int line, string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject json && json[OwnKey] is { } result
                ? new HarnessSample(json, result.Deserialize<ItemResult>(RunJson.Compact)!)
                : throw new ExperimentException($"'{path}', line {line}: no '{OwnKey}', so it was not written by 'experiments evaluate'. Evaluate with this program.");
        }
        catch (JsonException e)
        {
            throw new ExperimentException($"'{path}', line {line}: not a sample ({e.Message.Split('.')[0]}). Evaluate again.", e);
        }
    }

    /// <summary>Replaces the result, and all that follows from it.</summary>
    internal void Set(ItemResult result)
    {
        Result = result;
        Json[OwnKey] = JsonSerializer.SerializeToNode(result, RunJson.Compact);
        if (result.LogLikelihoods is null)
        {
            Json["filtered_resps"] = new JsonArray(result.Predicted is { } option ? MultipleChoiceQuestion.LetterOf(option) : Invalid);
        }

        foreach (var metric in Metrics.ToList())
        {
            Json[metric] = IsRight(metric, result) ? 1.0 : 0.0;
        }
    }
}
