using Spectre.Console;

namespace Experiments.Cli;

/// <summary>One line at the end of the terminal that changes; other lines go above it.</summary>
internal sealed class StatusLine : IDisposable
{
    private readonly ManualResetEventSlim _end = new();
    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
    private readonly Thread _thread;
    private StatusContext? _context;

    internal StatusLine()
    {
        using var ready = new ManualResetEventSlim();
        _thread = new Thread(() => _console.Status().Start(" ", context =>
        {
            _context = context;
            ready.Set();
            _end.Wait();
        }))
        { IsBackground = true };
        _thread.Start();
        ready.Wait();
    }

    internal void Show(string text) => _context!.Status(Markup.Escape(text));

    internal void WriteLine(string text) => _console.WriteLine(text);

    public void Dispose()
    {
        _end.Set();
        _thread.Join();
        _end.Dispose();
    }
}
