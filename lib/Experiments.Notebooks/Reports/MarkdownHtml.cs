using System.Text.Json.Nodes;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Experiments.Notebooks.Reports;

/// <summary>Markdown as HTML, with the pictures that it names inside: attachments of the cell, and files beside the notebook.</summary>
internal static class MarkdownHtml
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseAutoLinks().UseEmphasisExtras().UseMathematics().Build();

    /// <param name="markdown">The text.</param>
    /// <param name="folder">Where relative pictures lie; null for text from data, which must not name files.</param>
    /// <param name="attachments">The cell's attachments: name to MIME type to base64.</param>
    internal static string Of(string markdown, string? folder, JsonObject? attachments)
    {
        var document = Markdown.Parse(markdown, Pipeline);
        foreach (var image in document.Descendants<LinkInline>().Where(link => link.IsImage))
        {
            image.Url = Attached(image.Url, attachments) ?? Beside(image.Url, folder) ?? image.Url;
        }

        return document.ToHtml(Pipeline);
    }

    private static string? Attached(string? url, JsonObject? attachments) =>
        url is not null && url.StartsWith("attachment:", StringComparison.Ordinal) && attachments?[url["attachment:".Length..]] is JsonObject { Count: > 0 } bundle
            ? $"data:{bundle.First().Key};base64,{bundle.First().Value}"
            : null;

    private static string? Beside(string? url, string? folder)
    {
        if (folder is null || string.IsNullOrEmpty(url) || url.Contains(':', StringComparison.Ordinal) || MimeType(url) is not { } mime)
        {
            return null;
        }

        var path = Path.Combine(folder, Uri.UnescapeDataString(url));
        return File.Exists(path) ? $"data:{mime};base64,{Convert.ToBase64String(File.ReadAllBytes(path))}" : null;
    }

    private static string? MimeType(string url) => Path.GetExtension(url).ToLowerInvariant() switch
    {
        ".png" => "image/png",
        ".jpg" or ".jpeg" => "image/jpeg",
        ".gif" => "image/gif",
        ".svg" => "image/svg+xml",
        _ => null,
    };
}
