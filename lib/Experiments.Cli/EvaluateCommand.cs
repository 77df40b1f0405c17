using System.CommandLine;
using System.Diagnostics;
using Experiments.Evaluation;
using Experiments.Evaluation.Harness;
using Experiments.Models;
using Experiments.Reporting;
using Experiments.Runs;
using Experiments.Studies;

namespace Experiments.Cli;

internal static class EvaluateCommand
{
    internal static Command Create()
    {
        var output = new Option<string?>("--output-path", "--output_path") { Description = "Write results and every item's reply, as lm-evaluation-harness does", HelpName = "DIR" };
        var command = new Command("evaluate", """
            Accuracy of a model on the structured dataset, a published benchmark or your own questions, with intervals.

            Examples:
              experiments evaluate
              experiments evaluate --template compact-direct --limit 100
              experiments evaluate --preset released-code --json
              experiments evaluate --intervention random-mask:alpha=0.5,seed=3
              experiments evaluate --gen-kwargs temperature=0.7,top_p=0.95 --repeats 5
              experiments evaluate --model ~/models/llama --task mmlu --data ~/data/mmlu --template harness-mmlu --method LogLikelihood --num-fewshot 5
              experiments evaluate --model ~/models/llama --task piqa --data ~/data/piqa/dev.jsonl --template harness-piqa --method LogLikelihood
              experiments evaluate --model ~/models/llama-chat --task mmlu --data ~/data/mmlu --template paper-cot --apply-chat-template --batch-size auto
              experiments evaluate --model ~/models/llama --task own --data questions.jsonl --template paper-cot --output-path results/own
              experiments evaluate --model ~/models/llama --task birds.yaml --output-path results/birds

            With --output-path each answer is on disk at once, and the same command goes on where a killed one stopped; 'experiments compare'
            takes two such folders.
            Your own questions are JSON lines: {"question": "…", "options": ["…", "…"], "answer": 0, "category": "…"}. A YAML file beside them keeps how they
            are asked: data, template or doc_to_text, num_fewshot, output_type and so on; options given here win.
            """) { output };
        var arguments = new EvaluationArguments(command);
        var model = new ModelArguments(command);
        command.SetAction((parsed, cancellation) =>
        {
            var (seed, path) = (model.Seed(parsed), parsed.GetValue(output));
            var (set, part) = (arguments.Questions(parsed, seed), arguments.Part(parsed));
            if (set.Questions.Count == 0 || part?.Of(set.Questions).Count == 0)
            {
                throw new ExperimentException(part is null ? "There are no questions. Use a larger --limit, or other files." : $"Shard {part} of {set.Questions.Count} questions is empty. Use fewer shards.");
            }

            var repeats = arguments.Options(parsed, seed, model.Device(parsed).type == TorchSharp.DeviceType.CPU);
            var prompt = arguments.Prompt(parsed, model.Folder(parsed), seed);
            using var chat = prompt.Chat;
            using var loaded = model.Load(parsed);
            using var hook = model.Hook(parsed, loaded.Model);
            var record = new EvaluationRecord
            {
                Task = arguments.Task(parsed),
                Set = set,
                Shard = part,
                Results = [],
                Prompt = prompt,
                Options = repeats[0],
                Model = loaded.Name,
                ModelHash = path is null ? "" : loaded.Hash, // reads the whole model, and only files need it
                ModelArguments = model.Describe(parsed),
                Device = loaded.Model.Device.ToString(),
                Limit = arguments.Limit(parsed),
                Seed = seed,
            };
            var answered = new List<IReadOnlyList<ItemResult>>();
            foreach (var repeat in repeats.Select(options => record with { Options = options }))
            {
                var folder = path is null || repeats.Count == 1 ? path : Path.Combine(path, $"{HarnessEvaluation.SeedPrefix}{repeat.Options.Sampling!.Seed}");
                if (repeat.Shard is not null && folder is not null && HarnessEvaluation.FindFinished(folder, repeat) is { } finished)
                {
                    Console.Error.WriteLine($"Shard {repeat.Shard} is evaluated already: {finished}");
                    return Task.FromResult(0);
                }

                answered.Add(Answer(loaded, hook, repeat, folder, cancellation));
            }

            Console.WriteLine(Report(answered, record, model.Json(parsed)));
            return Task.FromResult(0);
        });
        return command;
    }

    /// <summary>Asks the questions of the record; with a folder, keeps each answer at once and writes the files.</summary>
    private static IReadOnlyList<ItemResult> Answer(LoadedModel loaded, IAttentionHook? hook, EvaluationRecord record, string? folder, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var questions = record.Questions;
        using var journal = folder is null ? null : EvaluationJournal.Open(record.JournalPath(folder));
        if (journal?.Known.Count > 0)
        {
            Console.Error.WriteLine($"{journal.Known.Count} of {questions.Count} answers are known from an interrupted evaluation.");
        }

        IReadOnlyList<ItemResult> results;
        using (var progress = new TerminalProgress())
        {
            progress.Report(new StudyProgress("evaluate", journal?.Known.Count ?? 0, questions.Count));
            results = MultipleChoiceEvaluator.Evaluate(loaded.Model, loaded.Tokenizer, questions, record.Prompt, record.Options, hook, done => progress.Report(StudyProgress.Of("evaluate", done, questions.Count)), cancellation, journal);
        }

        if (journal is not null)
        {
            var evaluation = HarnessEvaluation.Of(record with { Results = results, Elapsed = clock.Elapsed });
            Console.Error.WriteLine(evaluation.Write(folder!, journal.Started));
            journal.Delete();
        }

        return results;
    }

    private static string Report(List<IReadOnlyList<ItemResult>> repeats, EvaluationRecord record, bool json)
    {
        var questions = record.Questions;
        var seeds = repeats.Count > 1 ? RepeatedAccuracy.Of(repeats) : null;
        var answers = EvaluationSummary.Of([.. repeats.SelectMany(results => results)]);
        var summary = seeds is null ? answers : answers.WithIntervals(seeds);
        var readers = record.Options.Method == ScoringMethod.Generation
            ? ExtractorAgreement.Of([.. repeats.SelectMany(results => questions.Zip(results, (question, result) => new AnsweredQuestion(question, record.Prompt.Template.Style, result)))])
            : null;
        return json
            ? RunJson.Document(new { summary, readers, seeds }).TrimEnd()
            : string.Join("\n\n", new[] { seeds is null ? Accuracies(summary) : Accuracies(seeds), Counts(summary), readers is null ? null : Agreement(readers) }.OfType<string>());
    }

    private static string Accuracies(EvaluationSummary summary) => Table.From(summary.Rows, c =>
    {
        var columns = c.Text("Questions", r => r.Name).Integer("n", r => r.N).Estimate("Accuracy", r => r.Accuracy, r => r.Low, r => r.High, "0.0%");
        return summary.Overall.AccuracyPerCharacter is null ? columns : columns.Number("Per character", r => r.AccuracyPerCharacter!.Value, "0.0%");
    }).ToPlainText().TrimEnd();

    private static string Accuracies(IReadOnlyList<RepeatedAccuracy> seeds) => Table.From(seeds, c => c
        .Text("Questions", r => r.Name).Integer("n", r => r.N).Estimate("Accuracy", r => r.Mean, r => r.Low, r => r.High, "0.0%")
        .Integer("Seeds", r => r.Accuracies.Count).Number("SD over seeds", r => r.StandardDeviation, "0.0%")).ToPlainText().TrimEnd();

    private static string Counts(EvaluationSummary summary)
    {
        var tokens = summary.Tokens;
        var lines = new List<string>
        {
            FormattableString.Invariant($"macro {100 * summary.Macro:0.0}%, {tokens.Mean:0.0} tokens per answer (median {tokens.Median:0}, nine tenths within {tokens.Low:0} to {tokens.High:0}), {summary.Unparsed} unparsed, {summary.Truncated} truncated, {summary.Fallback} by fallback"),
        };
        if (tokens.ByLength.Count > 1)
        {
            lines.Add("by length: " + string.Join(", ", tokens.ByLength.Select(row => FormattableString.Invariant($"{row.Name} {100 * row.Accuracy:0.0}%"))));
        }

        if (summary.NearTies > 0)
        {
            lines.Add($"{summary.NearTies} replies passed a near-tie: another batch size or machine may turn them.");
        }

        if (summary.ContextCut > 0)
        {
            lines.Add($"{summary.ContextCut} prompts were longer than the model's context and lost their beginning.");
        }

        return string.Join('\n', lines);
    }

    private static string Agreement(IReadOnlyList<ExtractorAgreement> readers) => Table.From(
        readers, c => c.Text("Replies as read by", r => r.Name).Number("Accuracy", r => r.Accuracy, "0.0%").Integer("Unparsed", r => r.Unparsed).Number("Kappa", r => r.Kappa, "0.000")).ToPlainText().TrimEnd();
}
