using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Experiments.Runs;

/// <summary>The one JSON dialect of a run's files: camel-case keys, names for enum values, culture-invariant numbers, NaN as a name.</summary>
public static class RunJson
{
    /// <summary>For files that people read: indented by two spaces, <c>\n</c> line ends.</summary>
    public static JsonSerializerOptions Indented { get; } = Create(indented: true);

    /// <summary>For JSON lines and hashes: one line.</summary>
    public static JsonSerializerOptions Compact { get; } = Create(indented: false);

    /// <summary>The value as an indented JSON document with a final newline.</summary>
    public static string Document<T>(T value) => JsonSerializer.Serialize(value, Indented) + "\n";

    /// <summary>Reads a value that <see cref="Document{T}"/> wrote.</summary>
    /// <exception cref="ExperimentException">The file is missing, or does not hold a <typeparamref name="T"/>.</exception>
    public static T Read<T>(string path)
    {
        var text = DiskErrors.Explain("Cannot read", path, () => File.ReadAllText(path));
        try
        {
            return JsonSerializer.Deserialize<T>(text, Indented)
                ?? throw new ExperimentException($"'{path}' holds null where a {typeof(T).Name} is expected.");
        }
        catch (JsonException e)
        {
            throw new ExperimentException(
                $"'{path}' is not a {typeof(T).Name}: {e.Message.ReplaceLineEndings(" ")} Make the run again.", e);
        }
    }

    /// <summary>Reads a file that holds a JSON object.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it should be: <c>a results file</c>.</param>
    /// <param name="advice">What to do where it is not: a sentence.</param>
    /// <exception cref="ExperimentException">The file is missing, or holds something else.</exception>
    internal static JsonObject ReadObject(string path, string what, string advice)
    {
        try
        {
            return JsonNode.Parse(DiskErrors.Explain("Cannot read", path, () => File.ReadAllText(path))) as JsonObject ?? throw new JsonException("no object");
        }
        catch (JsonException e)
        {
            throw new ExperimentException($"'{path}' is not {what} ({e.Message.Split('.')[0]}). {advice}", e);
        }
    }

    private static JsonSerializerOptions Create(bool indented) => new()
    {
        WriteIndented = indented,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new MatrixConverter() },
    };
}
