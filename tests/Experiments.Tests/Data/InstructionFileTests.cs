using Experiments.Data.Instructions;
using Experiments.Runs;
using Experiments.Tests.Models;

namespace Experiments.Tests.Data;

public sealed class InstructionFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_three_common_shapes_are_read_side_by_side()
    {
        var examples = InstructionFile.Read(_folder.Write("mixed.jsonl", """
            {"id": "x", "prompt": "1 + 1 =", "completion": " 2"}

            {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
            {"instruction": "Add.", "input": "1 and 2", "output": "3"}
            {"instruction": "Greet.", "input": "", "output": "Hello"}
            """));
        Assert.Equal(["x", "mixed-3", "mixed-4", "mixed-5"], examples.Select(example => example.Id));
        Assert.Equal(("1 + 1 =", " 2"), (examples[0].Prompt, examples[0].Completion));
        Assert.Equal(["system: Be brief.", "user: Hi", "assistant: Hello"], examples[1].Messages!.Select(message => $"{message.Role}: {message.Content}"));
        Assert.EndsWith("### Instruction:\nAdd.\n\n### Input:\n1 and 2\n\n### Response:\n", examples[2].Prompt, StringComparison.Ordinal);
        Assert.EndsWith("completes the request.\n\n### Instruction:\nGreet.\n\n### Response:\n", examples[3].Prompt, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"text": "a"}""", "line 1: none of the known shapes")]
    [InlineData("""{"prompt": "a"}""", "'completion' is missing")]
    [InlineData("""{"prompt": "a", "completion": ""}""", "nothing to learn")]
    [InlineData("""{"prompt": "a", "completion": 3}""", "'completion' is not a text")]
    [InlineData("""{"messages": [{"role": "user", "content": "Hi"}]}""", "no turn of the assistant")]
    [InlineData("""{"messages": [{"role": "model", "content": "Hi"}]}""", "turn 1 of 'messages' has role 'model'")]
    [InlineData("""{"messages": [{"role": "user"}]}""", "turn 1 of 'messages' needs 'role' and 'content'")]
    [InlineData("""{"messages": "Hi"}""", "'messages' is not a list")]
    [InlineData("""{"instruction": "a"}""", "'output' is missing")]
    [InlineData("nonsense", "not a JSON object")]
    [InlineData("", "holds no examples")]
    public void What_cannot_be_learned_from_is_named_with_its_line(string line, string message) =>
        Assert.Contains(message, Assert.Throws<ExperimentException>(() => InstructionFile.Read(_folder.Write("bad.jsonl", line))).Message, StringComparison.Ordinal);
}
