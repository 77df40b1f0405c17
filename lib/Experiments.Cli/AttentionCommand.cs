using System.CommandLine;
using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Reporting;
using Experiments.Runs;
using Experiments.Studies;

namespace Experiments.Cli;

internal static class AttentionCommand
{
    private const int MostTokensOnAxes = 128;

    internal static Command Create()
    {
        var command = new Command("attention", """
            Attention statistics and heatmaps of one text, or statistics over many.

            Examples:
              experiments attention --prompt "The father of Sam is Leo. Who is the father of Sam?"
              experiments attention --prompt-file question.txt --layer 3 --head 0 --preset released-code
              experiments attention --prompt-file question.txt --intervention span-steering:first=1,last=24,alpha=0.01
              experiments attention --prompt-file question.txt --preset released-code --explorer attention.html
              experiments attention --prompt-file question.txt --generate 64
              experiments attention --tokens 1,403,407 --model ~/models/llama --save-tensors attention.safetensors
              experiments attention --prompt-file question.txt --save-tensors f.safetensors --capture scores,q,k --layers 0,3-5 --positions 0-15
              experiments attention --texts stories.txt
              experiments attention --texts chats.jsonl --save-tensors means.safetensors --capture pattern,scores --positions 0-63

            With --texts each text of the file is run alone. Printed, and written to a run, are means and intervals over texts. --save-tensors writes, entry by entry, the mean over the
            texts that have the position, its 95 % interval (.low, .high) and the number of these texts (count); without --positions, up to the end of the longest text.
            """);
        var model = new ModelArguments(command);
        var prompt = new PromptArguments(command);
        var captured = new CaptureArguments(command);
        var explorer = new Option<string?>("--explorer") { Description = "Write a page to look through the patterns (all, or those of --layers and --heads), with off, on and difference where attention is changed; one HTML file, offline", HelpName = "F" };
        var output = new Option<string?>("--output") { Description = "Folder for results; the repository's results/ by default", HelpName = "DIR" };
        var generate = new Option<int>("--generate") { Description = "Continue the text greedily by up to N tokens, until EOS, and look at prompt and reply as one text", HelpName = "N" };
        command.Options.Add(generate);
        command.Options.Add(explorer);
        command.Options.Add(output);
        var texts = new AttentionTexts(command, model, captured, [.. prompt.Sources, explorer, generate]);

        command.SetAction((parsed, cancellation) =>
        {
            if (texts.AreGiven(parsed))
            {
                texts.Run(parsed, parsed.GetValue(output), prompt.AllowsLongContext(parsed), cancellation);
                return Task.FromResult(0);
            }

            using var loaded = model.Load(parsed);
            var more = new GenerationOptions { MaxNewTokens = parsed.GetValue(generate), AllowLongContext = prompt.AllowsLongContext(parsed) };
            var prompted = prompt.Ids(parsed, loaded, more.MaxNewTokens);
            using var hook = model.Hook(parsed, loaded.Model);
            int[] ids = [.. prompted, .. TextGenerator.Generate(loaded.Model, [prompted], more, hook, cancellation: cancellation)[0].Ids];
            string Piece(int id) => loaded.HasTokenizer ? loaded.Tokenizer.Piece(id) : $"<{id}>";
            captured.Save(parsed, loaded.Model, ids, hook);
            var shown = ids.Length <= MostTokensOnAxes || parsed.GetValue(explorer) is not null; // the patterns of a long text are large
            if (!shown && captured.ChoosesForNothing(parsed))
            {
                throw new UsageException($"The text has {ids.Length} tokens; heatmaps are drawn of {MostTokensOnAxes} or fewer. --layers and --heads choose what --explorer or --save-tensors writes: give one of these, or a shorter text.");
            }

            var patterns = shown ? captured.Patterns(parsed, loaded.Model, ids, hook) : null;
            if (parsed.GetValue(explorer) is { } page)
            {
                AttentionView.ExplorerOf([.. ids.Select(Piece)], hook is null ? patterns! : captured.Patterns(parsed, loaded.Model, ids, hook: null), hook is null ? null : patterns).Save(page);
            }

            var options = new AttentionStudyOptions { Laboratory = new LaboratoryOptions() };
            var text = AttentionStudy.Observe(loaded.Model, ids, Piece, hook, options);
            var statistics = AttentionStudy.Summarize([text], options);
            var tables = Tables(text, statistics);
            var saved = (captured.Saves(parsed) || parsed.GetValue(explorer) is not null) && parsed.GetValue(output) is null ? null : Write(model, parsed, output, loaded, ids, prompted.Length, patterns, text, statistics, tables);
            Console.WriteLine(model.Json(parsed)
                ? RunJson.Document(Numbers(text, prompted.Length, saved?.Folder)).TrimEnd()
                : string.Join("\n", tables.Select(table => table.Table.ToPlainText())) + (saved is null ? "" : $"\n\nFigures and tables: {saved.Folder}"));
            return Task.FromResult(0);
        });
        return command;
    }

    private static CompletedRun Write(ModelArguments model, ParseResult parsed, Option<string?> output, LoadedModel loaded, int[] ids, int promptLength, ActivationCapture? patterns, SequenceAttention text, AttentionStatistics statistics, IReadOnlyList<(string Name, Table Table)> tables)
    {
        var (rebalance, more) = (model.Rebalance(parsed), model.More(parsed));
        using var run = Workspace.Open(output: parsed.GetValue(output)).Start(new RunPlan("attention-text")
        {
            Model = loaded.Name,
            Variant = ModelArguments.Variant(rebalance, more),
            Config = more.Count == 0 ? (object)new { Tokens = ids, Rebalance = rebalance } : new { Tokens = ids, Rebalance = rebalance, Interventions = more },
            Seed = model.Seed(parsed),
            CheckpointHash = loaded.Hash,
            NativeVersions = Backend.Versions,
        });
        run.WriteMetrics(Numbers(text, promptLength, folder: null));
        foreach (var (name, table) in tables)
        {
            run.WriteTable(name, table);
        }

        run.WriteFigure("entropy", AttentionFigures.LayerByHead(text.NormalizedEntropy, "Normalised entropy", "entropy / ln i"));
        run.WriteFigure("bos-mass", AttentionFigures.LayerByHead(text.BosMass, "Attention on the beginning of the sequence", "share"));
        run.WriteFigure("non-semantic", HeadFigures.NonSemantic(statistics.NonSemantic!));
        run.WriteFigure("head-scores", HeadFigures.Scores(statistics.Laboratory!.Heads!));
        if (patterns is not null && ids.Length <= MostTokensOnAxes)
        {
            run.WriteFigure("received", AttentionFigures.ReceivedByLayer(text.ReceivedByLayer, text.Pieces, logarithmic: true));
            run.WriteFigure("rollout", AttentionFigures.TokenByToken(new Grid(text.Laboratory!.Rollout!).BelowDiagonal(), text.Pieces, patterns.Layers[^1], null, logarithmic: true) with { Title = "Attention rollout through all layers" });
            foreach (var layer in patterns.Layers)
            {
                run.WriteFigure($"layer-{layer}", Heatmap(patterns, layer, text));
            }
        }

        return run.Complete();
    }

    private static HeatmapFigure Heatmap(ActivationCapture patterns, int layer, SequenceAttention text)
    {
        int? head = patterns.Heads.Count == 1 ? patterns.Heads[0] : null;
        var figure = AttentionFigures.TokenByToken(new Grid(patterns.MeanPattern(layer)).BelowDiagonal(), text.Pieces, layer, head, logarithmic: true);
        return head is null && patterns.Heads.Count < text.Entropy.GetLength(1) ? figure with { Title = $"Attention in layer {layer}, mean over heads {string.Join(", ", patterns.Heads)}" } : figure;
    }

    private static object Numbers(SequenceAttention text, int promptLength, string? folder) => new
    {
        Tokens = text.Pieces,
        PromptLength = promptLength,
        text.ReceivedByLayer,
        text.BosMass,
        text.Entropy,
        text.NormalizedEntropy,
        text.EffectiveContext,
        text.Outliers,
        text.Laboratory!.Heads,
        text.Laboratory.Values,
        text.Laboratory.RolloutMass,
        text.Laboratory.HiddenStates,
        Folder = folder,
    };

    private static (string Name, Table Table)[] Tables(SequenceAttention text, AttentionStatistics statistics) =>
    [
        ("outlier-tokens", OutlierTable(text)),
        ("heads", LaboratoryTables.Heads(statistics.Laboratory!.Heads!)),
        ("value-weighting", LaboratoryTables.ValueWeighting(statistics.ClassMasses, statistics.Laboratory.ValueClassMasses!)),
        ("hidden-states", LaboratoryTables.HiddenStates(statistics.Laboratory.HiddenStates!)),
    ];

    private static Table OutlierTable(SequenceAttention text) => Table.From(
        from layer in Enumerable.Range(0, text.Outliers.Length)
        from key in text.Outliers[layer]
        select (Layer: layer, Key: key),
        c => c
            .Integer("Layer", row => row.Layer)
            .Integer("Position", row => row.Key)
            .Text("Token", row => TokenLabel.Of(text.Pieces[row.Key]))
            .Text("Class", row => text.Classes[row.Key].ToString())
            .Number("Attention received", row => text.ReceivedByLayer[row.Layer, row.Key], "0.000")) with
    {
        Caption = "Outlier tokens: attention received above Q3 + 1.5 IQR of the layer's keys and above 5/T.",
        Label = "outlier-tokens",
    };
}
