using System.Text.Json.Nodes;
using Experiments.Reporting;
using Experiments.Runs;

namespace Experiments.Studies;

/// <summary>Progress in a notebook: each step has one place that changes, with a bar or with the curve that grows, and ends as one line.</summary>
/// <param name="otherwise">Takes the reports where the host shows nothing in place; null for lines on the console.</param>
/// <param name="clock">Clock; null for the system's.</param>
public sealed class LiveProgress(IProgress<StudyProgress>? otherwise = null, TimeProvider? clock = null) : IProgress<StudyProgress>
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1); // a picture takes 20 ms to draw and 30 KB to send
    private readonly IProgress<StudyProgress> _otherwise = otherwise ?? new ProgressLines();
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private ProgressText _text = new(clock);
    private Action<JsonObject>? _show;
    private StudyProgress? _last;
    private long _shown;

    /// <inheritdoc/>
    public void Report(StudyProgress value)
    {
        var starts = ProgressText.Starts(value, _last);
        if (starts)
        {
            (_show, _text) = (LiveDisplay.Open(), new ProgressText(clock));
        }

        _last = value;
        if (_show is null)
        {
            _otherwise.Report(value);
            return;
        }

        var bar = _text.Bar(value);
        if (starts || value.Done >= value.Total || _clock.GetElapsedTime(_shown) >= Pause)
        {
            _shown = _clock.GetTimestamp();
            _show(Bundle(value, bar));
        }
    }

    private JsonObject Bundle(StudyProgress value, string bar)
    {
        var bundle = new JsonObject { ["text/plain"] = bar };
        if (value.Figure is { } draw && value.Done < value.Total)
        {
            bundle[FigureFormatterSource.PngMimeType] = Convert.ToBase64String((draw() with { Title = _text.Line(value) }).ToPng());
        }

        return bundle;
    }
}
