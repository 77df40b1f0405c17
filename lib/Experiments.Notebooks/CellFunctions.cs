using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Html;

namespace Experiments.Notebooks;

/// <summary>Functions that notebooks written for .NET Interactive call without a prefix.</summary>
public static class CellFunctions
{
#pragma warning disable IDE1006 // the names that those notebooks use
    /// <summary>Shows a value at this point of the cell's output.</summary>
    /// <param name="value">Anything that a cell's last expression could be.</param>
    /// <param name="mimeTypes">Representations to show; all that the value has if none is named.</param>
    /// <returns>A handle that replaces what is shown.</returns>
    public static DisplayedValue display(object? value, params string[] mimeTypes) => value.Display(mimeTypes);

    /// <summary>Marks text as HTML, to be shown as it is.</summary>
    /// <param name="content">HTML; what comes from data must be encoded by the caller.</param>
    /// <returns>A value that shows as HTML.</returns>
    public static IHtmlContent HTML(string content) => new HtmlString(content);

    /// <summary>Asks the reader for a line.</summary>
    /// <param name="prompt">Shown beside the input field.</param>
    /// <param name="password">Whether what is typed is hidden.</param>
    /// <returns>What was typed.</returns>
    public static string input(string prompt = "", bool password = false)
    {
        if (CellContext.Asker is { } ask)
        {
            return ask(prompt, password);
        }

        Console.Write(prompt);
        return Console.ReadLine() ?? "";
    }
#pragma warning restore IDE1006

    /// <summary>Removes what the cell has put out so far.</summary>
    /// <param name="wait">Whether it stays until something new comes, so that nothing flickers.</param>
    public static void ClearOutput(bool wait = false) => CellContext.Current?.Sink.Clear(wait);

    /// <summary>Shows a value in the MIME types that are named.</summary>
    /// <param name="value">Any value.</param>
    /// <param name="mimeTypes">MIME types, such as <c>text/html</c>.</param>
    /// <returns>A handle that replaces what is shown.</returns>
    public static DisplayedValue Display(this object? value, params string[] mimeTypes) =>
        DisplayExtensions.Show(ValueFormatter.Bundle(value, mimeTypes));

    /// <summary>Shows text that is already of a MIME type: HTML, Markdown, LaTeX, SVG or JSON.</summary>
    /// <param name="text">The content.</param>
    /// <param name="mimeType">Its MIME type, such as <c>text/html</c> or <c>text/latex</c>.</param>
    /// <returns>A handle that replaces what is shown.</returns>
    public static DisplayedValue DisplayAs(this string text, string mimeType)
    {
        ArgumentNullException.ThrowIfNull(text);
        var bundle = new JsonObject { [mimeType] = mimeType.EndsWith("json", StringComparison.Ordinal) ? JsonNode.Parse(text) : text };
        bundle["text/plain"] ??= text;
        return DisplayExtensions.Show(bundle);
    }
}
