using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Experiments.Notebooks.Language;

/// <summary>One thing that could stand at the cursor.</summary>
/// <param name="Text">What is inserted.</param>
/// <param name="Kind">What it is: <c>method</c>, <c>variable</c>, <c>keyword</c> …</param>
internal sealed record CompletionItem(string Text, string Kind);

/// <summary>What could stand at the cursor, and what it replaces: <c>[Start, End)</c> in UTF-16 units.</summary>
internal sealed record CompletionList(int Start, int End, IReadOnlyList<CompletionItem> Items);

/// <summary>Completes code by the engine's own compilations, so that it knows every variable and costs no second copy of the session.</summary>
internal static class CellCompletion
{
    private const string Placeholder = "_completion_";

    private static readonly string[] Keywords =
        [.. SyntaxFacts.GetKeywordKinds().Concat(SyntaxFacts.GetContextualKeywordKinds()).Select(SyntaxFacts.GetText).Where(word => word.Length > 0 && char.IsAsciiLetterLower(word[0])).Order(StringComparer.Ordinal)];

    internal static CompletionList Complete(CSharpEngine engine, string code, int index)
    {
        if (CompletePaths.Of(code, index, engine.Folder) is { } paths)
        {
            return paths;
        }

        var start = index;
        while (start > 0 && SyntaxFacts.IsIdentifierPartCharacter(code[start - 1]))
        {
            start--;
        }

        var typed = code[start..index];
        if (typed.Length > 0 && char.IsAsciiDigit(typed[0]))
        {
            return new CompletionList(index, index, []); // a number
        }

        // A name in place of what is typed makes the syntax whole: "x." alone would swallow the next line.
        var compilation = engine.Look(code[..start] + Placeholder + code[index..]);
        var tree = compilation.SyntaxTrees.Single();
        var token = tree.GetRoot().FindToken(start);
        if (token.ValueText != Placeholder)
        {
            return new CompletionList(index, index, []); // inside a string or comment
        }

        var found = Symbols(compilation.GetSemanticModel(tree), token, out var keywords)
            .Where(symbol => symbol.CanBeReferencedByName && symbol.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase) && symbol.Name != Placeholder)
            .Select(symbol => new CompletionItem(symbol.Name, SymbolText.Kind(symbol)));
        var words = keywords ? Keywords.Where(word => word.StartsWith(typed, StringComparison.Ordinal)).Select(word => new CompletionItem(word, "keyword")) : [];
        return new CompletionList(start, index, [.. found.Concat(words).DistinctBy(item => item.Text)
            .OrderBy(item => !item.Text.StartsWith(typed, StringComparison.Ordinal)).ThenBy(item => item.Text, StringComparer.OrdinalIgnoreCase)]);
    }

    private static IEnumerable<ISymbol> Symbols(SemanticModel model, SyntaxToken token, out bool keywords)
    {
        keywords = false;
        switch (token.Parent?.Parent)
        {
            case MemberAccessExpressionSyntax access when access.Name == token.Parent:
                return Members(model, access.Expression, access.SpanStart);
            case MemberBindingExpressionSyntax { Parent: { } } binding when binding.FirstAncestorOrSelf<ConditionalAccessExpressionSyntax>() is { } conditional:
                return Members(model, conditional.Expression, binding.SpanStart);
            case QualifiedNameSyntax name when name.Right == token.Parent:
                return Members(model, name.Left, name.SpanStart);
            case AssignmentExpressionSyntax { Parent: InitializerExpressionSyntax { Parent: BaseObjectCreationExpressionSyntax made } } assignment when assignment.Left == token.Parent:
                return Settable(model, made, token.SpanStart);
            case InitializerExpressionSyntax { Parent: BaseObjectCreationExpressionSyntax made } when Settable(model, made, token.SpanStart) is { Count: > 0 } settable:
                return settable;
            default:
                keywords = true;
                return model.LookupSymbols(token.SpanStart).Concat(Arguments(model, token));
        }
    }

    private static IEnumerable<ISymbol> Members(SemanticModel model, SyntaxNode owner, int position)
    {
        var symbol = model.GetSymbolInfo(owner).Symbol;
        if (symbol is INamespaceSymbol space)
        {
            return model.LookupNamespacesAndTypes(position, space);
        }

        if (symbol is INamedTypeSymbol named)
        {
            return model.LookupSymbols(position, named).Where(member => member.IsStatic || member is INamedTypeSymbol);
        }

        // "x.|" above another line reads as a type "x.y" of a declaration: ask what x is as an expression.
        var found = model.GetTypeInfo(owner).Type is { TypeKind: not TypeKind.Error } known
            ? known
            : model.GetSpeculativeTypeInfo(position, SyntaxFactory.ParseExpression(owner.ToString()), SpeculativeBindingOption.BindAsExpression).Type;
        return found is { TypeKind: not TypeKind.Error } type
            ? model.LookupSymbols(position, type, includeReducedExtensionMethods: true).Where(member => !member.IsStatic && member is not INamedTypeSymbol)
            : [];
    }

    /// <summary>What an object initializer can set; nothing for a collection, whose initializer takes items.</summary>
    private static List<ISymbol> Settable(SemanticModel model, SyntaxNode made, int position) =>
        model.GetTypeInfo(made).Type is { } type && type.AllInterfaces.All(implemented => implemented.SpecialType != SpecialType.System_Collections_IEnumerable)
            ? [.. model.LookupSymbols(position, type).Where(symbol => symbol is IPropertySymbol { IsStatic: false, SetMethod: not null } or IFieldSymbol { IsStatic: false, IsReadOnly: false })]
            : [];

    /// <summary>Parameters of the call that the cursor stands in: their names can be written before arguments.</summary>
    private static IEnumerable<ISymbol> Arguments(SemanticModel model, SyntaxToken token)
    {
        if (token.Parent is not IdentifierNameSyntax { Parent: ArgumentSyntax { Parent.Parent: { } call } })
        {
            return [];
        }

        var info = model.GetSymbolInfo(call);
        return info.CandidateSymbols.Append(info.Symbol).Concat(call is InvocationExpressionSyntax invocation ? model.GetMemberGroup(invocation.Expression) : [])
            .OfType<IMethodSymbol>().SelectMany(method => method.Parameters);
    }
}
