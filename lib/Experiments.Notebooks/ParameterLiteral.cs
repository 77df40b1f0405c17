using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis.CSharp;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Experiments.Notebooks;

/// <summary>A parameter's value: as C# for the injected cell and as JSON for the metadata.</summary>
/// <param name="Code">C# literal.</param>
/// <param name="Json">JSON value.</param>
internal sealed record ParameterLiteral(string Code, JsonNode? Json)
{
    internal static readonly string[] ScalarTypes = ["int", "long", "float", "double", "decimal", "bool", "string"];

    /// <summary>Reads a value of a C# type.</summary>
    /// <param name="type">A scalar type, or an array of one.</param>
    /// <param name="text">The value; a list in YAML's short form, <c>[1, 2]</c>.</param>
    /// <returns>Null if the text is no value of that type.</returns>
    internal static ParameterLiteral? Parse(string type, string text)
    {
        if (!type.EndsWith("[]", StringComparison.Ordinal))
        {
            return Scalar(type, text);
        }

        var items = Items(text)?.Select(item => Scalar(type[..^2], item)).ToList();
        return items is null || items.Contains(null)
            ? null
            : new ParameterLiteral($"[{string.Join(", ", items.Select(item => item!.Code))}]", new JsonArray([.. items.Select(item => item!.Json)]));
    }

    private static ParameterLiteral? Scalar(string type, string text)
    {
        var culture = CultureInfo.InvariantCulture;
        return type switch
        {
            "int" when int.TryParse(text, NumberStyles.Integer, culture, out var value) => new(value.ToString(culture), value),
            "long" when long.TryParse(text, NumberStyles.Integer, culture, out var value) => new(value.ToString(culture) + "L", value),
            "float" when float.TryParse(text, NumberStyles.Float, culture, out var value) && float.IsFinite(value) => new(value.ToString("R", culture) + "f", value),
            "double" when double.TryParse(text, NumberStyles.Float, culture, out var value) && double.IsFinite(value) => new(value.ToString("R", culture) + "d", value),
            "decimal" when decimal.TryParse(text, NumberStyles.Number, culture, out var value) => new(value.ToString(culture) + "m", value),
            "bool" when bool.TryParse(text, out var value) => new(value ? "true" : "false", value),
            "string" => new(SymbolDisplay.FormatLiteral(text, quote: true), text),
            _ => null,
        };
    }

    private static IEnumerable<string>? Items(string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents is [{ RootNode: YamlSequenceNode list }] && list.Children.All(item => item is YamlScalarNode)
                ? list.Children.Select(item => ((YamlScalarNode)item).Value ?? "")
                : null;
        }
        catch (YamlException)
        {
            return null;
        }
    }
}
