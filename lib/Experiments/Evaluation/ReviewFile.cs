using System.Globalization;
using CsvHelper;
using Experiments.Data;
using Experiments.Runs;

namespace Experiments.Evaluation;

/// <summary>A table of doubtful replies that a person corrects, as CSV.</summary>
/// <remarks>The paper checked replies by hand; here that leaves a file behind.</remarks>
public static class ReviewFile
{
    private const string Nothing = "-";
    private static readonly string[] Columns = ["id", "category", "question", "options", "reply", "read", "why", "corrected"];

    /// <summary>Why a reply should be read by a person.</summary>
    /// <param name="reply">The reply with its question.</param>
    /// <returns>The reason; null where the answer is clear.</returns>
    public static string? Doubt(AnsweredQuestion reply)
    {
        var (question, style, result) = reply;
        var readings = AnswerExtractor.All.Select(extractor => (extractor.Name, extractor.Extract(result.Reply, question, style).Option)).Where(reading => reading.Option is not null).ToList();
        return result.Rule switch
        {
            ExtractionRule.Reviewed => null,
            ExtractionRule.Unparsed => "no answer found",
            ExtractionRule.ClosestOption => "guessed from the closest option",
            ExtractionRule.LoneLetter => "a letter alone",
            _ when result.Truncated => "cut at the length limit",
            _ when readings.DistinctBy(reading => reading.Option).Count() > 1 => "readers differ: " + string.Join(", ", readings.Select(reading => $"{reading.Name} {MultipleChoiceQuestion.LetterOf(reading.Option!.Value)}")),
            _ => null,
        };
    }

    /// <summary>Writes the doubtful replies.</summary>
    /// <param name="path">The CSV file.</param>
    /// <param name="replies">Generated replies.</param>
    /// <returns>How many were written.</returns>
    /// <exception cref="ExperimentException">The file cannot be written.</exception>
    public static int Write(string path, IEnumerable<AnsweredQuestion> replies)
    {
        var doubtful = replies.Select(reply => (reply.Question, reply.Result, Why: Doubt(reply))).Where(reply => reply.Why is not null).ToList();
        AtomicFile.Write(path, stream =>
        {
            using var csv = new CsvWriter(new StreamWriter(stream, leaveOpen: true), CultureInfo.InvariantCulture);
            WriteRow(csv, Columns);
            foreach (var (question, result, why) in doubtful)
            {
                WriteRow(csv, [question.Id, question.Category, question.Question, MultipleChoiceQuestion.Lines(question.Options), result.Reply, result.Predicted is { } option ? MultipleChoiceQuestion.LetterOf(option) : Nothing, why!, ""]);
            }
        });
        return doubtful.Count;
    }

    /// <summary>Reads what a person filled into the column <c>corrected</c>: a letter, or <c>-</c> for no answer; empty lines are left out.</summary>
    /// <param name="path">The CSV file, with at least the columns <c>id</c> and <c>corrected</c>.</param>
    /// <param name="options">Number of options by item id.</param>
    /// <returns>0-based option, or null for no answer, by item id.</returns>
    /// <exception cref="ExperimentException">The file cannot be read, lacks a column, names an unknown item, or holds something else than a letter.</exception>
    public static IReadOnlyDictionary<string, int?> Read(string path, IReadOnlyDictionary<string, int> options)
    {
        using var reader = DiskErrors.Explain("Cannot read", path, () => new StreamReader(path));
        using var csv = new CsvReader(reader, CultureInfo.InvariantCulture);
        var corrections = new Dictionary<string, int?>(StringComparer.Ordinal);
        if (!csv.Read() || !csv.ReadHeader() || !csv.HeaderRecord!.Contains("id") || !csv.HeaderRecord!.Contains("corrected"))
        {
            throw new ExperimentException($"'{path}' lacks the columns 'id' and 'corrected'. Write it anew with 'experiments review --write'.");
        }

        while (csv.Read())
        {
            var (id, text) = (csv.GetField("id")!, csv.GetField("corrected")?.Trim() ?? "");
            if (text.Length > 0)
            {
                var count = options.TryGetValue(id, out var known) ? known : throw new ExperimentException($"'{path}', line {csv.Parser.RawRow}: the evaluation holds no item '{id}'. The file belongs to another one.");
                corrections[id] = text == Nothing
                    ? null
                    : text is [var letter] && char.ToUpperInvariant(letter) - 'A' is var option && option >= 0 && option < count
                        ? option
                        : throw new ExperimentException($"'{path}', line {csv.Parser.RawRow}: '{text}' is no option of item '{id}'; write a letter from A to {MultipleChoiceQuestion.LetterOf(count - 1)}, or {Nothing} for no answer.");
            }
        }

        return corrections;
    }

    private static void WriteRow(CsvWriter csv, IEnumerable<string> fields)
    {
        foreach (var field in fields)
        {
            csv.WriteField(field);
        }

        csv.NextRecord();
    }
}
