using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;

namespace Experiments.Notebooks.Language;

/// <summary>Symbols as a reader wants them: what kind, which signature, what the documentation says.</summary>
internal static partial class SymbolText
{
    private static readonly SymbolDisplayFormat Signature = SymbolDisplayFormat.MinimallyQualifiedFormat
        .WithMemberOptions(SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeType | SymbolDisplayMemberOptions.IncludeContainingType | SymbolDisplayMemberOptions.IncludeRef | SymbolDisplayMemberOptions.IncludeConstantValue)
        .WithKindOptions(SymbolDisplayKindOptions.IncludeTypeKeyword | SymbolDisplayKindOptions.IncludeNamespaceKeyword);

    private static readonly SymbolDisplayFormat Variable = Signature.WithMemberOptions(SymbolDisplayMemberOptions.IncludeType);

    internal static string Kind(ISymbol symbol) => symbol switch
    {
        IMethodSymbol => "method",
        IPropertySymbol => "property",
        IEventSymbol => "event",
        IFieldSymbol { ContainingType.TypeKind: TypeKind.Submission } => "variable",
        IFieldSymbol => "field",
        ILocalSymbol => "variable",
        IParameterSymbol => "parameter",
        INamespaceSymbol => "namespace",
        INamedTypeSymbol type => type.TypeKind.ToString().ToLowerInvariant(),
        _ => symbol.Kind.ToString().ToLowerInvariant(),
    };

    /// <summary>Signature and documentation.</summary>
    internal static string Describe(ISymbol symbol)
    {
        var inCell = symbol.ContainingType is { TypeKind: TypeKind.Submission };
        var text = new StringBuilder($"({Kind(symbol)}) ").Append(symbol.ToDisplayString(inCell ? Variable.AddMemberOptions(SymbolDisplayMemberOptions.IncludeParameters) : Signature));
        if (Documentation(symbol) is { } xml)
        {
            Append(text, "", Plain(xml.Element("summary")));
            foreach (var parameter in xml.Elements("param").Concat(xml.Elements("typeparam")))
            {
                Append(text, $"{parameter.Attribute("name")?.Value}: ", Plain(parameter), newParagraph: parameter.ElementsBeforeSelf(parameter.Name).Any() is false);
            }

            Append(text, "Returns: ", Plain(xml.Element("returns")));
            foreach (var exception in xml.Elements("exception"))
            {
                Append(text, $"Throws {Reference(exception.Attribute("cref")?.Value)}: ", Plain(exception), newParagraph: exception.ElementsBeforeSelf("exception").Any() is false);
            }
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string label, string content, bool newParagraph = true)
    {
        if (content.Length > 0)
        {
            text.Append(newParagraph ? "\n\n" : "\n").Append(label).Append(content);
        }
    }

    private static XElement? Documentation(ISymbol symbol)
    {
        var source = symbol is IMethodSymbol { ReducedFrom: { } extension } ? extension : symbol;
        try
        {
            var xml = source.OriginalDefinition.GetDocumentationCommentXml(expandIncludes: true);
            return string.IsNullOrWhiteSpace(xml) ? null : XElement.Parse(xml, LoadOptions.PreserveWhitespace);
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static string Plain(XElement? element) => element is null ? "" : Spaces().Replace(string.Concat(element.Nodes().Select(Plain)), " ").Trim();

    private static string Plain(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" or "seealso" or "paramref" or "typeparamref" } link => link.Nodes().Any()
            ? string.Concat(link.Nodes().Select(Plain))
            : Reference((link.Attribute("cref") ?? link.Attribute("name") ?? link.Attribute("langword") ?? link.Attribute("href"))?.Value),
        XElement element => string.Concat(element.Nodes().Select(Plain)),
        _ => "",
    };

    /// <summary><c>M:System.String.Trim(System.Char)</c> as <c>Trim</c>, <c>T:System.Collections.Generic.List`1</c> as <c>List</c>.</summary>
    private static string Reference(string? id)
    {
        if (id is not [_, ':', .. var name])
        {
            return id ?? "";
        }

        name = name.Split('(')[0];
        return name[(name.LastIndexOf('.') + 1)..].Split('`')[0];
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
