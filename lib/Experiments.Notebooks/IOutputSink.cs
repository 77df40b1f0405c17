using System.Text.Json.Nodes;

namespace Experiments.Notebooks;

/// <summary>Receives what a cell puts out, in order. A file, a kernel's messages or a test stands behind it.</summary>
public interface IOutputSink
{
    /// <summary>Text written to the console.</summary>
    /// <param name="name"><c>stdout</c> or <c>stderr</c>.</param>
    /// <param name="text">The text.</param>
    void Stream(string name, string text);

    /// <summary>A displayed value.</summary>
    /// <param name="bundle">MIME type to content.</param>
    /// <param name="displayId">Id under which it can be updated; null for none.</param>
    void Display(JsonObject bundle, string? displayId);

    /// <summary>A displayed value has changed.</summary>
    /// <param name="bundle">MIME type to content.</param>
    /// <param name="displayId">Id given before.</param>
    void UpdateDisplay(JsonObject bundle, string displayId);

    /// <summary>What the cell has put out so far goes.</summary>
    /// <param name="wait">Whether it stays until something new comes, so that nothing flickers.</param>
    void Clear(bool wait)
    {
    }
}
