using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Experiments.Notebooks;

/// <summary>One parameter of a notebook.</summary>
/// <param name="Name">Variable name.</param>
/// <param name="Type">C# type: <c>int</c>, <c>long</c>, <c>double</c>, <c>bool</c> or <c>string</c>.</param>
/// <param name="Default">Default as it stands in the cell.</param>
/// <param name="Comment">The comment behind it.</param>
public sealed record NotebookParameter(string Name, string Type, string Default, string Comment);

/// <summary>Reads the cell tagged <c>parameters</c> and writes the one tagged <c>injected-parameters</c>, as papermill does.</summary>
public static class NotebookParameters
{
    private static readonly string[] Types = ["int", "long", "double", "bool", "string"];

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
               where Types.Contains(type)
               select new NotebookParameter(variable.Identifier.Text, type, value.ToString(), Comment(declaration)),
        ];
    }

    /// <summary>Puts values into a notebook: replaces the injected cell, else adds one behind the parameters, else at the top.</summary>
    /// <param name="notebook">The notebook; changed.</param>
    /// <param name="values">Name to text, as given on a command line.</param>
    /// <param name="where">The notebook's name, for errors.</param>
    /// <exception cref="NotebookException">A name is unknown, or a value does not fit its type.</exception>
    public static void Inject(NotebookDocument notebook, IReadOnlyDictionary<string, string> values, string where)
    {
        if (values.Count == 0)
        {
            return;
        }

        var known = Of(notebook);
        var lines = values.Select(pair => known.FirstOrDefault(parameter => parameter.Name == pair.Key) is { } parameter
            ? $"{parameter.Type} {parameter.Name} = {Literal(parameter, pair.Value, where)};"
            : throw new NotebookException($"{where} has no parameter '{pair.Key}'. It has: {(known.Count == 0 ? "none" : string.Join(", ", known.Select(p => $"{p.Name} ({p.Type}, default {p.Default})")))}."));
        var source = "// Parameters\n" + string.Join('\n', lines);
        var cells = notebook.Cells;
        if (cells.FirstOrDefault(cell => cell.Tags.Contains("injected-parameters")) is { } injected)
        {
            injected.SetSource(source);
            return;
        }

        var place = cells.Index().FirstOrDefault(item => item.Item.Tags.Contains("parameters"), (Index: -1, Item: null!)).Index + 1;
        notebook.Insert(place, NotebookCell.Code("injected-parameters", source, "injected-parameters"));
    }

    private static string Literal(NotebookParameter parameter, string text, string where)
    {
        var culture = CultureInfo.InvariantCulture;
        var literal = parameter.Type switch
        {
            "int" when int.TryParse(text, NumberStyles.Integer, culture, out var value) => value.ToString(culture),
            "long" when long.TryParse(text, NumberStyles.Integer, culture, out var value) => value.ToString(culture) + "L",
            "double" when double.TryParse(text, NumberStyles.Float, culture, out var value) && double.IsFinite(value) => value.ToString("R", culture) + "d",
            "bool" when bool.TryParse(text, out var value) => value ? "true" : "false",
            "string" => SymbolDisplay.FormatLiteral(text, quote: true),
            _ => null,
        };
        return literal ?? throw new NotebookException($"{where}: parameter '{parameter.Name}' is of type {parameter.Type}; '{text}' is not. Its default is {parameter.Default}.");
    }

    private static string TypeOf(ExpressionSyntax value) => value switch
    {
        PrefixUnaryExpressionSyntax { Operand: var operand } => TypeOf(operand),
        LiteralExpressionSyntax { Token.Value: int } => "int",
        LiteralExpressionSyntax { Token.Value: long } => "long",
        LiteralExpressionSyntax { Token.Value: double } => "double",
        LiteralExpressionSyntax { Token.Value: bool } => "bool",
        LiteralExpressionSyntax { Token.Value: string } => "string",
        _ => "",
    };

    private static string Comment(VariableDeclarationSyntax declaration)
    {
        var trivia = declaration.Parent?.GetTrailingTrivia().FirstOrDefault(item => item.IsKind(SyntaxKind.SingleLineCommentTrivia));
        return trivia?.ToString().TrimStart('/', ' ') ?? "";
    }
}
