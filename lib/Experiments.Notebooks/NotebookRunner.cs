using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Experiments.Notebooks;

/// <summary>How a notebook is to be executed.</summary>
public sealed record RunnerOptions
{
    /// <summary>Longest time for the whole notebook; null for no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Longest time for a cell; null for no limit.</summary>
    public TimeSpan? CellTimeout { get; init; }

    /// <summary>Whether to go on behind a failed cell.</summary>
    public bool KeepGoing { get; init; }

    /// <summary>Clock of the recorded times.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>Executes a notebook without a front end, with papermill's conventions. The executed notebook is written after every cell.</summary>
/// <param name="options">How.</param>
public sealed class NotebookRunner(RunnerOptions? options = null)
{
    private readonly RunnerOptions _options = options ?? new RunnerOptions();

    /// <summary>Executes.</summary>
    /// <param name="input">The notebook.</param>
    /// <param name="output">Where the executed notebook goes; never half-written.</param>
    /// <param name="parameters">Values for the parameters cell, as text.</param>
    /// <param name="observer">Told about progress.</param>
    /// <param name="cancellation">Interrupts the running cell and stops.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="NotebookException">The input is no notebook, a parameter is wrong, or the output cannot be written. Nothing has run then,
    /// or the output so far is on disk.</exception>
    public async Task<NotebookOutcome> RunAsync(string input, string output, IReadOnlyDictionary<string, string>? parameters = null, IRunObserver? observer = null, CancellationToken cancellation = default)
    {
        var notebook = NotebookDocument.Load(input);
        notebook.ClearOutputs();
        var values = NotebookParameters.Inject(notebook, parameters ?? new Dictionary<string, string>(), Path.GetFileName(input));
        var folder = Path.GetDirectoryName(Path.GetFullPath(input))!;
        var previous = Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(folder); // relative paths in cells start from the notebook, as in Jupyter
        using var clock = new CancellationTokenSource();
        if (_options.Timeout is { } limit)
        {
            clock.CancelAfter(limit);
        }

        try
        {
            output = Path.GetFullPath(output, previous);
            return await RunCellsAsync(notebook, new Papermill(notebook, input, output, values, _options.Clock), folder, output, observer, clock.Token, cancellation);
        }
        finally
        {
            Directory.SetCurrentDirectory(previous);
        }
    }

    /// <summary>Whether a file is the execution of a notebook with these parameters, and all its cells passed.</summary>
    /// <param name="input">The notebook.</param>
    /// <param name="output">Where the executed notebook would be; it need not exist.</param>
    /// <param name="parameters">Values for the parameters cell, as text.</param>
    /// <returns>False also if a cell of the notebook has changed since.</returns>
    public static bool IsCompleted(string input, string output, IReadOnlyDictionary<string, string> parameters)
    {
        var notebook = NotebookDocument.Load(input);
        NotebookParameters.Inject(notebook, parameters, Path.GetFileName(input));
        return Papermill.IsCompleted(output, notebook);
    }

    private async Task<NotebookOutcome> RunCellsAsync(NotebookDocument notebook, Papermill record, string folder, string output, IRunObserver? observer, CancellationToken timeout, CancellationToken cancellation)
    {
        var engine = new CSharpEngine(folder);
        var total = Stopwatch.StartNew();
        var (outcomes, exitCode, count) = (new List<CellOutcome>(), 0, 0);
        var displays = new Dictionary<string, JsonObject>();
        var cells = notebook.Cells;
        notebook.Save(output);
        foreach (var (index, cell) in cells.Index().Where(item => item.Item.IsExecuted))
        {
            if (timeout.IsCancellationRequested || cancellation.IsCancellationRequested)
            {
                exitCode = cancellation.IsCancellationRequested ? 130 : 124; // between two cells
                break;
            }

            observer?.CellStarted(index, cells.Count, cell);
            var (start, watch) = (_options.Clock.GetUtcNow(), Stopwatch.StartNew());
            var (outputs, error, stopped) = await RunCellAsync(engine, cell, ++count, observer, displays, timeout, cancellation);
            var failed = error is not null && (stopped || !cell.Tags.Contains("raises-exception"));
            var outcome = new CellOutcome(index, cell.Id, failed ? "failed" : "completed", watch.Elapsed, error);
            outcomes.Add(outcome);
            cell.Json["execution_count"] = count;
            cell.Json["outputs"] = outputs;
            record.Cell(cell, outcome, start);
            if (failed)
            {
                exitCode = !stopped ? Math.Max(exitCode, 1) : cancellation.IsCancellationRequested ? 130 : 124;
            }

            lock (displays)
            {
                notebook.Save(output);
            }

            observer?.CellFinished(outcome);
            if (failed && !_options.KeepGoing)
            {
                break;
            }
        }

        record.Finish(total.Elapsed, failed: exitCode != 0);
        lock (displays)
        {
            notebook.Save(output);
        }

        return new NotebookOutcome(exitCode, outcomes, total.Elapsed);
    }

    private async Task<(JsonArray Outputs, CellError? Error, bool Stopped)> RunCellAsync(CSharpEngine engine, NotebookCell cell, int count, IRunObserver? observer, Dictionary<string, JsonObject> displays, CancellationToken timeout, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout, cancellation);
        if (_options.CellTimeout is { } cellLimit)
        {
            limit.CancelAfter(cellLimit);
        }

        var outputs = new CellOutputs(observer, displays);
        var result = await engine.RunAsync(cell.CodeToRun, count, outputs, limit.Token);
        var stopped = limit.IsCancellationRequested && result.Error is not null;
        var error = stopped && !cancellation.IsCancellationRequested ? OutOfTime(result.Error!, timeout.IsCancellationRequested) : result.Error;
        if (result.HasValue)
        {
            outputs.Result(ValueFormatter.Bundle(result.Value), count);
        }

        if (error is not null)
        {
            outputs.Error(error);
        }

        return (outputs.Close(), error, stopped);
    }

    private CellError OutOfTime(CellError error, bool wholeNotebook)
    {
        var (seconds, what) = wholeNotebook ? (_options.Timeout, "the notebook may take (--timeout)") : (_options.CellTimeout, "a cell may take (--cell-timeout)");
        var line = FormattableString.Invariant($"Out of time: {seconds!.Value.TotalSeconds:0.###} s is what {what}.");
        return error with { Message = $"{line} {error.Message}", Traceback = [line, .. error.Traceback] };
    }
}
