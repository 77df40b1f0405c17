using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Experiments.Notebooks.Language;

/// <summary>Says what stands at the cursor: types and documentation.</summary>
internal static class CellInspection
{
    private const int MostOverloads = 8;

    /// <summary>A description; null where there is nothing to say.</summary>
    internal static string? Describe(CSharpEngine engine, string code, int index)
    {
        var compilation = engine.Look(code);
        var tree = compilation.SyntaxTrees.Single();
        var model = compilation.GetSemanticModel(tree);
        var root = tree.GetRoot();
        var symbols = At(model, root, index);
        if (symbols.Count == 0 && index > 0)
        {
            symbols = At(model, root, index - 1);
        }

        if (symbols.Count == 0 && root.FindToken(Math.Max(0, index - 1)).Parent?.FirstAncestorOrSelf<ArgumentListSyntax>()?.Parent is { } call)
        {
            // Half a call may already fit one overload, which comes first; the reader may be writing another.
            var called = call is InvocationExpressionSyntax invocation ? invocation.Expression : call;
            symbols = [.. Of(model, called).Union(model.GetMemberGroup(called), SymbolEqualityComparer.Default)];
        }

        return symbols.Count == 0 ? null : string.Join("\n\n", symbols.Take(MostOverloads).Select(SymbolText.Describe).Append(symbols.Count > MostOverloads ? $"and {symbols.Count - MostOverloads} more" : "").Where(text => text.Length > 0));
    }

    private static List<ISymbol> At(SemanticModel model, SyntaxNode root, int index)
    {
        var token = root.FindToken(index);
        return token.Parent is { } node && token.Span.Contains(index) && (token.IsKind(SyntaxKind.IdentifierToken) || node is PredefinedTypeSyntax || token.IsKind(SyntaxKind.ThisKeyword))
            ? Of(model, node)
            : [];
    }

    private static List<ISymbol> Of(SemanticModel model, SyntaxNode node)
    {
        var info = model.GetSymbolInfo(node);
        var found = info.Symbol is { } symbol ? [symbol] : info.CandidateSymbols.ToList();
        if (found.Count == 0 && node is ExpressionSyntax expression)
        {
            found = [.. model.GetMemberGroup(expression)];
        }

        if (found.Count == 0 && model.GetDeclaredSymbol(node) is { } declared)
        {
            found = [declared];
        }

        // "new List<int>(…)": the type's name stands for the constructor.
        return found.Count == 0 && model.GetTypeInfo(node).Type is { TypeKind: not TypeKind.Error } type ? [type] : found;
    }
}
