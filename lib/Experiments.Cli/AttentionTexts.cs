using System.CommandLine;
using Experiments.Data.Instructions;
using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Reporting;
using Experiments.Runs;
using Experiments.Studies;

namespace Experiments.Cli;

/// <summary><c>experiments attention --texts FILE</c>: statistics, and means of activations, over many texts.</summary>
internal sealed class AttentionTexts
{
    private readonly Option<string?> _file = new("--texts") { Description = "Look at many texts: a file with one a line, or .jsonl or .parquet with text, prompt and completion, or messages. Gives statistics over them, and with --save-tensors their means", HelpName = "FILE" };
    private readonly ModelArguments _model;
    private readonly CaptureArguments _captured;

    /// <param name="command">Gets the option.</param>
    /// <param name="model">Which model.</param>
    /// <param name="captured">What to average.</param>
    /// <param name="ofOneText">Options that make no sense for many texts.</param>
    internal AttentionTexts(Command command, ModelArguments model, CaptureArguments captured, IEnumerable<Option> ofOneText)
    {
        (_model, _captured) = (model, captured);
        command.Options.Add(_file);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_file) is not null && ofOneText.Where(option => result.GetResult(option) is { Implicit: false }).Select(option => option.Name).ToList() is { Count: > 0 } given)
            {
                result.AddError($"--texts looks at the many texts of a file, {string.Join(", ", given)} at one. Leave out one or the other.");
            }
            else if (result.GetValue(_file) is not null)
            {
                captured.RequireFile(result, "With --texts, ");
            }
        });
    }

    /// <summary>Whether many texts are to be looked at.</summary>
    internal bool AreGiven(ParseResult parsed) => parsed.GetValue(_file) is not null;

    /// <summary>Measures, writes a run and the means that were asked for, and prints.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="output">Folder for results; null for the repository's.</param>
    /// <param name="allowsLongContext">Whether texts may be longer than the context.</param>
    /// <param name="cancellation">Stops between two texts; nothing is written then.</param>
    internal void Run(ParseResult parsed, string? output, bool allowsLongContext, CancellationToken cancellation)
    {
        var lines = TextFile.Read(parsed.GetValue(_file)!);
        using var loaded = _model.Load(parsed);
        var texts = Ids(lines, loaded, allowsLongContext);
        using var hook = _model.Hook(parsed, loaded.Model);
        var options = new AttentionStudyOptions { Seed = _model.Seed(parsed), Laboratory = new LaboratoryOptions() };
        var (means, statistics) = Measure(parsed, loaded, texts, hook, options, cancellation);
        means?.Save(_captured.File(parsed)!);
        var exhibits = Exhibits(statistics);
        var run = Write(parsed, output, loaded, options, statistics, exhibits);
        Console.WriteLine(_model.Json(parsed)
            ? RunJson.Document(new { Statistics = statistics, run.Folder }).TrimEnd()
            : $"{string.Join("\n", exhibits.Tables.Select(table => table.Table.ToPlainText()))}\n\n{statistics.Sequences:N0} texts, {statistics.Tokens:N0} tokens. Figures and tables: {run.Folder}");
    }

    private static List<int[]> Ids(IReadOnlyList<TextLine> lines, LoadedModel loaded, bool allowsLongContext)
    {
        var (texts, limit) = (new List<int[]>(), loaded.Model.Config.ContextLength);
        using var chat = lines.Any(line => line.Messages is not null) ? ChatTemplate.Load(loaded.Folder) : null;
        foreach (var line in lines)
        {
            try
            {
                var ids = line.Messages is { } turns
                    ? loaded.Tokenizer.Encode(chat!.Render([.. turns.Select(turn => new ChatMessage(turn.Role, turn.Content))], addGenerationPrompt: false), addBos: false, controlTokens: true)
                    : loaded.Tokenizer.Encode(line.Text);
                TextGenerator.CheckPrompt(loaded.Model.Config, ids);
                texts.Add(ids.Length <= limit || allowsLongContext ? ids : throw new ExperimentException($"The text has {ids.Length} tokens; the model's context is {limit}. Shorten it, or pass --allow-long-context."));
            }
            catch (ExperimentException e)
            {
                throw line.Wrong(e.Message, e);
            }
        }

        return texts;
    }

    /// <summary>Means first: what of them cannot be had is said before the statistics take their time.</summary>
    private (ActivationMeans? Means, AttentionStatistics Statistics) Measure(ParseResult parsed, LoadedModel loaded, List<int[]> texts, IAttentionHook? hook, AttentionStudyOptions options, CancellationToken cancellation)
    {
        using var progress = new TerminalProgress();
        Action<int> Told(string what)
        {
            progress.Report(new StudyProgress(what, 0, texts.Count));
            return done => progress.Report(new StudyProgress(what, done, texts.Count));
        }

        var means = _captured.Saves(parsed) ? ActivationMeans.Run(loaded.Model, texts, _captured.Saved(parsed), hook, Told("means"), cancellation) : null;
        return (means, AttentionStudy.Run(loaded.Model, texts, loaded.Tokenizer.Piece, hook, options, finished: Told("attention"), cancellation: cancellation));
    }

    private CompletedRun Write(ParseResult parsed, string? output, LoadedModel loaded, AttentionStudyOptions options, AttentionStatistics statistics, Exhibits exhibits)
    {
        var (rebalance, more, file) = (_model.Rebalance(parsed), _model.More(parsed), parsed.GetValue(_file)!);
        using var run = Workspace.Open(output: output).Start(new RunPlan("attention-texts")
        {
            Model = loaded.Name,
            Variant = ModelArguments.Variant(rebalance, more),
            Config = new { Texts = Path.GetFileName(file), Rebalance = rebalance, Interventions = more, Statistics = options },
            Seed = options.Seed,
            CheckpointHash = loaded.Hash,
            DatasetHash = ContentHash.OfFile(file),
            NativeVersions = Backend.Versions,
        });
        run.WriteMetrics(statistics);
        run.Write(exhibits);
        return run.Complete();
    }

    private static Exhibits Exhibits(AttentionStatistics statistics)
    {
        var over = FormattableString.Invariant($"over {statistics.Sequences:N0} texts");
        (string Name, Figure Figure) Map(string name, double[,] values, string title, string unit, string format = "0.00", double maximum = 1) =>
            (name, AttentionFigures.LayerByHead(values, title, unit, format, maximum) with { Caption = $"{title} by layer and head, {over}." });
        return new Exhibits
        {
            Tables =
            [
                ("token-classes", AttentionReport.ClassTable(statistics) with { Label = "token-classes" }),
                ("heads", LaboratoryTables.Heads(statistics.Laboratory!.Heads!)),
                ("value-weighting", LaboratoryTables.ValueWeighting(statistics.ClassMasses, statistics.Laboratory.ValueClassMasses!)),
                ("hidden-states", LaboratoryTables.HiddenStates(statistics.Laboratory.HiddenStates!)),
            ],
            Figures =
            [
                ("token-classes", AttentionReport.ClassFigure(statistics) with { Caption = $"Share of attention by token class and layer, {over}. Whiskers: bootstrap 95 % intervals over texts." }),
                ("layers", AttentionReport.LayerFigure(statistics) with { Caption = $"What the attention of each layer goes to, {over}." }),
                .. statistics.NormalizedEntropy.Length == 0 ? [] : new[] { Map("entropy", statistics.NormalizedEntropy, "Normalised entropy", "entropy / ln i") }, // texts of one token have none
                Map("sink-rate", statistics.SinkRate, "Sink rate of the first token", "% of texts", "0", 100),
                Map("bos-mass", statistics.BosMass, "Attention on the first token", "share"),
            ],
        };
    }
}
