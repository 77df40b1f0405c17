using Experiments.Runs;

namespace Experiments.Data.Instructions;

/// <summary>Reads texts that are to be looked at: plain lines, or data in the shapes of <see cref="InstructionFile"/>.</summary>
public static class TextFile
{
    private static readonly string[] OfRows = [".jsonl", ".json", ".ndjson", ".parquet"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">
    /// By its name, JSON lines (<c>.jsonl</c>, <c>.json</c>, <c>.ndjson</c>) or Parquet, with a <c>text</c> or one of <see cref="InstructionFile"/>'s shapes per row, of which prompt and completion
    /// make one text; else one text a line, taken as it stands. Lines of white space alone are passed over.
    /// </param>
    /// <returns>The texts, in the order of the file.</returns>
    /// <exception cref="ExperimentException">The file is missing or holds no text, or a row is in none of the shapes or empty.</exception>
    public static IReadOnlyList<TextLine> Read(string path)
    {
        IReadOnlyList<TextLine> texts = OfRows.Contains(Path.GetExtension(path).ToLowerInvariant())
            ? JsonRow.Read(path, "texts").ConvertAll(Of)
            : [.. DiskErrors.Explain("Cannot read", path, () => File.ReadAllLines(path)).Index().Where(line => !string.IsNullOrWhiteSpace(line.Item)).Select(line => new TextLine(path, line.Index + 1, line.Item))];
        return texts.Count > 0 ? texts : throw new ExperimentException($"'{path}' holds no texts.");
    }

    private static TextLine Of(JsonRow row)
    {
        if (row.Json.ContainsKey("text"))
        {
            return new TextLine(row.Path, row.Number, string.IsNullOrWhiteSpace(row.Text("text")) ? throw row.Wrong("'text' is empty") : row.Text("text"));
        }

        var instruction = InstructionFile.Of(row, "text; ");
        return new TextLine(row.Path, row.Number, instruction.Prompt + instruction.Completion) { Messages = instruction.Messages };
    }
}

/// <summary>One text of a file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">1-based line or row.</param>
/// <param name="Text">The text; empty for a conversation.</param>
public sealed record TextLine(string Path, int Line, string Text)
{
    /// <summary>The turns of a conversation, which the model's chat template makes a text; null for a plain text.</summary>
    public IReadOnlyList<InstructionTurn>? Messages { get; init; }

    /// <summary>An error that says where.</summary>
    /// <param name="what">What is wrong and what to do, in full sentences.</param>
    /// <param name="cause">What was thrown; null for nothing.</param>
    /// <returns>The exception, to be thrown.</returns>
    public ExperimentException Wrong(string what, Exception? cause = null) => new($"'{Path}', line {Line}: {what}", cause);
}
