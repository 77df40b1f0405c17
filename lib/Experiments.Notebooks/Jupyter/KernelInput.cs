using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Experiments.Notebooks.Jupyter;

/// <summary><c>Console.In</c> of the cells: a line is asked for in the front end, where the user types it.</summary>
internal sealed class KernelInput(MessageSender sender) : TextReader
{
    private readonly BlockingCollection<string> _replies = [];
    private JupyterMessage? _request;
    private Action _beforeAsking = () => { };
    private bool _allowed;
    private volatile string _asked = "";
    private string _rest = "";

    /// <summary>Connects to the client of the cell that begins.</summary>
    /// <param name="request">The cell's request.</param>
    /// <param name="allowed">Whether that client takes input requests.</param>
    /// <param name="beforeAsking">Shows what the cell wrote so far: it may be the question.</param>
    internal void Connect(JupyterMessage request, bool allowed, Action beforeAsking) => (_request, _allowed, _beforeAsking, _rest) = (request, allowed, beforeAsking, "");

    /// <summary>The user's answer.</summary>
    /// <remarks>JupyterLab leaves the field of an interrupted cell open; what is typed there later does not answer the question of now. Other clients name no question.</remarks>
    internal void Reply(JupyterMessage reply)
    {
        if (reply.ParentText("msg_type") != "input_request" || reply.ParentText("msg_id") == _asked)
        {
            _replies.Add(reply.Text("value"));
        }
    }

    /// <summary>Asks for a line.</summary>
    /// <param name="prompt">Shown beside the input field.</param>
    /// <param name="password">Whether what is typed is hidden.</param>
    /// <exception cref="InvalidOperationException">The front end does not take input.</exception>
    /// <exception cref="OperationCanceledException">The cell was interrupted.</exception>
    internal string Ask(string prompt, bool password)
    {
        if (_request is not { } request || !_allowed)
        {
            throw new InvalidOperationException("Input was asked for, but this front end takes none (allow_stdin is false), such as nbconvert or nbclient. Set a parameter instead.");
        }

        while (_replies.TryTake(out _))
        {
            // an answer to a question that is no longer asked
        }

        _beforeAsking();
        _asked = sender.NextId();
        sender.Ask(request, "input_request", new JsonObject { ["prompt"] = prompt, ["password"] = password }, _asked);
        return _replies.Take(CellCancellation.Token);
    }

    public override string? ReadLine()
    {
        var line = _rest.Length > 0 ? _rest.TrimEnd('\n') : Ask("", password: false);
        _rest = "";
        return line;
    }

    public override int Read()
    {
        var next = Peek();
        _rest = _rest[1..];
        return next;
    }

    public override int Peek()
    {
        if (_rest.Length == 0)
        {
            _rest = Ask("", password: false) + "\n";
        }

        return _rest[0];
    }

    /// <summary>One line: input from a front end has no end.</summary>
    public override string ReadToEnd() => ReadLine() ?? "";

    protected override void Dispose(bool disposing)
    {
        _replies.Dispose();
        base.Dispose(disposing);
    }
}
