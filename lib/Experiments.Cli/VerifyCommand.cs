using System.CommandLine;
using Experiments.Runs;
using Experiments.Studies;

namespace Experiments.Cli;

internal static class VerifyCommand
{
    internal static Command Create()
    {
        var defaults = new Tolerance();
        var folder = new Argument<string>("run") { Description = "Folder of a finished run; or a results folder, whose runs are all made again" };
        var relative = new Option<double>("--rtol") { Description = "Relative tolerance", HelpName = "R", DefaultValueFactory = _ => defaults.Relative };
        var absolute = new Option<double>("--atol") { Description = "Absolute tolerance", HelpName = "A", DefaultValueFactory = _ => defaults.Absolute };
        var models = new Option<string[]>("--model") { Description = "Folder of a model that the run was made from, if that is neither the embedded one nor a run's", HelpName = "DIR" };
        var data = new Option<string?>("--data") { Description = "Local files of the run's questions, if they were not generated; the YAML file, if it was a task of your own", HelpName = "PATH" };
        var device = new Option<string?>("--device") { Description = "Where to train or sweep again: cpu, cuda or cuda:N; where the run was made by default" };
        var json = new Option<bool>("--json") { Description = "Print JSON on stdout; progress goes to stderr" };
        var command = new Command("verify", """
            Make a finished run again, from its own run.json, and say which numbers of its metrics.json differ.

            Examples:
              experiments verify results/reference
              experiments verify results/benchmark/<run> --rtol 0 --atol 0
              experiments verify results/fine-tune/<run> --rtol 0.05 --json

            A number differs where |now - saved| > atol + rtol × |saved|; words and the length of lists must be equal; seconds and tokens per second
            don't count. On the same machine and build all numbers come out the same to the last digit; the default tolerance allows for another
            processor's rounding, not for one answer more or less in several thousand.
            A fine-tuned model is taken from its run's checkpoint/. Where that is gone, the fine-tuning is made again first, about three minutes.
            Training again on another processor gives a slightly different model, whose losses, and accuracies by a few questions, may differ by
            more than the tolerance; verify then says so. Judge those by their intervals, or raise the tolerance.
            A pre-training takes 80 minutes, so it is made again only where its own folder is named. Evaluations that 'evaluate' wrote are for 'compare'.

            Exit code: 0 all numbers agree, 1 some differ or a run could not be made again, 2 wrong usage, 130 interrupted.
            """) { folder, relative, absolute, models, data, device, json };
        command.SetAction((parsed, cancellation) =>
        {
            var options = new VerificationOptions
            {
                Tolerance = new Tolerance(Bound(parsed, relative), Bound(parsed, absolute)),
                Models = parsed.GetValue(models) ?? [],
                Data = parsed.GetValue(data),
                Device = parsed.GetValue(device),
            };
            using var verification = new Verification(options);
            var report = new VerificationReport(options.Tolerance, parsed.GetValue(json) ? TextWriter.Null : Console.Out);
            var runs = Verification.RunsIn(parsed.GetValue(folder)!);
            var alone = runs.Count == 1 && runs[0].Folder == Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetValue(folder)!));
            foreach (var run in runs)
            {
                if (!alone && Reason(run) is { } reason)
                {
                    report.PassOver(run, reason);
                    continue;
                }

                try
                {
                    report.Add(Verify(verification, run, cancellation));
                }
                catch (ExperimentException e) when (!alone)
                {
                    report.Add(run, e);
                }
            }

            if (parsed.GetValue(json))
            {
                Console.WriteLine(RunJson.Document(report.Json).TrimEnd());
            }

            return Task.FromResult(report.Agrees ? 0 : 1);
        });
        return command;
    }

    /// <summary>Shows progress only while it works, so that the report does not run into it.</summary>
    private static VerifiedRun Verify(Verification verification, CompletedRun run, CancellationToken cancellation)
    {
        using var progress = new TerminalProgress();
        return verification.Verify(run, progress, cancellation);
    }

    /// <summary>Why a run of a results folder is passed over; null if it is not.</summary>
    private static string? Reason(CompletedRun run) => run.Manifest.Experiment switch
    {
        PretrainStudy.Experiment => "a pre-training takes 80 minutes; name its own folder to make it again",
        var other when !Verification.Knows(other) => $"'{other}' cannot be made again",
        _ => null,
    };

    private static double Bound(ParseResult parsed, Option<double> option) => parsed.GetValue(option) is var value && value >= 0 && double.IsFinite(value)
        ? value
        : throw new UsageException(FormattableString.Invariant($"{option.Name} is {value}; it is a number of at least 0."));
}
