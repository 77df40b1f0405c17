using System.Diagnostics;

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

/// <summary>What the runner tells while it works. Every method does nothing unless overridden.</summary>
public interface IRunObserver
{
    /// <summary>A cell begins.</summary>
    /// <param name="index">0-based index among the notebook's cells.</param>
    /// <param name="total">Number of cells.</param>
    /// <param name="cell">The cell.</param>
    void CellStarted(int index, int total, NotebookCell cell)
    {
    }

    /// <summary>A cell wrote text.</summary>
    /// <param name="name"><c>stdout</c> or <c>stderr</c>.</param>
    /// <param name="text">The text.</param>
    void Wrote(string name, string text)
    {
    }

    /// <summary>A cell ended.</summary>
    /// <param name="outcome">How.</param>
    void CellFinished(CellOutcome outcome)
    {
    }
}

/// <summary>How a cell ended.</summary>
/// <param name="Index">0-based index among the notebook's cells.</param>
/// <param name="Id">Cell id.</param>
/// <param name="Status"><c>completed</c>, <c>failed</c> or <c>skipped</c>.</param>
/// <param name="Duration">Time taken.</param>
/// <param name="Error">The error of a failed cell, also when <c>raises-exception</c> allows it.</param>
public sealed record CellOutcome(int Index, string Id, string Status, TimeSpan Duration, CellError? Error);

/// <summary>How a notebook ended.</summary>
/// <param name="ExitCode">0: all cells passed; 1: a cell failed; 124: out of time; 130: interrupted.</param>
/// <param name="Cells">The code cells that were reached.</param>
/// <param name="Duration">Time taken.</param>
public sealed record NotebookOutcome(int ExitCode, IReadOnlyList<CellOutcome> Cells, TimeSpan Duration);

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
        NotebookParameters.Inject(notebook, parameters ?? new Dictionary<string, string>(), Path.GetFileName(input));
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
            return await RunCellsAsync(notebook, new Papermill(notebook, input, output, parameters, _options.Clock), folder, output, observer, clock.Token, cancellation);
        }
        finally
        {
            Directory.SetCurrentDirectory(previous);
        }
    }

    private async Task<NotebookOutcome> RunCellsAsync(NotebookDocument notebook, Papermill record, string folder, string output, IRunObserver? observer, CancellationToken timeout, CancellationToken cancellation)
    {
        var engine = new CSharpEngine(folder);
        var total = Stopwatch.StartNew();
        var (outcomes, exitCode, count) = (new List<CellOutcome>(), 0, 0);
        var cells = notebook.Cells;
        Papermill.Clear(cells);
        notebook.Save(output);
        foreach (var (index, cell) in cells.Index().Where(item => item.Item.IsCode))
        {
            if (cell.Tags.Contains("skip-execution") || cell.Source.Trim().Length == 0)
            {
                continue;
            }

            observer?.CellStarted(index, cells.Count, cell);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout, cancellation);
            if (_options.CellTimeout is { } cellLimit)
            {
                limit.CancelAfter(cellLimit);
            }

            var outputs = new CellOutputs(observer is null ? null : observer.Wrote);
            var (start, watch) = (_options.Clock.GetUtcNow(), Stopwatch.StartNew());
            var result = await engine.RunAsync(cell.Source, ++count, outputs, limit.Token);
            if (result.HasValue)
            {
                outputs.Result(ValueFormatter.Bundle(result.Value), count);
            }

            if (result.Error is { } error)
            {
                outputs.Error(error);
            }

            var failed = result.Error is not null && !cell.Tags.Contains("raises-exception");
            var outcome = new CellOutcome(index, cell.Id, failed ? "failed" : "completed", watch.Elapsed, result.Error);
            outcomes.Add(outcome);
            cell.Json["execution_count"] = count;
            cell.Json["outputs"] = outputs.ToJson();
            record.Cell(cell, outcome, start);
            var stopped = limit.IsCancellationRequested && result.Error is not null;
            if (failed)
            {
                exitCode = !stopped ? Math.Max(exitCode, 1) : cancellation.IsCancellationRequested ? 130 : 124;
            }

            record.Notebook(total.Elapsed, failed: exitCode != 0);
            notebook.Save(output);
            observer?.CellFinished(outcome);
            if ((failed && !_options.KeepGoing) || timeout.IsCancellationRequested || cancellation.IsCancellationRequested)
            {
                break;
            }
        }

        return new NotebookOutcome(exitCode, outcomes, total.Elapsed);
    }
}
