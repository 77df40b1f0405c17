using System.CommandLine;
using System.Globalization;
using Experiments.Interpretability;
using Experiments.Runs;
using Experiments.Studies;

namespace Experiments.Cli;

internal static class SweepCommand
{
    internal static Command Create()
    {
        var defaults = new AblationOptions();
        var alphas = new Option<string>("--alphas") { Description = "Strengths", HelpName = "LIST", DefaultValueFactory = _ => Text(defaults.Alphas) };
        var thresholds = new Option<string>("--thresholds") { Description = "Weights of the source layer above this are carried over", HelpName = "LIST", DefaultValueFactory = _ => Text(defaults.Thresholds) };
        var sources = new Option<string>("--source-layers") { Description = "0-based layers that the mask is read from", HelpName = "LIST", DefaultValueFactory = _ => "0" };
        var ranges = new Option<string>("--layer-ranges") { Description = "Edited layers: all, one such as 2, or first and last such as 1-4. Of each, the layers behind the source are edited", HelpName = "LIST", DefaultValueFactory = _ => "all" };
        var sharing = new Option<string>("--head-sharing") { Description = $"Whether heads share a mask: {string.Join(", ", Enum.GetNames<MaskSharing>())}", HelpName = "LIST", DefaultValueFactory = _ => nameof(MaskSharing.PerHead) };
        var questions = new Option<int>("--questions") { Description = "Validation questions per category, on which every setting is tried", DefaultValueFactory = _ => defaults.QuestionsPerCategory };
        var test = new Option<int>("--test-questions") { Description = "Test questions per category, on which the best setting is asked once; 0 for none", DefaultValueFactory = _ => Profile.Full.TestPerCategory };
        var template = new Option<string>("--template") { Description = "Prompt template", HelpName = "NAME", DefaultValueFactory = _ => defaults.Template };
        var length = new Option<int>("--max-new-tokens") { Description = "Longest reply in tokens", DefaultValueFactory = _ => defaults.Evaluation.MaxNewTokens };
        var batch = new Option<int>("--batch-size") { Description = "Prompts computed together at most", DefaultValueFactory = _ => defaults.Evaluation.BatchSize };
        var output = new Option<string?>("--output") { Description = "Folder for results; the repository's results/ by default", HelpName = "DIR" };
        var command = new Command("sweep", """
            Try every combination of settings of re-balancing on validation questions, and ask the best one once on test questions.

            All settings answer the same questions and are compared with no re-balancing; their p values are Holm-corrected over the whole sweep. Of equally
            good settings the one that changes attention least is taken. Every answer is on disk at once: stopped or killed, the same command goes on where it
            was, and a wider one takes the settings that it shares.

            Examples:
              experiments sweep
              experiments sweep --alphas 0.1,0.2,0.5 --thresholds 0.01,0.05 --source-layers 0,1 --layer-ranges 1-4,2-4
              experiments sweep --head-sharing PerHead,MeanOverHeads --questions 20 --test-questions 100
            """) { alphas, thresholds, sources, ranges, sharing, questions, test, template, length, batch, output };
        var model = new ModelArguments(command);
        command.SetAction((parsed, cancellation) =>
        {
            if (model.Rebalance(parsed) is not null || model.More(parsed).Count > 0)
            {
                throw new UsageException("A sweep sets re-balancing itself: leave out --preset, --alpha, --threshold and --intervention, and give lists such as --alphas 0.1,0.2.");
            }

            var options = defaults with
            {
                Seed = model.Seed(parsed),
                Template = parsed.GetValue(template)!,
                QuestionsPerCategory = Least(parsed, questions, 1),
                TestPerCategory = Least(parsed, test, 0) is > 0 and var count ? count : null,
                Alphas = List(parsed, alphas, Number),
                Thresholds = List(parsed, thresholds, Number),
                SourceLayers = List(parsed, sources, Layer),
                LayerRanges = List(parsed, ranges, LayerRange.Parse),
                HeadSharing = List(parsed, sharing, Sharing),
                SingleLayers = [],
                Evaluation = defaults.Evaluation with { MaxNewTokens = Least(parsed, length, 1), BatchSize = Least(parsed, batch, 1) },
            };
            model.SetThreads(parsed);
            using var progress = new TerminalProgress();
            var study = AblationStudy.Make(Workspace.Open(output: parsed.GetValue(output)), model.Folder(parsed), options, progress, cancellation, model.Dtype(parsed), model.Device(parsed));
            Console.WriteLine(model.Json(parsed)
                ? RunJson.Document(new { study.Run.Folder, study.Result.Baseline, study.Result.Cells, study.Result.Test, study.Conclusions }).TrimEnd()
                : $"{study.Table.ToPlainText()}\n{string.Join("\n", study.Conclusions)}\n\nFigures and tables: {study.Run.Folder}");
            return Task.FromResult(0);
        });
        return command;
    }

    private static string Text(IEnumerable<double> values) => string.Join(",", values.Select(value => value.ToString(CultureInfo.InvariantCulture)));

    private static int Least(ParseResult parsed, Option<int> option, int least) => parsed.GetValue(option) is var value && value >= least
        ? value
        : throw new UsageException($"{option.Name} is {value}; it must be at least {least}.");

    private static List<T> List<T>(ParseResult parsed, Option<string> option, Func<string, T> read)
    {
        try
        {
            return [.. parsed.GetValue(option)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(read).Distinct()];
        }
        catch (Exception e) when (e is FormatException or ExperimentException)
        {
            throw new UsageException($"{option.Name}: {e.Message}");
        }
    }

    private static double Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : throw new FormatException($"'{text}' is no number. Example: 0.1,0.2,0.5");

    private static int Layer(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : throw new FormatException($"'{text}' is no layer; layers count from 0. Example: 0,1");

    private static MaskSharing Sharing(string text) => Enum.GetNames<MaskSharing>().FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } name
        ? Enum.Parse<MaskSharing>(name)
        : throw new FormatException($"'{text}' is unknown. Known: {string.Join(", ", Enum.GetNames<MaskSharing>())}.");
}
