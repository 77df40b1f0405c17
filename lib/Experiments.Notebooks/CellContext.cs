namespace Experiments.Notebooks;

/// <summary>What a running cell is connected to: its output and its interruption. One cell runs at a time in a process.</summary>
internal sealed class CellContext : IDisposable
{
    private readonly TextWriter _out = Console.Out;
    private readonly TextWriter _error = Console.Error;
    private readonly CellContext? _outer;

    internal CellContext(IOutputSink sink, CancellationToken cancellation)
    {
        _outer = Current;
        (Sink, Cancellation) = (sink, cancellation);
        Console.SetOut(new SinkWriter(sink, "stdout"));
        Console.SetError(new SinkWriter(sink, "stderr"));
        Current = this;
    }

    internal static CellContext? Current { get; private set; }

    /// <summary>Asks the user for a line, given a prompt and whether it is a password; null where nobody can answer but the console.</summary>
    internal static Func<string, bool, string>? Asker { get; set; }

    internal IOutputSink Sink { get; }

    internal CancellationToken Cancellation { get; }

    public void Dispose()
    {
        Current = _outer;
        Console.SetOut(_out);
        Console.SetError(_error);
    }
}

/// <summary>The interruption of the running cell.</summary>
public static class CellCancellation
{
    /// <summary>Cancelled when the running cell is to stop. Long library calls take it as their token.</summary>
    public static CancellationToken Token => CellContext.Current?.Cancellation ?? CancellationToken.None;

    /// <summary>Called by every loop of a cell; the engine inserts the calls.</summary>
    /// <exception cref="OperationCanceledException">The cell is to stop.</exception>
    public static void Check() => Token.ThrowIfCancellationRequested();
}

/// <summary>Shows values from inside a cell.</summary>
public static class DisplayExtensions
{
    private static int _ids;

    /// <summary>Shows a value at this point of the cell's output.</summary>
    /// <param name="value">Anything that a cell's last expression could be.</param>
    /// <returns>A handle that replaces what is shown.</returns>
    public static DisplayedValue Display(this object? value) => Show(ValueFormatter.Bundle(value));

    /// <summary>Shows a finished bundle under an id of its own.</summary>
    internal static DisplayedValue Show(System.Text.Json.Nodes.JsonObject bundle)
    {
        var id = $"display-{Interlocked.Increment(ref _ids)}";
        CellContext.Current?.Sink.Display(bundle, id);
        return new DisplayedValue(id);
    }
}

/// <summary>Something shown that can be replaced, such as a progress line or a growing curve.</summary>
/// <param name="id">Its display id.</param>
public sealed class DisplayedValue(string id)
{
    internal string Id => id;

    /// <summary>Shows another value in its place.</summary>
    /// <param name="value">The new value.</param>
    public void Update(object? value) => CellContext.Current?.Sink.UpdateDisplay(ValueFormatter.Bundle(value), id);
}
