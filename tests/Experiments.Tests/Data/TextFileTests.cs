using Experiments.Data.Instructions;
using Experiments.Runs;
using Experiments.Tests.Models;

namespace Experiments.Tests.Data;

public sealed class TextFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_plain_lines_each_is_a_text_as_it_stands_and_blank_ones_are_passed_over()
    {
        var texts = TextFile.Read(_folder.Write("a.txt", "One.\n\n \t\r\n  {\"text\": 2}\r\n"));
        Assert.Equal([(1, "One."), (4, "  {\"text\": 2}")], texts.Select(text => (text.Line, text.Text)));
    }

    [Fact]
    public void Rows_hold_a_text_or_one_of_the_shapes_of_instructions()
    {
        var texts = TextFile.Read(_folder.Write("a.jsonl", """
            {"text": "One.", "id": 3}

            {"prompt": "1 + 1 =", "completion": " 2"}
            {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
            """));
        Assert.Equal([(1, "One."), (3, "1 + 1 = 2"), (4, "")], texts.Select(text => (text.Line, text.Text)));
        Assert.Equal(["Hi", "Hello"], texts[2].Messages!.Select(turn => turn.Content));
    }

    [Theory]
    [InlineData("a.jsonl", "{\"text\": \"a\"}\n{\"txt\": \"b\"}", "line 2: none of the known shapes: text; prompt and completion; messages; instruction, input and output. It has txt")]
    [InlineData("a.jsonl", "{\"text\": \" \"}", "line 1: 'text' is empty")]
    [InlineData("a.jsonl", "{\"text\": 7}", "line 1: 'text' is not a text")]
    [InlineData("a.json", "[1]", "line 1: not a JSON object")]
    [InlineData("a.txt", "\n \n", "a.txt' holds no texts")]
    [InlineData("a.jsonl", "", "a.jsonl' holds no texts")]
    public void What_holds_no_text_is_named_with_its_line(string name, string content, string message) =>
        Assert.Contains(message, Assert.Throws<ExperimentException>(() => TextFile.Read(_folder.Write(name, content))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("none.txt': it does not exist", Assert.Throws<ExperimentException>(() => TextFile.Read(_folder.File("none.txt"))).Message, StringComparison.Ordinal);
}
