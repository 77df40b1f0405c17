using System.Collections.Concurrent;
using Experiments.Studies;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Experiments.Cli;

/// <summary>Progress on stderr: a bar with rate, time left and what is measured in a terminal, a line now and then elsewhere.</summary>
internal sealed class TerminalProgress : IProgress<StudyProgress>, IDisposable
{
    private readonly ProgressLines _lines = new(Console.Error, lines: 20);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ProgressTask> _tasks = [];
    private readonly ConcurrentDictionary<int, string> _details = [];
    private readonly LiveConsole<ProgressContext>? _live;

    internal TerminalProgress()
    {
        if (ErrorTerminal.Open() is { } console)
        {
            _live = new(hold => console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpeedColumn(_details)).Start(hold));
        }
    }

    public void Report(StudyProgress value)
    {
        if (_live is null)
        {
            _lines.Report(value);
            return;
        }

        lock (_lock)
        {
            if (!_tasks.TryGetValue(value.What, out var task))
            {
                _tasks[value.What] = task = _live.Context.AddTask(Markup.Escape(value.What), maxValue: Math.Max(1, value.Total));
            }

            task.Value = value.Done;
            _details[task.Id] = value.Detail;
        }
    }

    public void Dispose() => _live?.Dispose();

    /// <summary>Rate, and current loss or accuracy.</summary>
    private sealed class SpeedColumn(ConcurrentDictionary<int, string> details) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(FormattableString.Invariant($"{task.Speed ?? 0:0.0}/s  {details.GetValueOrDefault(task.Id)}").TrimEnd());
    }
}
