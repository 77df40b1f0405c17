using System.Globalization;
using Experiments.Notebooks;
using Experiments.Notebooks.Reports;
using Experiments.Runs;

namespace Experiments.Cli;

/// <summary>Executes notebooks, one after another or in processes of their own, and reports.</summary>
/// <param name="jobs">The notebooks.</param>
/// <param name="options">How each is executed.</param>
/// <param name="log">Where progress goes.</param>
internal sealed class NotebookRuns(IReadOnlyList<NotebookJob> jobs, RunnerOptions options, TextWriter log)
{
    private readonly int?[] _exitCodes = new int?[jobs.Count];

    /// <summary>0 if all passed, else the first notebook's that did not.</summary>
    internal int ExitCode => _exitCodes.FirstOrDefault(code => code is not (null or 0)) ?? 0;

    /// <summary>Takes the notebooks before the first that is not executed to its end as done.</summary>
    internal void Resume()
    {
        for (var i = 0; i < jobs.Count && NotebookRunner.IsCompleted(jobs[i].Input, jobs[i].Output, jobs[i].Values); i++)
        {
            _exitCodes[i] = 0;
            log.WriteLine($"{jobs[i].Name}: passed before, not run again");
        }
    }

    /// <summary>Executes in this process, in order; ends at the first failure unless told to keep going.</summary>
    internal async Task RunInOrderAsync(CancellationToken cancellation)
    {
        foreach (var (index, job) in jobs.Index().Where(item => _exitCodes[item.Index] is null).ToList())
        {
            await log.WriteLineAsync(job.Name);
            NotebookOutcome outcome;
            using (var observer = new RunProgress(log, StatusLine.Open(job.Name)))
            {
                outcome = await new NotebookRunner(options).RunAsync(job.Input, job.Output, job.Values, observer, cancellation);
            }

            _exitCodes[index] = outcome.ExitCode;
            await log.WriteLineAsync(Summary(job, outcome));
            if (outcome.ExitCode == 130 || (outcome.ExitCode != 0 && !options.KeepGoing))
            {
                break;
            }
        }
    }

    /// <summary>Executes in several processes at a time; after a failure no more are started unless told to keep going.</summary>
    internal async Task RunInProcessesAsync(int processes, string output, CancellationToken cancellation)
    {
        using var places = new SemaphoreSlim(processes);
        await Task.WhenAll(jobs.Index().Where(item => _exitCodes[item.Index] is null).ToList().Select(async item =>
        {
            await places.WaitAsync(CancellationToken.None);
            try
            {
                if (!cancellation.IsCancellationRequested && (options.KeepGoing || ExitCode == 0))
                {
                    _exitCodes[item.Index] = await RunProcess.RunAsync(item.Item, options, output, log, cancellation); // it says itself how it ended
                }
            }
            finally
            {
                places.Release();
            }
        }));
    }

    /// <summary>One test a cell. Notebooks that were not run count as skipped.</summary>
    internal void WriteJUnit(string file) => AtomicFile.WriteAllText(file, JUnitReport.Of(jobs.Index().Select(item => (item.Item.Name, Executed(item.Index)))));

    /// <summary>A page beside each executed notebook.</summary>
    internal void WriteHtml()
    {
        foreach (var (_, job) in jobs.Index().Where(item => _exitCodes[item.Index] is not null && File.Exists(item.Item.Output)))
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(job.Input))!;
            AtomicFile.WriteAllText(Path.ChangeExtension(job.Output, ".html"), NotebookPage.Of(NotebookDocument.Load(job.Output), Path.GetFileNameWithoutExtension(job.Name), folder));
        }
    }

    private NotebookDocument Executed(int index)
    {
        var job = jobs[index];
        if (_exitCodes[index] is not null && File.Exists(job.Output))
        {
            return NotebookDocument.Load(job.Output);
        }

        var notebook = NotebookDocument.Load(job.Input);
        notebook.ClearOutputs();
        return notebook;
    }

    private static string Summary(NotebookJob job, NotebookOutcome outcome)
    {
        var how = outcome.ExitCode switch
        {
            0 => "passed",
            124 => "timed out",
            130 => "interrupted",
            _ => "FAILED",
        };
        return string.Create(CultureInfo.InvariantCulture, $"  {job.Name} {how} in {outcome.Duration.TotalSeconds:0.0} s → {job.Output}");
    }
}
