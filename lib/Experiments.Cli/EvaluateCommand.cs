using System.CommandLine;
using Experiments.Data.Benchmarks;
using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Reporting;
using Experiments.Runs;
using Experiments.Studies;

namespace Experiments.Cli;

internal static class EvaluateCommand
{
    internal static Command Create()
    {
        var defaults = new EvaluationOptions();
        var templates = string.Join(", ", PromptTemplates.All.Select(template => template.Name));
        var template = new Option<string>("--template") { Description = $"Prompt: {templates}", DefaultValueFactory = _ => PromptTemplates.CompactCot.Name };
        var split = new Option<string>("--split") { Description = "test or validation", DefaultValueFactory = _ => "test" };
        var task = new Option<string>("--task") { Description = string.Join(", ", QuestionSets.Names), DefaultValueFactory = _ => QuestionSets.Names[0] };
        var data = new Option<string?>("--data") { Description = "Files of the task: MMLU's folder, or JSON lines with the labels file beside them", HelpName = "PATH" };
        var limit = new Option<int?>("--limit") { Description = $"Questions per category; all, or {ClosedWorldDataset.ReportedPerCategory} of the closed world, by default" };
        var batch = new Option<int>("--batch-size") { Description = "Prompts computed together", DefaultValueFactory = _ => defaults.BatchSize };
        var length = new Option<int>("--max-new-tokens") { Description = "Longest reply", DefaultValueFactory = _ => defaults.MaxNewTokens };
        var method = new Option<ScoringMethod>("--method") { Description = "Generation, or LogLikelihood of the option letters" };
        var samples = new Option<string?>("--samples") { Description = "Write every item's result as JSON lines", HelpName = "F" };
        var command = new Command("evaluate", """
            Accuracy of a model on the structured dataset, a published benchmark or your own questions, with intervals.

            Examples:
              experiments evaluate
              experiments evaluate --template compact-direct --limit 100
              experiments evaluate --preset released-code --json
              experiments evaluate --model ~/models/llama --task mmlu --data ~/data/mmlu --template harness-mmlu --method LogLikelihood
              experiments evaluate --model ~/models/llama --task own --data questions.jsonl --template paper-cot

            Your own questions are JSON lines: {"question": "…", "options": ["…", "…"], "answer": 0, "category": "…"}.
            """) { task, data, template, split, limit, batch, length, method, samples };
        var model = new ModelArguments(command);
        command.SetAction((parsed, cancellation) =>
        {
            var from = parsed.GetValue(split) switch
            {
                "test" => DatasetSplit.Test,
                "validation" => DatasetSplit.Validation,
                var other => throw new UsageException($"--split is '{other}'; use test or validation."),
            };
            var prompt = PromptTemplates.Find(parsed.GetValue(template)!);
            var options = defaults with { Method = parsed.GetValue(method), BatchSize = parsed.GetValue(batch), MaxNewTokens = parsed.GetValue(length) };
            var questions = QuestionSets.Load(parsed.GetValue(task)!, parsed.GetValue(data), from, parsed.GetValue(limit), model.Seed(parsed));
            using var loaded = model.Load(parsed);
            using var hook = model.Hook(parsed);
            IReadOnlyList<ItemResult> results;
            using (var progress = new TerminalProgress())
            {
                progress.Report(new StudyProgress("evaluate", 0, questions.Count));
                results = MultipleChoiceEvaluator.Evaluate(loaded.Model, loaded.Tokenizer, questions, prompt, options, hook, done => progress.Report(StudyProgress.Of("evaluate", done, questions.Count)), cancellation);
            }

            if (parsed.GetValue(samples) is { } file)
            {
                AtomicFile.WriteAllText(file, string.Concat(results.Select(result => System.Text.Json.JsonSerializer.Serialize(result, RunJson.Compact) + "\n")));
            }

            var summary = EvaluationSummary.Of(results);
            Console.WriteLine(model.Json(parsed) ? RunJson.Document(summary).TrimEnd() : Text(summary));
            return Task.FromResult(0);
        });
        return command;
    }

    private static string Text(EvaluationSummary summary)
    {
        var table = Table.From(summary.Rows, c => c.Text("Questions", r => r.Name).Integer("n", r => r.N).Number("Accuracy", r => r.Accuracy, "0.0%").Number("Low", r => r.Low, "0.0%").Number("High", r => r.High, "0.0%"));
        return FormattableString.Invariant($"{table.ToPlainText()}\n\nmacro {100 * summary.Macro:0.0}%, {summary.MeanTokens:0.0} tokens per answer (median {summary.MedianTokens:0}), {summary.Unparsed} unparsed, {summary.Truncated} truncated, {summary.Fallback} by fallback");
    }
}
