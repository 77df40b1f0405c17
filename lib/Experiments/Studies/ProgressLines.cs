namespace Experiments.Studies;

/// <summary>Prints progress as a line now and then, which suits logs and front ends that show nothing in place.</summary>
/// <param name="writer">Where to; null for the console.</param>
/// <param name="lines">Lines per step, about.</param>
/// <param name="clock">Clock of rate and time left; null for the system's.</param>
public sealed class ProgressLines(TextWriter? writer = null, int lines = 5, TimeProvider? clock = null) : IProgress<StudyProgress>
{
    private StudyProgress? _last;
    private ProgressText? _text;
    private int _mark;

    /// <inheritdoc/>
    public void Report(StudyProgress value)
    {
        if (_text is null || ProgressText.Starts(value, _last))
        {
            (_text, _mark) = (new ProgressText(clock), 0);
        }

        _last = value;
        var mark = value.Total == 0 ? lines : (int)((long)value.Done * lines / value.Total);
        var line = _text.Line(value); // measures the time also where nothing is printed
        if (mark > _mark)
        {
            _mark = mark;
            (writer ?? Console.Out).WriteLine(line);
        }
    }
}
