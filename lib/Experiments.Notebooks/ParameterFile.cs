using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Experiments.Notebooks;

/// <summary>Reads parameters from YAML: a mapping of names to values or lists of values.</summary>
public static class ParameterFile
{
    /// <summary>Reads YAML text.</summary>
    /// <param name="yaml">Such as <c>alpha: 0.5</c>; JSON is YAML too.</param>
    /// <param name="where">Where it comes from, for errors.</param>
    /// <returns>Name to value as text, as <see cref="NotebookParameters.Inject"/> takes it; lists in the short form <c>[1, 2]</c>.</returns>
    /// <exception cref="NotebookException">It is not YAML, or not such a mapping.</exception>
    public static IReadOnlyDictionary<string, string> Parse(string yaml, string where)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException e)
        {
            throw new NotebookException($"{where} is not YAML: line {e.Start.Line}, column {e.Start.Column}: {(e.InnerException ?? e).Message.ReplaceLineEndings(" ")}", e);
        }

        if (stream.Documents.Count == 0)
        {
            return new Dictionary<string, string>();
        }

        return stream.Documents is [{ RootNode: YamlMappingNode map }]
            ? map.Children.ToDictionary(pair => Scalar(pair.Key, where), pair => Text(pair.Value, where), StringComparer.Ordinal)
            : throw new NotebookException($"{where} holds no parameters: write one mapping of names to values, such as alpha: 0.5.");
    }

    /// <summary>Reads a YAML or JSON file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Name to value as text.</returns>
    /// <exception cref="NotebookException">It cannot be read, or is no such mapping.</exception>
    public static IReadOnlyDictionary<string, string> Load(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NotebookException($"Cannot read parameters from {path}: {e.Message}", e);
        }
    }

    private static string Text(YamlNode node, string where) => node is YamlSequenceNode list
        ? $"[{string.Join(", ", list.Children.Select(item => Quoted(Scalar(item, where))))}]"
        : Scalar(node, where);

    private static string Scalar(YamlNode node, string where) => node is YamlScalarNode { Value: { } text } scalar && !(scalar.Style == ScalarStyle.Plain && text is "" or "~" or "null")
        ? text
        : throw new NotebookException($"{where}: line {node.Start.Line} is no value. Parameters are numbers, true or false, text, or lists of those.");

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
