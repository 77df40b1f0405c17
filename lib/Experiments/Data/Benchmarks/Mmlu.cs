using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using Experiments.Runs;

namespace Experiments.Data.Benchmarks;

/// <summary>Reads MMLU (Hendrycks et al. 2021) as published, CSV files without header (question, options A to D, letter), and as model hubs serve it, in Parquet.</summary>
public static class Mmlu
{
    private const int Fields = 6;

    /// <summary>Reads a split.</summary>
    /// <param name="folder">The published folder, with <c>test/</c> in it, or one with the <c>&lt;subject&gt;_&lt;split&gt;.csv</c> files themselves, or a hub's, with <c>all/test-….parquet</c> or such a file for each subject.</param>
    /// <param name="split"><c>test</c>, <c>val</c> or <c>dev</c>.</param>
    /// <param name="subjects">Subjects to read; null for all 57.</param>
    /// <param name="anatomyIsStem">Which group anatomy counts to; see <see cref="MmluSubjects"/>.</param>
    /// <returns>The items, subject after subject, in the order of the files; ids are <c>&lt;subject&gt;-&lt;0-based row&gt;</c>.</returns>
    /// <exception cref="ExperimentException">A file is missing or malformed, or a subject unknown.</exception>
    public static IReadOnlyList<MultipleChoiceQuestion> Read(string folder, string split = "test", IReadOnlyList<string>? subjects = null, bool anatomyIsStem = true)
    {
        var named = subjects ?? MmluSubjects.All;
        var unknown = named.Where(subject => MmluSubjects.GroupOf(subject) is null).ToArray();
        if (unknown.Length > 0)
        {
            throw new ExperimentException($"Unknown MMLU subject {string.Join(", ", unknown)}. Known: {string.Join(", ", MmluSubjects.All)}.");
        }

        if (ParquetFiles(folder, split) is { Length: > 0 } parquet)
        {
            var all = QuestionFile.ReadMmlu(parquet, subject => MmluSubjects.GroupOf(subject, anatomyIsStem) == MmluGroup.Stem).ToLookup(item => item.Category, StringComparer.Ordinal);
            return named.FirstOrDefault(subject => !all.Contains(subject)) is { } lacking
                ? throw new ExperimentException($"MMLU's {split} split in '{folder}' lacks the subject {lacking}: take the whole split from its source.")
                : [.. named.SelectMany(subject => all[subject])];
        }

        string? FileOf(string subject) => new[] { Path.Combine(folder, split), folder }.Select(parent => Path.Combine(parent, $"{subject}_{split}.csv")).FirstOrDefault(File.Exists);
        var files = named.Select(subject => (Subject: subject, File: FileOf(subject))).ToArray();
        var missing = files.Where(file => file.File is null).Select(file => file.Subject).ToArray();
        return missing.Length > 0
            ? throw new ExperimentException($"MMLU's {split} split in '{folder}' lacks {missing.Length} of {named.Count} subjects: {string.Join(", ", missing.Take(5))}{(missing.Length > 5 ? ", …" : "")}. Expected '{missing[0]}_{split}.csv' there or in '{split}/': take the whole split from its source.")
            : [.. files.SelectMany(file => ReadFile(file.File!, file.Subject, MmluSubjects.GroupOf(file.Subject, anatomyIsStem) == MmluGroup.Stem))];
    }

    /// <summary>The split's files on a hub: those of the configuration <c>all</c>, or else of every subject's.</summary>
    private static string[] ParquetFiles(string folder, string split)
    {
        var name = split == "val" ? "validation" : split;
        var files = Directory.Exists(folder) ? Directory.GetFiles(folder, $"{name}-*.parquet", SearchOption.AllDirectories) : [];
        Array.Sort(files, StringComparer.Ordinal);
        var whole = Array.FindAll(files, file => Path.GetFileName(Path.GetDirectoryName(file)) == "all");
        return whole.Length > 0 ? whole : files;
    }

    private static IEnumerable<MultipleChoiceQuestion> ReadFile(string path, string subject, bool stem)
    {
        using var reader = DiskErrors.Explain("Cannot read", path, () => new StreamReader(path));
        using var parser = new CsvParser(reader, new CsvConfiguration(CultureInfo.InvariantCulture) { BadDataFound = null });
        for (var row = 0; parser.Read(); row++)
        {
            var fields = parser.Record!;
            if (fields.Length != Fields || fields[^1] is not ("A" or "B" or "C" or "D"))
            {
                throw new ExperimentException($"'{path}', line {parser.RawRow}: {fields.Length} fields, the last '{fields[^1]}'; expected question, four options and a letter from A to D. Take the file anew from its source.");
            }

            yield return new MultipleChoiceQuestion
            {
                Id = FormattableString.Invariant($"{subject}-{row}"),
                Category = subject,
                Stem = stem,
                Question = fields[0],
                Options = fields[1..5],
                Answer = fields[^1][0] - 'A',
            };
        }
    }
}
