using System.CommandLine;
using Experiments.Reporting.Reports;
using Experiments.Runs;
using Experiments.Studies;

namespace Experiments.Cli;

internal static class ReportCommand
{
    private const string Paper = "paper";

    internal static Command Create()
    {
        var paths = new Argument<string[]>("results") { Description = "Folders of runs, of results (the newest run of each kind is taken) or of evaluations; results/ if none is named", Arity = ArgumentArity.ZeroOrMore };
        var output = new Option<string?>("--output") { Description = "Folder of the report; an earlier report there is replaced. results/report if not named" };
        var purpose = new Option<string?>("--for") { Description = "paper: add paper/, which a LaTeX document includes: PDF, SVG and PNG figures of a column's width, booktabs tables, and all.tex with everything" };
        purpose.AcceptOnlyFromAmong(Paper);
        var command = new Command("report", """
            Make report.html, all tables and all figures again from saved numbers, without a model.

            Examples:
              experiments report
              experiments report --for paper --output paper-folder
              experiments report results/reference
              experiments report results/benchmark/20261126T024053Z-fine-tuned-re-balancing-on-b9e92b44 results/own
            """) { paths, output, purpose };
        command.SetAction(parsed =>
        {
            var named = parsed.GetValue(paths)!;
            var target = parsed.GetValue(output) ?? Path.Combine(Workspace.Open().Results, "report");
            var (sections, leftOut) = SavedResults.Read(named.Length > 0 ? named : [Workspace.Open().Results]);
            Report.Write(target, sections, parsed.GetValue(purpose) == Paper);
            foreach (var reason in leftOut)
            {
                Console.Error.WriteLine($"Left out: {reason}");
            }

            Console.WriteLine($"{sections.Count} runs, {sections.Sum(section => section.Exhibits.Tables.Length)} tables, {sections.Sum(section => section.Exhibits.Figures.Length)} figures: {Path.Combine(target, Report.PageName)}");
            return Task.FromResult(0);
        });
        return command;
    }
}
