using Experiments.Data.Benchmarks;
using Experiments.Runs;
using Experiments.Tests.Models;

namespace Experiments.Tests.Data;

public sealed class MmluTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_groups_have_the_published_numbers_of_subjects()
    {
        var counts = MmluSubjects.All.CountBy(subject => MmluSubjects.GroupOf(subject)!.Value).ToDictionary();
        Assert.Equal(57, MmluSubjects.All.Count);
        Assert.Equal([19, 13, 12, 13], [counts[MmluGroup.Stem], counts[MmluGroup.Humanities], counts[MmluGroup.SocialSciences], counts[MmluGroup.Other]]);
        Assert.Equal(MmluGroup.Other, MmluSubjects.GroupOf("anatomy", anatomyIsStem: false));
    }

    [Theory]
    [InlineData("")]
    [InlineData("test")]
    public void Quoted_newlines_commas_and_quotes_are_read(string within)
    {
        _folder.Write(Path.Combine(within, "astronomy_test.csv"), "\"What is a (\"\"type one-a\"\")\nsupernova, then?\",\"a, b\",2,3,4,C\r\nSecond,1,2,3,4,A\r\n");
        var questions = Mmlu.Read(_folder.Path, subjects: ["astronomy"]);
        Assert.Equal(["What is a (\"type one-a\")\nsupernova, then?", "Second"], questions.Select(question => question.Question));
        Assert.Equal(["astronomy-0", "astronomy-1"], questions.Select(question => question.Id));
        Assert.Equal(["a, b", "2", "3", "4"], questions[0].Options);
        Assert.Equal([2, 0], questions.Select(question => question.Answer));
        Assert.All(questions, question => Assert.True(question.Stem));
    }

    [Theory]
    [InlineData("q,1,2,3,4,A\nq,1,2,3,A\n", "line 2: 5 fields")]
    [InlineData("q,1,2,3,4,E\n", "line 1: 6 fields, the last 'E'")]
    public void A_malformed_row_is_named_by_file_and_line(string text, string where)
    {
        _folder.Write("astronomy_test.csv", text);
        var error = Assert.Throws<ExperimentException>(() => Mmlu.Read(_folder.Path, subjects: ["astronomy"]));
        Assert.Contains("astronomy_test.csv", error.Message, StringComparison.Ordinal);
        Assert.Contains(where, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_subjects_are_an_error_and_not_a_smaller_benchmark()
    {
        _folder.Write("astronomy_test.csv", "q,1,2,3,4,A\n");
        var error = Assert.Throws<ExperimentException>(() => Mmlu.Read(_folder.Path));
        Assert.Contains("lacks 56 of 57 subjects: abstract_algebra, anatomy,", error.Message, StringComparison.Ordinal);
        Assert.Contains("Unknown MMLU subject astrology", Assert.Throws<ExperimentException>(() => Mmlu.Read(_folder.Path, subjects: ["astrology"])).Message, StringComparison.Ordinal);
    }

    /// <summary>The fixture is written by Apache Arrow's own writer, as a hub's files are.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("all")]
    public void A_hubs_parquet_is_read_subject_by_subject(string within)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, within)).FullName;
        File.Copy(QuestionFileTests.Parquet("mmlu-test-00000-of-00001.parquet"), Path.Combine(folder, "test-00000-of-00001.parquet"));
        var questions = Mmlu.Read(_folder.Path, subjects: ["abstract_algebra", "anatomy"]);
        Assert.Equal([("abstract_algebra-0", 1), ("abstract_algebra-1", 3), ("anatomy-0", 2)], questions.Select(question => (question.Id, question.Answer)));
        Assert.Equal(["femur", "tibia", "humerus", "rib"], questions[2].Options);
        Assert.Equal("Which bone is in the arm?\nThink of \"humerus\".", questions[2].Question);
        Assert.Contains("lacks the subject astronomy", Assert.Throws<ExperimentException>(() => Mmlu.Read(_folder.Path, subjects: ["anatomy", "astronomy"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_published_test_split_parses_whole()
    {
        var questions = Mmlu.Read(SharedData.Folder("mmlu"));
        var counts = questions.CountBy(question => MmluSubjects.GroupOf(question.Category)!.Value).ToDictionary();
        Assert.Equal(14_042, questions.Count);
        Assert.Equal([3153, 4705, 3077, 3107], [counts[MmluGroup.Stem], counts[MmluGroup.Humanities], counts[MmluGroup.SocialSciences], counts[MmluGroup.Other]]);
        Assert.Equal(3153, questions.Count(question => question.Stem));
    }
}
