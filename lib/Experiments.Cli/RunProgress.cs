using System.Text;
using System.Text.Json.Nodes;
using Experiments.Notebooks;

namespace Experiments.Cli;

/// <summary>Shows a run: in a terminal a line that changes with the cell's progress, elsewhere a line now and then. The cells' text passes through.</summary>
/// <param name="log">Where to, if not to a terminal.</param>
/// <param name="status">The terminal's line; null for none.</param>
/// <param name="clock">Clock of the pauses between lines; null for the system's.</param>
internal sealed class RunProgress(TextWriter log, StatusLine? status = null, TimeProvider? clock = null) : IRunObserver, IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private readonly StringBuilder _line = new();
    private string _cell = "";
    private string? _pending;
    private long _written;

    public void CellStarted(int index, int total, NotebookCell cell)
    {
        _written = _clock.GetTimestamp();
        _cell = $"cell {index + 1}/{total} {cell.Id}";
        status?.Show(_cell);
    }

    public void Wrote(string name, string text)
    {
        lock (_lock)
        {
            foreach (var piece in text.Split('\n').Index())
            {
                if (piece.Index > 0)
                {
                    EndLine();
                }

                _line.Append(piece.Item);
            }
        }
    }

    public void Updated(JsonObject bundle)
    {
        lock (_lock)
        {
            _pending = bundle["text/plain"]?.ToString().Split('\n')[0];
            status?.Show($"{_cell}  {_pending}");
            if (status is null && _clock.GetElapsedTime(_written) >= Pause)
            {
                WritePending();
            }
        }
    }

    public void CellFinished(CellOutcome outcome)
    {
        lock (_lock)
        {
            if (_line.Length > 0)
            {
                EndLine();
            }

            WritePending();
            if (outcome.Status == "failed")
            {
                Write($"  cell {outcome.Id} failed: {string.Join("\n    ", outcome.Error!.Traceback)}");
            }
            else if (outcome.Duration > Moment)
            {
                Write(FormattableString.Invariant($"  cell {outcome.Id}: {outcome.Duration.TotalSeconds:0.0} s"));
            }
        }
    }

    public void Dispose() => status?.Dispose();

    /// <summary>Ends a line of the cell's text; of one that was overwritten by carriage returns, the last stays.</summary>
    private void EndLine()
    {
        Write("    " + _line.ToString().TrimEnd('\r').Split('\r')[^1]);
        _line.Clear();
    }

    private void WritePending()
    {
        if (_pending is not null)
        {
            _written = _clock.GetTimestamp();
            Write("    " + _pending);
            _pending = null;
        }
    }

    private void Write(string line)
    {
        if (status is null)
        {
            log.WriteLine(line);
        }
        else
        {
            status.WriteLine(line);
        }
    }
}
