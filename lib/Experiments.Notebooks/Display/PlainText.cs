using System.Collections;
using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Analysis;

namespace Experiments.Notebooks.Display;

/// <summary>Values as text, short enough to be read and saved.</summary>
internal static class PlainText
{
    private const int MostDepth = 2;
    private const int MostCharacters = 50_000;

    /// <summary>Any value's text. What is left out of a long one is counted.</summary>
    internal static string Of(object? value) => Cut(Text(value, 0));

    /// <summary>The text of a collection whose beginning has been taken already.</summary>
    internal static string Of(object collection, CollectionHead head) => Cut(Items(collection, head, 0));

    private static string Cut(string text) => text.Length <= MostCharacters
        ? text
        : string.Create(CultureInfo.InvariantCulture, $"{text[..MostCharacters]}… {MostCharacters:N0} of {text.Length:N0} characters");

    private static string Text(object? value, int depth) => value switch
    {
        null => "null",
        string text => text,
        JsonElement or JsonDocument => JsonSerializer.Serialize(value, JsonText.Indented),
        System.Text.Json.Nodes.JsonNode json => json.ToJsonString(JsonText.Indented),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        Exception error => $"{error.GetType().FullName}: {error.Message}",
        DataFrame frame => frame.ToString(),
        IEnumerable items when !HasOwnText(value) => depth < MostDepth ? Items(value, CollectionHead.Of(items), depth) : value.GetType().Name,
        _ when HasOwnText(value) || depth >= MostDepth || value.GetType().IsGenericType => value.ToString() ?? "",
        _ => Properties(value, depth),
    };

    private static string Items(object collection, CollectionHead head, int depth)
    {
        var shape = collection is Array { Rank: > 1 } array ? string.Join("×", Enumerable.Range(0, array.Rank).Select(array.GetLength)) + " " : "";
        var texts = head.Items.Select(item => Text(item, depth + 1));
        return $"{shape}[{string.Join(", ", head.IsCut ? texts.Append($"… {head.Count} items") : texts)}]";
    }

    private static string Properties(object value, int depth)
    {
        var type = value.GetType();
        var properties = ObjectProperties.Of(type);
        return properties.Count == 0
            ? value.ToString() ?? ""
            : $"{type.Name} {{ {string.Join(", ", properties.Select(property => $"{property.Name} = {Text(ObjectProperties.Value(property, value), depth + 1)}"))} }}";
    }

    private static bool HasOwnText(object value) =>
        value.GetType().GetMethod(nameof(ToString), Type.EmptyTypes)?.DeclaringType is { } owner && owner != typeof(object) && owner != typeof(ValueType) && !owner.IsGenericType;
}
