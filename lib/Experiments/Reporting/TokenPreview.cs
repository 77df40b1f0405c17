using System.Net;
using System.Text;
using Microsoft.DotNet.Interactive.Formatting;

namespace Experiments.Reporting;

/// <summary>One training example as the model reads it, token by token, with the tokens that are learned marked.</summary>
/// <param name="Tokens">Text of each token, and whether it counts in the loss.</param>
/// <param name="Caption">What it is.</param>
[TypeFormatterSource(typeof(TokenPreviewFormatterSource), PreferredMimeTypes = [HtmlFormatter.MimeType, PlainTextFormatter.MimeType])]
public sealed record TokenPreview(IReadOnlyList<(string Text, bool IsTarget)> Tokens, string Caption)
{
    /// <summary>HTML for light and dark pages: learned tokens on colour and underlined, a thin line around each token.</summary>
    /// <returns>A fragment without scripts.</returns>
    public string ToHtml()
    {
        var html = new StringBuilder("<figure style=\"margin:0;max-width:60em\"><div style=\"font-family:monospace;white-space:pre-wrap;line-height:1.7\">");
        foreach (var (text, isTarget) in Tokens)
        {
            var style = isTarget ? "background:#2a9d5c55;text-decoration:underline;" : "opacity:.75;";
            html.Append("<span style=\"").Append(style).Append("outline:1px solid #8886\">").Append(WebUtility.HtmlEncode(Visible(text))).Append("</span>");
            html.Append(text.EndsWith('\n') ? "<br>" : "");
        }

        return html.Append("</div><figcaption>").Append(WebUtility.HtmlEncode(Caption)).Append("</figcaption></figure>\n").ToString();
    }

    /// <summary>Plain text: tokens are parted by <c>|</c>, learned ones stand in <c>«»</c>.</summary>
    /// <returns>Lines, the caption last.</returns>
    public string ToPlainText()
    {
        var text = new StringBuilder();
        foreach (var (index, (token, isTarget)) in Tokens.Index())
        {
            var previous = index > 0 && Tokens[index - 1].IsTarget;
            text.Append(previous && !isTarget ? "»" : "").Append(index > 0 && previous == isTarget ? "|" : "").Append(isTarget && !previous ? "«" : "");
            text.Append(Visible(token)).Append(token.EndsWith('\n') ? "\n" : "");
        }

        return text.Append(Tokens is [.., { IsTarget: true }] ? "»" : "").Append('\n').Append(Caption).ToString();
    }

    /// <summary>The token's text with line ends shown as ⏎, and never empty.</summary>
    /// <param name="text">Text of a token.</param>
    /// <returns>What to print.</returns>
    public static string Visible(string text) => text.Length == 0 ? "∅" : text.ReplaceLineEndings("⏎").Replace("\t", "⇥", StringComparison.Ordinal);
}

/// <summary>Tells notebooks how to show a <see cref="TokenPreview"/>.</summary>
public sealed class TokenPreviewFormatterSource : ITypeFormatterSource
{
    /// <inheritdoc/>
    public IEnumerable<ITypeFormatter> CreateTypeFormatters() =>
    [
        new MimeFormatter<TokenPreview>(HtmlFormatter.MimeType, preview => preview.ToHtml()),
        new MimeFormatter<TokenPreview>(PlainTextFormatter.MimeType, preview => preview.ToPlainText()),
    ];
}
