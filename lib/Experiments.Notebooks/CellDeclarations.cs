using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Experiments.Notebooks;

/// <summary>What later cells can name of a cell: all that the engine keeps of its compilation.</summary>
/// <remarks>
/// A compilation holds every namespace and type that was looked up for it. Later cells need its declarations only: the same submission, with the types of its
/// variables written out and without statements, initializers and bodies of functions, looks up little.
/// </remarks>
internal static class CellDeclarations
{
    private static readonly BlockSyntax NoBody = SyntaxFactory.Block(SyntaxFactory.ParseStatement("throw null!;"));

    private static readonly SymbolDisplayFormat Written = SymbolDisplayFormat.FullyQualifiedFormat
        .AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier)
        .WithMemberOptions(SymbolDisplayMemberOptions.IncludeAccessibility | SymbolDisplayMemberOptions.IncludeModifiers | SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeRef | SymbolDisplayMemberOptions.IncludeType)
        .WithParameterOptions(SymbolDisplayParameterOptions.IncludeDefaultValue | SymbolDisplayParameterOptions.IncludeExtensionThis | SymbolDisplayParameterOptions.IncludeModifiers | SymbolDisplayParameterOptions.IncludeName | SymbolDisplayParameterOptions.IncludeType);

    /// <summary>Whether a cell leaves anything: names, or usings.</summary>
    internal static bool Any(CSharpCompilation cell) => Root(cell).Usings.Any() || Named(cell).Any();

    /// <summary>A cell without its code; the cell itself where that would change a declaration, as with a variable of an anonymous type.</summary>
    internal static CSharpCompilation Of(CSharpCompilation cell)
    {
        var source = cell.SyntaxTrees[0];
        var fields = Named(cell).OfType<IFieldSymbol>().Where(field => !field.IsConst)
            .Select(field => SyntaxFactory.ParseMemberDeclaration($"{field.ToDisplayString(Written)} = default!;", options: source.Options)!);
        MemberDeclarationSyntax[] members = [.. Root(cell).Members.Select(WithoutCode).OfType<MemberDeclarationSyntax>(), .. fields];
        if (members.Length == 0 || members.Any(member => member.ContainsDiagnostics))
        {
            return cell;
        }

        var declarations = cell.ReplaceSyntaxTree(source, source.WithRootAndOptions(Root(cell).WithMembers([.. members]), source.Options));
        var same = Described(declarations).SequenceEqual(Described(cell)) && declarations.GetDiagnostics().All(found => found.Severity != DiagnosticSeverity.Error);
        return same ? declarations : cell;
    }

    private static CompilationUnitSyntax Root(CSharpCompilation cell) => cell.SyntaxTrees[0].GetCompilationUnitRoot();

    private static IEnumerable<ISymbol> Named(CSharpCompilation cell) => cell.ScriptClass?.GetMembers().Where(member => member.CanBeReferencedByName) ?? [];

    /// <summary>A member as it is kept: null for statements, and for variables, which are written anew.</summary>
    private static MemberDeclarationSyntax? WithoutCode(MemberDeclarationSyntax member) => member switch
    {
        GlobalStatementSyntax => null,
        FieldDeclarationSyntax field when !field.Modifiers.Any(SyntaxKind.ConstKeyword) => null,
        MethodDeclarationSyntax method when (method.Body ?? (SyntaxNode?)method.ExpressionBody) is not null => method.WithExpressionBody(null).WithSemicolonToken(default).WithBody(NoBody),
        _ => member,
    };

    /// <summary>The members' declarations with the assembly of each type in them: two cells may have types of one name.</summary>
    private static IEnumerable<string> Described(CSharpCompilation cell) => Named(cell)
        .Select(member => string.Concat(member.ToDisplayParts(Written).Select(part => $"{part} {part.Symbol?.ContainingAssembly?.Name} ")))
        .Order(StringComparer.Ordinal);
}
