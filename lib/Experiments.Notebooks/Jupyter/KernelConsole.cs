using System.Text.Json.Nodes;

namespace Experiments.Notebooks.Jupyter;

/// <summary>The console between cells: what a cell's background work writes goes to the output of the latest cell, never to the terminal.</summary>
internal sealed class KernelConsole : IOutputSink
{
    /// <summary>Output of the latest cell; null before the first.</summary>
    internal KernelOutput? Latest { get; set; }

    public void Stream(string name, string text) => Latest?.Stream(name, text);

    public void Display(JsonObject bundle, string? displayId) => Latest?.Display(bundle, displayId);

    public void UpdateDisplay(JsonObject bundle, string displayId) => Latest?.UpdateDisplay(bundle, displayId);

    public void Clear(bool wait) => Latest?.Clear(wait);

    /// <summary>Takes over the process's console.</summary>
    internal void TakeOver(KernelInput input)
    {
        Console.SetOut(new SinkWriter(this, "stdout"));
        Console.SetError(new SinkWriter(this, "stderr"));
        Console.SetIn(input);
        CellContext.Asker = input.Ask;
    }
}
