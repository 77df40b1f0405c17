using System.Text.Json.Nodes;
using Experiments.Notebooks;

namespace Experiments.Tests.Notebooks;

/// <summary>Tests that run cells: the console belongs to one at a time.</summary>
[CollectionDefinition("console", DisableParallelization = true)]
public sealed class ConsoleCollection;

/// <summary>Keeps what a cell puts out, in order.</summary>
internal sealed class Recorder : IOutputSink
{
    internal List<string> Events { get; } = [];

    internal List<JsonObject> Bundles { get; } = [];

    internal string Text => string.Concat(Events);

    public void Stream(string name, string text) => Events.Add(name == "stderr" ? $"!{text}" : text);

    public void Display(JsonObject bundle, string? displayId)
    {
        Bundles.Add(bundle);
        Events.Add($"<{bundle["text/plain"]}>");
    }

    public void UpdateDisplay(JsonObject bundle, string displayId) => Events.Add($"<~{bundle["text/plain"]}>");
}
