using System.Text.Json.Nodes;
using Experiments.Notebooks.Language;

namespace Experiments.Notebooks.Jupyter;

/// <summary>Answers <c>complete_request</c>, <c>inspect_request</c> and <c>is_complete_request</c>.</summary>
internal sealed class LanguageRequests(CSharpEngine engine)
{
    internal JsonObject Complete(JupyterMessage request)
    {
        var (code, index) = Cursor(request);
        var list = CellCompletion.Complete(engine, code, index);
        var (start, end) = (CodePoints.FromIndex(code, list.Start), CodePoints.FromIndex(code, list.End));
        return new JsonObject
        {
            ["status"] = "ok",
            ["matches"] = new JsonArray([.. list.Items.Select(item => (JsonNode)item.Text)]),
            ["cursor_start"] = start,
            ["cursor_end"] = end,
            ["metadata"] = new JsonObject
            {
                // JupyterLab, the Notebook and VS Code show the kinds beside the names.
                ["_jupyter_types_experimental"] = new JsonArray([.. list.Items.Select(item => (JsonNode)new JsonObject { ["text"] = item.Text, ["type"] = item.Kind, ["start"] = start, ["end"] = end })]),
            },
        };
    }

    internal JsonObject Inspect(JupyterMessage request)
    {
        var (code, index) = Cursor(request);
        var text = CellInspection.Describe(engine, code, index);
        return new JsonObject
        {
            ["status"] = "ok",
            ["found"] = text is not null,
            ["data"] = text is null ? new JsonObject() : new JsonObject { ["text/plain"] = text },
            ["metadata"] = new JsonObject(),
        };
    }

    internal static JsonObject IsComplete(JupyterMessage request)
    {
        var (status, indent) = CellCompleteness.Of(request.Text("code"));
        return new JsonObject { ["status"] = status, ["indent"] = indent };
    }

    private static (string Code, int Index) Cursor(JupyterMessage request)
    {
        var code = request.Text("code");
        return (code, CodePoints.ToIndex(code, request.Number("cursor_pos", code.Length)));
    }
}
