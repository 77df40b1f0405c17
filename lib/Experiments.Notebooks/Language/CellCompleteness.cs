using Experiments.Notebooks.Directives;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Experiments.Notebooks.Language;

/// <summary>Tells a console whether to run what was typed or to wait for another line.</summary>
internal static class CellCompleteness
{
    private const int Indent = 4;

    /// <summary><c>complete</c>, <c>incomplete</c> with the next line's indentation, or <c>invalid</c>.</summary>
    internal static (string Status, string Indent) Of(string code)
    {
        IReadOnlyList<CellPart> parts;
        try
        {
            parts = CellParts.Of(code, "");
        }
        catch (CellCompilationException)
        {
            return ("invalid", "");
        }

        if (parts is not [.., CodePart last])
        {
            return ("complete", "");
        }

        var tree = CSharpEngine.Parse(last.Code);
        if (!SyntaxFactory.IsCompleteSubmission(tree))
        {
            var line = code.TrimEnd().Split('\n')[^1];
            var depth = line.Length - line.TrimStart().Length + (line.TrimEnd().EndsWith('{') ? Indent : 0);
            return ("incomplete", new string(' ', depth));
        }

        return (tree.GetDiagnostics().Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error) ? "invalid" : "complete", "");
    }
}
