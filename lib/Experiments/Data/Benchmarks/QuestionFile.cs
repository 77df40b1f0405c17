using System.Text.Json;
using System.Text.Json.Nodes;
using Experiments.Runs;

namespace Experiments.Data.Benchmarks;

/// <summary>Reads multiple-choice questions from JSON lines or Parquet: PIQA and Social IQa as published and as model hubs serve them, and a user's own.</summary>
public static class QuestionFile
{
    /// <summary>Reads questions of one's own, the format that <c>experiments dataset</c> writes.</summary>
    /// <param name="path">
    /// One JSON object a line: <c>question</c>, <c>options</c> (2 to 26 texts), <c>answer</c> (0-based index, or a letter); optional <c>id</c> (the line
    /// number otherwise), <c>category</c> (the file's name otherwise), <c>stem</c> and <c>analysis</c>.
    /// </param>
    /// <returns>The items, in the order of the file.</returns>
    /// <exception cref="ExperimentException">The file is missing or empty, or a line malformed.</exception>
    public static IReadOnlyList<MultipleChoiceQuestion> Read(string path)
    {
        var questions = Lines(path).Select(line =>
        {
            var options = Options(line, "options");
            return new MultipleChoiceQuestion
            {
                Id = line.OptionalText("id") ?? FormattableString.Invariant($"{line.Number}"),
                Category = line.OptionalText("category") ?? Path.GetFileNameWithoutExtension(path),
                Stem = line.Json["stem"]?.GetValueKind() == JsonValueKind.True,
                Question = line.Text("question"),
                Options = options,
                Answer = Answer(line, options.Count),
                Analysis = line.OptionalText("analysis"),
            };
        }).ToList();
        return questions.GroupBy(question => question.Id, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw new ExperimentException($"'{path}': id '{twice.Key}' occurs {twice.Count()} times; ids tell items apart when two runs are compared, so make each unique.")
            : questions;
    }

    /// <summary>Reads PIQA (Bisk et al. 2020): a goal and two solutions.</summary>
    /// <param name="path">JSON lines or Parquet with <c>goal</c>, <c>sol1</c>, <c>sol2</c>.</param>
    /// <param name="labels">One label a line, 0 or 1; null for the column <c>label</c>, or <c>&lt;name&gt;-labels.lst</c> beside <paramref name="path"/>.</param>
    /// <returns>The items, category <c>piqa</c>, not STEM.</returns>
    /// <exception cref="ExperimentException">A file is missing or malformed, or their lengths differ.</exception>
    public static IReadOnlyList<MultipleChoiceQuestion> ReadPiqa(string path, string? labels = null) =>
        Labelled(path, labels, "piqa", firstLabel: 0, line => (line.Text("goal"), [line.Text("sol1"), line.Text("sol2")]));

    /// <summary>Reads Social IQa (Sap et al. 2019): a context, a question and three answers.</summary>
    /// <param name="path">JSON lines or Parquet with <c>context</c>, <c>question</c>, <c>answerA</c>, <c>answerB</c>, <c>answerC</c>.</param>
    /// <param name="labels">One label a line, 1 to 3; null for the column <c>label</c>, or <c>&lt;name&gt;-labels.lst</c> beside <paramref name="path"/>.</param>
    /// <returns>The items, category <c>social_iqa</c>, not STEM.</returns>
    /// <exception cref="ExperimentException">A file is missing or malformed, or their lengths differ.</exception>
    public static IReadOnlyList<MultipleChoiceQuestion> ReadSocialIqa(string path, string? labels = null) =>
        Labelled(path, labels, "social_iqa", firstLabel: 1, line => ($"{line.Text("context")} {line.Text("question")}", [line.Text("answerA"), line.Text("answerB"), line.Text("answerC")]));

    /// <summary>Reads MMLU's rows as hubs serve them: <c>question</c>, <c>subject</c>, <c>choices</c> and <c>answer</c> (0-based).</summary>
    internal static IReadOnlyList<MultipleChoiceQuestion> ReadMmlu(IEnumerable<string> files, Func<string, bool> stem) =>
        [.. files.SelectMany(Lines).GroupBy(line => line.Text("subject"), StringComparer.Ordinal).OrderBy(subject => subject.Key, StringComparer.Ordinal).SelectMany(subject => subject.Select((line, row) =>
        {
            var options = Options(line, "choices");
            return new MultipleChoiceQuestion
            {
                Id = FormattableString.Invariant($"{subject.Key}-{row}"),
                Category = subject.Key,
                Stem = stem(subject.Key),
                Question = line.Text("question"),
                Options = options,
                Answer = Answer(line, options.Count),
            };
        }))];

    private static List<MultipleChoiceQuestion> Labelled(string path, string? labels, string category, int firstLabel, Func<JsonRow, (string Question, string[] Options)> read)
    {
        var lines = Lines(path);
        var inside = labels is null && lines.TrueForAll(line => line.Json.ContainsKey("label"));
        labels ??= inside ? path : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, Path.GetFileNameWithoutExtension(path) + "-labels.lst");
        var answers = inside ? lines.ConvertAll(line => (line.Number, Text: line.Json["label"]?.ToString() ?? "")) : [.. JsonRow.NonEmptyLines(labels)];
        if (answers.Count != lines.Count)
        {
            throw new ExperimentException($"'{path}' has {lines.Count} questions and '{labels}' {answers.Count} labels; take both from the same release.");
        }

        return [.. lines.Zip(answers, (line, label) =>
        {
            var (question, options) = read(line);
            return new MultipleChoiceQuestion
            {
                Id = FormattableString.Invariant($"{category}-{line.Number - 1}"),
                Category = category,
                Stem = false,
                Question = question,
                Options = options,
                Answer = int.TryParse(label.Text, out var number) && number >= firstLabel && number < firstLabel + options.Length
                    ? number - firstLabel
                    : throw new ExperimentException($"'{labels}', line {label.Number}: label '{label.Text}'; expected {firstLabel} to {firstLabel + options.Length - 1}."),
            };
        })];
    }

    private static List<JsonRow> Lines(string path) => JsonRow.Read(path, "questions");

    private static IReadOnlyList<string> Options(JsonRow line, string name) =>
        line.Json[name] is JsonArray array && array.Count is >= 2 and <= MultipleChoiceQuestion.MostOptions && array.All(item => item?.GetValueKind() == JsonValueKind.String)
            ? [.. array.Select(item => item!.GetValue<string>())]
            : throw line.Wrong($"'{name}' is not a list of 2 to {MultipleChoiceQuestion.MostOptions} texts");

    private static int Answer(JsonRow line, int options)
    {
        var answer = line.Json["answer"] switch
        {
            JsonValue value when value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<int>(out var index) => index,
            JsonValue value when value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() is [>= 'A' and <= 'Z' and var letter] => letter - 'A',
            _ => throw line.Wrong("'answer' is not a 0-based index or a letter"),
        };
        return answer >= 0 && answer < options ? answer : throw line.Wrong($"'answer' names option {answer} of {options}, counted from 0");
    }
}
