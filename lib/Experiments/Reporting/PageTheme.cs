namespace Experiments.Reporting;

/// <summary>The colours of pages, light and dark as the reader's system is; paper is always light.</summary>
internal static class PageTheme
{
    /// <summary>Custom properties: ink, grid, paper, soft ink, line, link.</summary>
    public const string Css = """
        :root { color-scheme: light dark; --ink: #222222; --grid: #e6e6e6; --paper: #ffffff; --soft: #5a5a5a; --line: #8a8a8a; --link: #0b5cad; }
        @media screen and (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --grid: #3a3d42; --paper: #16181c; --soft: #b0b4ba; --line: #80858d; --link: #8cc4ff; } }

        """;
}
