using System.Text;

namespace Experiments.Reporting;

/// <summary>Makes any text safe for LaTeX: active characters escaped, the symbols of this suite as commands that pdflatex knows.</summary>
internal static class LatexText
{
    private static readonly Dictionary<char, string> Commands = new()
    {
        ['\\'] = @"\textbackslash{}",
        ['{'] = @"\{",
        ['}'] = @"\}",
        ['$'] = @"\$",
        ['&'] = @"\&",
        ['#'] = @"\#",
        ['%'] = @"\%",
        ['_'] = @"\_",
        ['^'] = @"\textasciicircum{}",
        ['~'] = @"\textasciitilde{}",
        ['<'] = @"\textless{}",
        ['>'] = @"\textgreater{}",
        ['|'] = @"\textbar{}",
        ['"'] = @"\char34{}", // the same glyph in every font encoding
        ['\u00a0'] = "~",
        ['±'] = @"\(\pm\)",
        ['×'] = @"\(\times\)",
        ['·'] = @"\(\cdot\)",
        ['−'] = @"\(-\)",
        ['–'] = "--",
        ['—'] = "---",
        ['…'] = @"\ldots{}",
        ['→'] = @"\(\to\)",
        ['≤'] = @"\(\le\)",
        ['≥'] = @"\(\ge\)",
        ['≈'] = @"\(\approx\)",
        ['∞'] = @"\(\infty\)",
        ['⏎'] = @"\(\hookleftarrow\)",
        ['⇥'] = @"\(\mapsto\)",
        ['␣'] = @"\textvisiblespace{}",
        ['▁'] = @"\_",
        ['α'] = @"\(\alpha\)",
        ['β'] = @"\(\beta\)",
        ['Δ'] = @"\(\Delta\)",
        ['ε'] = @"\(\epsilon\)",
        ['τ'] = @"\(\tau\)",
        ['λ'] = @"\(\lambda\)",
        ['σ'] = @"\(\sigma\)",
        ['µ'] = @"\(\mu\)",
        ['μ'] = @"\(\mu\)",
        ['²'] = @"\(^2\)",
    };

    /// <summary>The text with everything escaped that LaTeX would act on; line breaks become spaces.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var c in text.ReplaceLineEndings(" "))
        {
            escaped.Append(Commands.TryGetValue(c, out var command) ? command : c.ToString());
        }

        return escaped.ToString();
    }
}
