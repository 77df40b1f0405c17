using System.Globalization;

namespace Experiments.Studies;

/// <summary>One long step as a line: how far, how fast, how long yet, and what is measured.</summary>
/// <param name="clock">Clock; null for the system's.</param>
internal sealed class ProgressText(TimeProvider? clock = null)
{
    private const int BarWidth = 30;
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private long? _began;
    private (long Time, int Done) _measured;
    private int _last;

    /// <summary>Whether a report begins a new step.</summary>
    internal static bool Starts(StudyProgress value, StudyProgress? last) => last is null || value.What != last.What || value.Done < last.Done;

    /// <summary>Such as <c>fine-tune 120/700 · 3.1/s · 3:05 left · loss 0.512</c>; when all is done, how long it took.</summary>
    internal string Line(StudyProgress value) => Line(value, "");

    /// <summary>The same with a bar.</summary>
    internal string Bar(StudyProgress value)
    {
        var full = value.Total == 0 ? BarWidth : (int)((long)BarWidth * value.Done / value.Total);
        return Line(value, value.Done < value.Total ? $"{new string('━', full)}{new string('─', BarWidth - full)} " : "");
    }

    private string Line(StudyProgress value, string bar)
    {
        var now = _clock.GetTimestamp();
        if (_began is null || (_last == 0 && value.Done > 1))
        {
            _measured = (now, value.Done); // many at once were done before: a training that goes on from a checkpoint
        }

        _began ??= now;
        _last = value.Done;
        var elapsed = _clock.GetElapsedTime(_began.Value, now);
        var measured = _clock.GetElapsedTime(_measured.Time, now);
        var rate = measured > TimeSpan.Zero ? (value.Done - _measured.Done) / measured.TotalSeconds : 0;
        var speed = rate > 0 ? string.Create(CultureInfo.InvariantCulture, $" · {rate:0.0}/s") : "";
        var time = value.Done < value.Total
            ? rate > 0 ? $" · {Text(TimeSpan.FromSeconds(Math.Min((value.Total - value.Done) / rate, 1e8)))} left" : ""
            : $" · {Text(elapsed)}";
        return string.Create(CultureInfo.InvariantCulture, $"{value.What} {bar}{value.Done:N0}/{value.Total:N0}{speed}{time}{(value.Detail.Length > 0 ? " · " + value.Detail : "")}");
    }

    private static string Text(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time:mm\\:ss}")
        : time.ToString("m\\:ss", CultureInfo.InvariantCulture);
}
