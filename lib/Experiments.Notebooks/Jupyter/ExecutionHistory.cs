using System.IO.Enumeration;
using System.Text.Json.Nodes;

namespace Experiments.Notebooks.Jupyter;

/// <summary>The cells of this session, for a console's arrow keys.</summary>
internal sealed class ExecutionHistory
{
    private const int Most = 10_000;
    private readonly Lock _lock = new();
    private readonly List<(int Number, string Code, string? Output)> _cells = [];

    internal void Add(int number, string code, string? output)
    {
        lock (_lock)
        {
            _cells.Add((number, code, output));
            if (_cells.Count > Most)
            {
                _cells.RemoveAt(0);
            }
        }
    }

    /// <summary>Answers a <c>history_request</c>: <c>tail</c>, <c>range</c> or <c>search</c>.</summary>
    internal JsonObject Answer(JupyterMessage request)
    {
        lock (_lock)
        {
            IEnumerable<(int Number, string Code, string? Output)> chosen = _cells;
            switch (request.Text("hist_access_type"))
            {
                case "range":
                    var (start, stop) = (request.Number("start", 0), request.Number("stop", int.MaxValue));
                    // The current session is 0 or negative in requests; earlier sessions are not kept.
                    chosen = request.Number("session", 0) > 1 ? [] : _cells.Where(cell => cell.Number >= start && cell.Number < stop);
                    break;
                case "search":
                    chosen = _cells.Where(cell => FileSystemName.MatchesSimpleExpression(request.Text("pattern", "*"), cell.Code, ignoreCase: false));
                    chosen = (request.Flag("unique", false) ? chosen.DistinctBy(cell => cell.Code) : chosen).TakeLast(request.Number("n", Most));
                    break;
                default:
                    chosen = _cells.TakeLast(request.Number("n", Most));
                    break;
            }

            var output = request.Flag("output", false);
            return new JsonObject
            {
                ["status"] = "ok",
                ["history"] = new JsonArray([.. chosen.Select(cell => (JsonNode)new JsonArray(1, cell.Number, output ? new JsonArray(cell.Code, cell.Output) : cell.Code))]),
            };
        }
    }
}
