using System.Diagnostics;
using System.Text.Json.Nodes;
using Experiments.Evaluation;
using Experiments.Runs;
using Experiments.Tests.Cli;
using Experiments.Tests.Models;

namespace Experiments.Tests.Evaluation;

public sealed class EvaluationJournalTests : IDisposable
{
    private const int Kills = 20;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_line_that_was_not_written_to_its_end_is_dropped()
    {
        DateTimeOffset started;
        using (var journal = EvaluationJournal.Open(_folder.File("j.jsonl")))
        {
            started = journal.Started;
            journal.Add([Item("1"), Item("2")]);
        }

        File.AppendAllText(_folder.File("j.jsonl"), "{\"id\":\"3\",\"cat");
        using (var journal = EvaluationJournal.Open(_folder.File("j.jsonl")))
        {
            Assert.Equal(["1", "2"], journal.Known.Keys.Order());
            Assert.Contains("Cannot open", Assert.Throws<ExperimentException>(() => EvaluationJournal.Open(_folder.File("j.jsonl"))).Message, StringComparison.Ordinal);
            journal.Add([Item("3")]);
        }

        using var again = EvaluationJournal.Open(_folder.File("j.jsonl"));
        Assert.Equal(started, again.Started);
        Assert.Equal(["1", "2", "3"], again.Known.Keys.Order());
        Assert.Equal(RunJson.Document(Item("3")), RunJson.Document(again.Known["3"]));
    }

    [Theory]
    [InlineData("{\"id\": 1}\n")]
    [InlineData("not json\n")]
    public void A_damaged_line_is_named(string text) =>
        Assert.Contains("line 1, is damaged", Assert.Throws<ExperimentException>(() => EvaluationJournal.Open(_folder.Write("bad.jsonl", text))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task An_evaluation_that_is_killed_at_random_moments_ends_in_the_files_of_an_undisturbed_one()
    {
        var clock = Stopwatch.StartNew();
        Assert.Equal(0, (await RunAsync(_folder.File("undisturbed"), patience: null)).Code);
        var undisturbed = clock.Elapsed;

        var (random, resumed, finished) = (new Random(1), 0, 0);
        for (var kills = 0; kills < Kills || finished == 0;)
        {
            var target = _folder.File($"killed-{finished}");
            var (code, error) = await RunAsync(target, kills < Kills ? undisturbed * (0.3 + (0.6 * random.NextDouble())) : null);
            resumed += error.Contains("are known from an interrupted evaluation", StringComparison.Ordinal) ? 1 : 0;
            Assert.True(code is 0 or ProgramProcess.Killed, error);
            kills += code == ProgramProcess.Killed ? 1 : 0;
            // A kill can also come when all is written and the journal deleted.
            if (code == 0 || (Files(target, "results_*").Length > 0 && Files(target, "unfinished_*").Length == 0))
            {
                finished++;
                AssertSameFiles(_folder.File("undisturbed"), target);
            }
        }

        Assert.True(resumed > 0, "No start found answers of a killed one.");
    }

    private static string[] Files(string folder, string pattern) => Directory.Exists(folder) ? Directory.GetFiles(folder, pattern, SearchOption.AllDirectories) : [];

    /// <summary>Evaluates in a process, and kills it after a time.</summary>
    private static Task<(int Code, string Error)> RunAsync(string output, TimeSpan? patience) =>
        ProgramProcess.RunAsync(["evaluate", "--template", "compact-direct", "--limit", "12", "--max-new-tokens", "4", "--batch-size", "2", "--threads", "1", "--output-path", output], patience);

    private static void AssertSameFiles(string expected, string actual)
    {
        // The names hold the time, and the results name time, duration and code.
        static Dictionary<string, string> Read(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(
            file => Path.GetFileName(file).Split('_', 2)[0] == "results" ? "results" : Path.GetFileNameWithoutExtension(file)[..^27],
            file =>
            {
                if (Path.GetExtension(file) != ".json")
                {
                    return File.ReadAllText(file);
                }

                var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
                json.Remove("date");
                json.Remove("total_evaluation_time_seconds");
                return json.ToJsonString();
            });
        Assert.Equal(Read(expected), Read(actual));
    }

    private static ItemResult Item(string id) => new() { Id = id, Category = "c", Stem = false, Target = 0, Predicted = 1, Rule = ExtractionRule.Header, Reply = " B", NewTokens = 2, Truncated = false };
}
