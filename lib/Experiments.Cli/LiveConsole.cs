using Spectre.Console;

namespace Experiments.Cli;

/// <summary>Keeps one of Spectre's changing displays on the screen, which it holds only while a callback runs: on a thread of its own.</summary>
/// <typeparam name="TContext">What changes the display.</typeparam>
internal sealed class LiveConsole<TContext> : IDisposable
{
    private readonly ManualResetEventSlim _end = new();
    private readonly Thread _thread;

    /// <param name="start">Starts the display and calls back with its context.</param>
    internal LiveConsole(Action<Action<TContext>> start)
    {
        using var ready = new ManualResetEventSlim();
        TContext? made = default;
        _thread = new Thread(() => start(context =>
        {
            made = context;
            ready.Set();
            _end.Wait();
        }))
        { IsBackground = true };
        _thread.Start();
        ready.Wait();
        Context = made!;
    }

    /// <summary>Changes the display.</summary>
    internal TContext Context { get; }

    public void Dispose()
    {
        _end.Set();
        _thread.Join();
        _end.Dispose();
    }
}

/// <summary>The terminal behind stderr.</summary>
internal static class ErrorTerminal
{
    /// <summary>Opens it; null where stderr is no terminal.</summary>
    internal static IAnsiConsole? Open() => Console.IsErrorRedirected ? null : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
}
