using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Experiments.Notebooks;

/// <summary>Reads the cell tagged <c>parameters</c> and writes the one tagged <c>injected-parameters</c>, as papermill does.</summary>
public static class NotebookParameters
{
    /// <summary>The parameters that a notebook declares.</summary>
    /// <param name="notebook">The notebook.</param>
    /// <returns>One for each variable with a literal default in the cell tagged <c>parameters</c>.</returns>
    public static IReadOnlyList<NotebookParameter> Of(NotebookDocument notebook)
    {
        if (notebook.Cells.FirstOrDefault(cell => cell.IsCode && cell.Tags.Contains("parameters")) is not { } cell)
        {
            return [];
        }

        var root = CSharpSyntaxTree.ParseText(cell.Source, new CSharpParseOptions(kind: SourceCodeKind.Script)).GetRoot();
        return
        [
            .. from declaration in root.DescendantNodes().OfType<VariableDeclarationSyntax>()
               from variable in declaration.Variables
               where variable.Initializer is not null
               let value = variable.Initializer!.Value
               let type = declaration.Type is { IsVar: true } ? TypeOf(value) : declaration.Type.ToString()
               where ParameterLiteral.ScalarTypes.Contains(type.EndsWith("[]", StringComparison.Ordinal) ? type[..^2] : type)
               select new NotebookParameter(variable.Identifier.Text, type, value.ToString(), Comment(declaration)),
        ];
    }

    /// <summary>Puts values into a notebook: replaces the injected cell, else adds one behind the parameters, else at the top.</summary>
    /// <param name="notebook">The notebook; changed.</param>
    /// <param name="values">Name to text, as given on a command line.</param>
    /// <param name="where">The notebook's name, for errors.</param>
    /// <returns>The values, typed, as papermill records them.</returns>
    /// <exception cref="NotebookException">A name is unknown, or a value does not fit its type.</exception>
    public static JsonObject Inject(NotebookDocument notebook, IReadOnlyDictionary<string, string> values, string where)
    {
        if (values.Count == 0)
        {
            return [];
        }

        var known = Of(notebook);
        var typed = values.Select(pair => known.FirstOrDefault(parameter => parameter.Name == pair.Key) is { } parameter
            ? (Parameter: parameter, Literal: Literal(parameter, pair.Value, where))
            : throw new NotebookException($"{where} has no parameter '{pair.Key}'. It has: {(known.Count == 0 ? "none" : string.Join(", ", known.Select(p => $"{p.Name} ({p.Type}, default {p.Default})")))}.")).ToList();
        var source = "// Parameters\n" + string.Join('\n', typed.Select(value => $"{value.Parameter.Type} {value.Parameter.Name} = {value.Literal.Code};"));
        Place(notebook, source);
        return new JsonObject(typed.Select(value => KeyValuePair.Create(value.Parameter.Name, value.Literal.Json)));
    }

    private static void Place(NotebookDocument notebook, string source)
    {
        var cells = notebook.Cells;
        if (cells.FirstOrDefault(cell => cell.Tags.Contains("injected-parameters")) is { } injected)
        {
            injected.SetSource(source);
            return;
        }

        var place = cells.Index().FirstOrDefault(item => item.Item.Tags.Contains("parameters"), (Index: -1, Item: null!)).Index + 1;
        notebook.Insert(place, NotebookCell.Code("injected-parameters", source, "injected-parameters"));
    }

    private static ParameterLiteral Literal(NotebookParameter parameter, string text, string where) => ParameterLiteral.Parse(parameter.Type, text)
        ?? throw new NotebookException($"{where}: parameter '{parameter.Name}' is of type {parameter.Type}; '{text}' is not. Its default is {parameter.Default}.");

    private static string TypeOf(ExpressionSyntax value) => value switch
    {
        PrefixUnaryExpressionSyntax { Operand: var operand } => TypeOf(operand),
        LiteralExpressionSyntax { Token.Value: int } => "int",
        LiteralExpressionSyntax { Token.Value: long } => "long",
        LiteralExpressionSyntax { Token.Value: float } => "float",
        LiteralExpressionSyntax { Token.Value: double } => "double",
        LiteralExpressionSyntax { Token.Value: decimal } => "decimal",
        LiteralExpressionSyntax { Token.Value: bool } => "bool",
        LiteralExpressionSyntax { Token.Value: string } => "string",
        ImplicitArrayCreationExpressionSyntax { Initializer.Expressions: [var first, ..] } => TypeOf(first) + "[]",
        ArrayCreationExpressionSyntax { Type: var array } => array.ToString(),
        _ => "",
    };

    private static string Comment(VariableDeclarationSyntax declaration)
    {
        var trivia = declaration.Parent?.GetTrailingTrivia().FirstOrDefault(item => item.IsKind(SyntaxKind.SingleLineCommentTrivia));
        return trivia?.ToString().TrimStart('/', ' ') ?? "";
    }
}
