using Experiments.Evaluation.Harness;
using Experiments.Reporting;
using Experiments.Reporting.Reports;
using Experiments.Runs;

namespace Experiments.Studies;

/// <summary>Makes tables, figures and conclusions again from what runs saved, without a model.</summary>
public static class SavedResults
{
    /// <summary>The experiments in the order in which they build on each other.</summary>
    internal static readonly string[] Experiments = [PretrainStudy.Experiment, FineTuneStudy.Experiment, AttentionReport.Experiment, BenchmarkStudy.Experiment, AblationStudy.Experiment, InterventionStudy.Experiment];

    /// <summary>What to report.</summary>
    /// <param name="paths">Folders of runs, of results (the newest complete run of each experiment, model and variant is taken), or of evaluations.</param>
    /// <returns>A section for each run, and what had to be left out, with the reason.</returns>
    /// <exception cref="ExperimentException">A folder holds no results, or all results lack their numbers.</exception>
    public static (IReadOnlyList<ReportSection> Sections, IReadOnlyList<string> LeftOut) Read(IEnumerable<string> paths)
    {
        var (sections, leftOut) = (new List<ReportSection>(), new List<string>());
        foreach (var path in paths)
        {
            var (runs, others) = Runs(path);
            leftOut.AddRange(others.Select(run => $"{run.Manifest.Experiment}/{run.Id}: its tables and figures lie in its folder; reports are made of {string.Join(", ", Experiments)}."));
            if (runs.Count > 0)
            {
                leftOut.AddRange(runs.Where(run => !run.Has("metrics.json")).Select(run => $"{run.Manifest.Experiment}/{run.Id}: no metrics.json, its numbers are not here."));
                sections.AddRange(runs.Where(run => run.Has("metrics.json")).Select(run => ReportSection.Of(run.Manifest, ExhibitsOf(run))));
                continue;
            }

            if (others.Count > 0 && !HarnessEvaluation.AnyIn(path))
            {
                continue;
            }

            sections.Add(EvaluationExhibits.Section(path, HarnessEvaluation.ReadSeeds(path)));
        }

        return sections.Count > 0 ? (sections, leftOut) : throw new ExperimentException($"No numbers to report. {string.Join(" ", leftOut)}");
    }

    /// <summary>What a finished run shows, from its saved numbers.</summary>
    /// <param name="run">The run.</param>
    /// <returns>Tables, figures and conclusions.</returns>
    /// <exception cref="ExperimentException">The numbers are missing, or the experiment is not known.</exception>
    public static Exhibits ExhibitsOf(CompletedRun run) => run.Manifest.Experiment switch
    {
        PretrainStudy.Experiment => PretrainStudy.ExhibitsOf(run.ReadMetrics<PretrainResult>()),
        FineTuneStudy.Experiment => FineTuneStudy.ExhibitsOf(run),
        AttentionReport.Experiment => AttentionReport.ExhibitsOf(run),
        BenchmarkStudy.Experiment => BenchmarkStudy.ExhibitsOf(run.ReadConfig<BenchmarkOptions>(), run.ReadMetrics<List<BenchmarkPart>>()),
        AblationStudy.Experiment => AblationStudy.ExhibitsOf(run.ReadConfig<AblationOptions>(), run.ReadMetrics<AblationResult>()),
        InterventionStudy.Experiment => InterventionStudy.ExhibitsOf(run.ReadConfig<InterventionOptions>(), run.ReadMetrics<InterventionResult>()),
        var other => throw new ExperimentException($"Run '{run.Id}' is of experiment '{other}'. Known: {string.Join(", ", Experiments)}."),
    };

    /// <summary>The runs to report, and those of experiments that no report is made of.</summary>
    private static (IReadOnlyList<CompletedRun> Known, IReadOnlyList<CompletedRun> Others) Runs(string path)
    {
        if (!Directory.Exists(path))
        {
            return File.Exists(path) ? ([], []) : throw new ExperimentException($"There is no '{path}'. Name the folder of a run, of results, or of an evaluation.");
        }

        if (CompletedRun.TryOpen(Path.GetFullPath(path)) is { } one)
        {
            return ([one], []);
        }

        var workspace = Workspace.Open(output: path);
        var others = DiskErrors.Explain("Cannot read", path, () => Directory.GetDirectories(path)).Select(folder => Path.GetFileName(folder)).Except(Experiments).Order(StringComparer.Ordinal);
        return ([.. Experiments.SelectMany(Newest)], [.. others.SelectMany(Newest)]);

        IEnumerable<CompletedRun> Newest(string experiment) => workspace.RunsOf(experiment).DistinctBy(run => (run.Manifest.Model, run.Manifest.Variant)).OrderBy(run => run.Manifest.Started);
    }
}
