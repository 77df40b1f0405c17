using System.Collections;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Experiments.Notebooks.Display;
using Microsoft.AspNetCore.Html;
using Microsoft.Data.Analysis;
using Microsoft.DotNet.Interactive.Formatting;

namespace Experiments.Notebooks;

/// <summary>Turns a value into a MIME bundle: several representations, of which each front end takes the best it knows.</summary>
/// <remarks>
/// Types with a <c>[TypeFormatterSource]</c> say themselves how they look, and so do types for which a cell called <c>Formatter.Register</c>.
/// A public <c>string ToHtml()</c> adds HTML to the others. Frames and collections of records are tables; everything else is plain text:
/// the formatting package's HTML of unknown objects is long and says little.
/// </remarks>
public static class ValueFormatter
{
    private const string Html = "text/html";
    private const string Plain = "text/plain";
    private const string Json = "application/json";

    /// <summary>Formats a value.</summary>
    /// <param name="value">Any value.</param>
    /// <returns>MIME type to content; always with <c>text/plain</c>.</returns>
    public static JsonObject Bundle(object? value)
    {
        var bundle = value is null ? [] : Registered(value) ?? Known(value);
        if (!bundle.ContainsKey(Plain))
        {
            bundle[Plain] = PlainText.Of(value);
        }

        return bundle;
    }

    /// <summary>Formats a value in the MIME types that are asked for.</summary>
    /// <param name="value">Any value.</param>
    /// <param name="mimeTypes">MIME types; none for all that the value has.</param>
    /// <returns>MIME type to content.</returns>
    /// <exception cref="ArgumentException">The value has no such representation.</exception>
    public static JsonObject Bundle(object? value, params string[] mimeTypes)
    {
        var all = Bundle(value);
        return mimeTypes.Length == 0 ? all : new JsonObject(mimeTypes.Select(mime => KeyValuePair.Create(mime, mime switch
        {
            _ when all[mime] is { } content => content.DeepClone(),
            Html => $"<pre>{WebUtility.HtmlEncode(all[Plain]!.GetValue<string>())}</pre>",
            Json => JsonSerializer.SerializeToNode(value),
            _ => throw new ArgumentException($"{value?.GetType().Name ?? "null"} has no representation as {mime}. It has: {string.Join(", ", all.Select(pair => pair.Key))}. Text that is already {mime} is shown with DisplayAs(\"{mime}\")."),
        })));
    }

    private static JsonObject Known(object value)
    {
        var type = value.GetType();
        return value switch
        {
            DataFrame frame => new JsonObject { [Html] = TableHtml.Of(frame) },
            IHtmlContent content => new JsonObject { [Html] = Text(content), [Plain] = Text(content) },
            JsonNode node => new JsonObject { [Json] = node.DeepClone() },
            JsonElement or JsonDocument => new JsonObject { [Json] = JsonSerializer.SerializeToNode(value) },
            byte[] bytes when PictureBytes.MimeTypeOf(bytes) is { } mime => Picture(mime, bytes),
            _ when PictureBytes.Png(value) is { } png => Picture("image/png", png),
            _ when type.GetMethod("ToHtml", Type.EmptyTypes) is { } html && html.ReturnType == typeof(string) => new JsonObject { [Html] = (string?)html.Invoke(value, null) },
            IEnumerable items and not string when type.GetMethod(nameof(ToString), Type.EmptyTypes)?.DeclaringType is { } owner && (owner == typeof(object) || owner.IsGenericType) => Collection(items),
            _ => [],
        };
    }

    private static JsonObject Collection(IEnumerable items)
    {
        var head = CollectionHead.Of(items);
        var bundle = new JsonObject { [Plain] = PlainText.Of(items, head) };
        if (TableHtml.Of(head) is { } table)
        {
            bundle[Html] = table;
        }

        return bundle;
    }

    private static JsonObject Picture(string mimeType, byte[] bytes) => new()
    {
        [mimeType] = Convert.ToBase64String(bytes),
        [Plain] = FormattableString.Invariant($"{mimeType}, {bytes.Length:N0} bytes"),
    };

    /// <summary>What the type's own formatters make of it, or those registered in a cell; null where there are none.</summary>
    private static JsonObject? Registered(object value)
    {
        var type = value.GetType();
        var bundle = new JsonObject();
        if (type.GetCustomAttributes(inherit: true).Any(attribute => attribute.GetType().Name == nameof(TypeFormatterSourceAttribute)))
        {
            foreach (var mime in Formatter.GetPreferredMimeTypesFor(type))
            {
                var text = value.ToDisplayString(mime);
                bundle[mime] = mime.EndsWith("json", StringComparison.Ordinal) ? JsonNode.Parse(text) : text;
            }
        }
        else if (Array.Exists(AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.GetName().Name == "Microsoft.DotNet.Interactive.Formatting"))
        {
            AddRegistered(value, type, bundle); // a cell may have called Formatter.Register
        }

        return bundle.Count > 0 ? bundle : null;
    }

    private static void AddRegistered(object value, Type type, JsonObject bundle)
    {
        foreach (var formatter in Formatter.RegisteredFormatters(includeDefaults: false).Where(formatter => formatter.Type != typeof(object) && formatter.Type.IsAssignableFrom(type)))
        {
            bundle[formatter.MimeType] ??= value.ToDisplayString(formatter);
        }
    }

    private static string Text(IHtmlContent content)
    {
        using var writer = new StringWriter();
        content.WriteTo(writer, System.Text.Encodings.Web.HtmlEncoder.Default);
        return writer.ToString();
    }
}
