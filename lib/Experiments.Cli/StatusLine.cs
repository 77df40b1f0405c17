using Spectre.Console;

namespace Experiments.Cli;

/// <summary>One line at the end of the terminal that changes; other lines go above it.</summary>
/// <param name="console">A console that can overwrite what it has written.</param>
/// <param name="text">What is shown first.</param>
internal sealed class StatusLine(IAnsiConsole console, string text) : IDisposable
{
    private readonly LiveConsole<StatusContext> _live = new(hold => console.Status().Start(Markup.Escape(text), hold));

    /// <summary>A line on stderr; null where that is no terminal.</summary>
    internal static StatusLine? Open(string text) => ErrorTerminal.Open() is { } console ? new StatusLine(console, text) : null;

    internal void Show(string text) => _live.Context.Status(Markup.Escape(text));

    internal void WriteLine(string text) => console.WriteLine(text);

    public void Dispose() => _live.Dispose();
}
