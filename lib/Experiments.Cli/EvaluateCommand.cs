using System.CommandLine;
using System.Diagnostics;
using Experiments.Data.Benchmarks;
using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Evaluation.Harness;
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
        var task = new Option<string>("--task") { Description = string.Join(", ", QuestionSets.Names), DefaultValueFactory = _ => QuestionSets.ClosedWorld };
        var data = new Option<string?>("--data") { Description = "Files of the task: MMLU's folder, or JSON lines with the labels file beside them", HelpName = "PATH" };
        var limit = new Option<int?>("--limit") { Description = $"Questions per category; all, or {ClosedWorldDataset.ReportedPerCategory} of the closed world, by default" };
        var batch = new Option<int>("--batch-size") { Description = "Prompts computed together", DefaultValueFactory = _ => defaults.BatchSize };
        var length = new Option<int>("--max-new-tokens") { Description = "Longest reply", DefaultValueFactory = _ => defaults.MaxNewTokens };
        var method = new Option<ScoringMethod>("--method") { Description = "Generation, or LogLikelihood of the options' letters or texts, as the template says" };
        var shots = new Option<int>("--num-fewshot", "--num_fewshot") { Description = "Solved examples before each question" };
        var shotData = new Option<string?>("--fewshot-data") { Description = "Files of the examples; by default MMLU's dev split, and the closed world's training split", HelpName = "PATH" };
        var output = new Option<string?>("--output-path", "--output_path") { Description = "Write results and every item's reply, as lm-evaluation-harness does", HelpName = "DIR" };
        var shard = new Option<string?>("--shard") { Description = "Only the I-th of N equal parts of the questions: 2/8; 'experiments merge' puts the parts together", HelpName = "I/N" };
        var command = new Command("evaluate", """
            Accuracy of a model on the structured dataset, a published benchmark or your own questions, with intervals.

            Examples:
              experiments evaluate
              experiments evaluate --template compact-direct --limit 100
              experiments evaluate --preset released-code --json
              experiments evaluate --model ~/models/llama --task mmlu --data ~/data/mmlu --template harness-mmlu --method LogLikelihood --num-fewshot 5
              experiments evaluate --model ~/models/llama --task piqa --data ~/data/piqa/dev.jsonl --template harness-piqa --method LogLikelihood
              experiments evaluate --model ~/models/llama --task own --data questions.jsonl --template paper-cot --output-path results/own

            With --output-path each answer is on disk at once, and the same command goes on where a killed one stopped; 'experiments compare'
            takes two such folders.
            Your own questions are JSON lines: {"question": "…", "options": ["…", "…"], "answer": 0, "category": "…"}.
            """) { task, data, template, split, limit, shots, shotData, batch, length, method, shard, output };
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
            var set = QuestionSets.Load(parsed.GetValue(task)!, parsed.GetValue(data), from, parsed.GetValue(limit), model.Seed(parsed));
            var examples = parsed.GetValue(shots) is not 0 and var count
                ? new FewShot(QuestionSets.LoadExamples(parsed.GetValue(task)!, parsed.GetValue(data), parsed.GetValue(shotData), count, model.Seed(parsed)), count)
                : null;
            var part = parsed.GetValue(shard) is { } text ? Shard.Parse(text) : null;
            var questions = part?.Of(set.Questions) ?? set.Questions;
            if (questions.Count == 0)
            {
                throw new ExperimentException($"Shard {part} of {set.Questions.Count} questions is empty. Use fewer shards.");
            }

            using var loaded = model.Load(parsed);
            using var hook = model.Hook(parsed);
            IReadOnlyList<ItemResult> results;
            var clock = Stopwatch.StartNew();
            var folder = parsed.GetValue(output);
            // Only files need it: hashing reads the whole model.
            var record = folder is null ? null : new EvaluationRecord
            {
                Task = parsed.GetValue(task)!,
                Set = set,
                Shard = part,
                Results = [],
                Template = prompt,
                Options = options,
                Examples = examples,
                Model = loaded.Name,
                ModelHash = loaded.Hash,
                ModelArguments = model.Describe(parsed),
                Device = loaded.Model.Device.ToString(),
                Limit = parsed.GetValue(limit),
                Seed = model.Seed(parsed),
            };
            if (part is not null && record is not null && HarnessEvaluation.FindFinished(folder!, record) is { } finished)
            {
                Console.Error.WriteLine($"Shard {part} is evaluated already: {finished}");
                return Task.FromResult(0);
            }

            using var journal = record is null ? null : EvaluationJournal.Open(record.JournalPath(folder!));
            if (journal?.Known.Count > 0)
            {
                Console.Error.WriteLine($"{journal.Known.Count} of {questions.Count} answers are known from an interrupted evaluation.");
            }

            using (var progress = new TerminalProgress())
            {
                progress.Report(new StudyProgress("evaluate", journal?.Known.Count ?? 0, questions.Count));
                results = MultipleChoiceEvaluator.Evaluate(loaded.Model, loaded.Tokenizer, questions, prompt, options, hook, done => progress.Report(StudyProgress.Of("evaluate", done, questions.Count)), cancellation, examples, journal);
            }

            if (journal is not null)
            {
                var evaluation = HarnessEvaluation.Of(record! with { Results = results, Elapsed = clock.Elapsed });
                Console.Error.WriteLine(evaluation.Write(folder!, journal.Started));
                journal.Delete();
            }

            var summary = EvaluationSummary.Of(results);
            var readers = options.Method == ScoringMethod.Generation ? ExtractorAgreement.Of([.. questions.Zip(results, (question, result) => new AnsweredQuestion(question, prompt.Style, result))]) : null;
            Console.WriteLine(model.Json(parsed) ? RunJson.Document(new { summary, readers }).TrimEnd() : Text(summary) + (readers is null ? "" : "\n\n" + Text(readers)));
            return Task.FromResult(0);
        });
        return command;
    }

    private static string Text(IReadOnlyList<ExtractorAgreement> readers) => Table.From(
        readers, c => c.Text("Replies as read by", r => r.Name).Number("Accuracy", r => r.Accuracy, "0.0%").Integer("Unparsed", r => r.Unparsed).Number("Kappa", r => r.Kappa, "0.000")).ToPlainText().TrimEnd();

    private static string Text(EvaluationSummary summary)
    {
        var table = Table.From(summary.Rows, c =>
        {
            var columns = c.Text("Questions", r => r.Name).Integer("n", r => r.N).Number("Accuracy", r => r.Accuracy, "0.0%").Number("Low", r => r.Low, "0.0%").Number("High", r => r.High, "0.0%");
            return summary.Overall.AccuracyPerCharacter is null ? columns : columns.Number("Per character", r => r.AccuracyPerCharacter!.Value, "0.0%");
        });
        var cut = summary.ContextCut > 0 ? $"\n{summary.ContextCut} prompts were longer than the model's context and lost their beginning." : "";
        return FormattableString.Invariant($"{table.ToPlainText()}\n\nmacro {100 * summary.Macro:0.0}%, {summary.MeanTokens:0.0} tokens per answer (median {summary.MedianTokens:0}), {summary.Unparsed} unparsed, {summary.Truncated} truncated, {summary.Fallback} by fallback{cut}");
    }
}
