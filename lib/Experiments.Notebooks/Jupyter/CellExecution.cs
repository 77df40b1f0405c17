using System.Text.Json.Nodes;

namespace Experiments.Notebooks.Jupyter;

/// <summary>Answers <c>execute_request</c>: runs cells one after another and publishes what they put out.</summary>
internal sealed class CellExecution(CSharpEngine engine, MessageSender sender, KernelInput input, KernelConsole console, Task warmUp)
{
    private readonly Lock _lock = new();
    private CancellationTokenSource? _running;
    private int _count;

    internal ExecutionHistory History { get; } = new();

    /// <summary>Stops the cell that runs, if one does.</summary>
    internal void Interrupt()
    {
        lock (_lock)
        {
            _ = _running?.CancelAsync();
        }
    }

    /// <summary>Runs the cell of a request.</summary>
    /// <returns>The content of the reply.</returns>
    internal async Task<JsonObject> RunAsync(JupyterMessage request)
    {
        using var interruption = Begin();
        await warmUp;
        var code = request.Text("code");
        var silent = request.Flag("silent", false);
        var stored = !silent && request.Flag("store_history", true);
        var number = stored ? ++_count : _count;
        var output = new KernelOutput(sender, request, silent);
        console.Latest = output;
        input.Connect(request, request.Flag("allow_stdin", false), output.Flush);
        if (!silent)
        {
            sender.Publish("execute_input", request, new JsonObject { ["code"] = code, ["execution_count"] = number });
        }

        var (bundle, error) = await RunAsync(code, number, output, interruption.Token);
        output.Flush();
        if (bundle is not null)
        {
            output.Result(bundle, number);
        }

        if (stored)
        {
            History.Add(number, code, bundle?["text/plain"]?.ToString());
        }

        if (error is not null)
        {
            output.Error(error);
            var failure = error.ToReply();
            failure["execution_count"] = number;
            End();
            return failure;
        }

        var expressions = new JsonObject();
        foreach (var (name, expression) in request.Content["user_expressions"] as JsonObject ?? [])
        {
            expressions[name] = await EvaluateAsync(expression?.ToString() ?? "", interruption.Token);
        }

        End();
        return new JsonObject { ["status"] = "ok", ["execution_count"] = number, ["payload"] = new JsonArray(), ["user_expressions"] = expressions };
    }

    private async Task<(JsonObject? Bundle, CellError? Error)> RunAsync(string code, int number, IOutputSink output, CancellationToken cancellation)
    {
        var result = await engine.RunAsync(code, number, output, cancellation);
        if (!result.HasValue)
        {
            return (null, result.Error);
        }

        try
        {
            return (ValueFormatter.Bundle(result.Value), null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return (null, CellErrors.Of(e, cancellation)); // the value's own formatter or ToString failed
        }
    }

    private async Task<JsonNode> EvaluateAsync(string expression, CancellationToken cancellation)
    {
        var (bundle, error) = await RunAsync(expression, _count, new KernelOutput(sender, Nobody, silent: true), cancellation);
        return error?.ToReply() ?? new JsonObject { ["status"] = "ok", ["data"] = bundle ?? [], ["metadata"] = new JsonObject() };
    }

    private static readonly JupyterMessage Nobody = new([], [], "", [], [], []);

    private CancellationTokenSource Begin()
    {
        lock (_lock)
        {
            return _running = new CancellationTokenSource();
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _running = null;
        }
    }
}
