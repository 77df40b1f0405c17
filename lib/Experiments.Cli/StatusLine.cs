using Spectre.Console;

namespace Experiments.Cli;

/// <summary>One line at the end of the terminal that changes; other lines go above it.</summary>
internal sealed class StatusLine : IDisposable
{
    private readonly ManualResetEventSlim _end = new();
    private readonly IAnsiConsole _console;
    private readonly Thread _thread;
    private StatusContext? _context;

    /// <param name="console">A console that can overwrite what it has written.</param>
    /// <param name="text">What is shown first.</param>
    internal StatusLine(IAnsiConsole console, string text)
    {
        _console = console;
        using var ready = new ManualResetEventSlim();
        _thread = new Thread(() => _console.Status().Start(Markup.Escape(text), context =>
        {
            _context = context;
            ready.Set();
            _end.Wait();
        }))
        { IsBackground = true };
        _thread.Start();
        ready.Wait();
    }

    /// <summary>A line on stderr; null where that is no terminal.</summary>
    internal static StatusLine? Open(string text) =>
        Console.IsErrorRedirected ? null : new StatusLine(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }), text);

    internal void Show(string text) => _context!.Status(Markup.Escape(text));

    internal void WriteLine(string text) => _console.WriteLine(text);

    public void Dispose()
    {
        _end.Set();
        _thread.Join();
        _end.Dispose();
    }
}
