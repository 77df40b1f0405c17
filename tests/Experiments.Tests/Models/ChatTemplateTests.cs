using System.Text.Json;
using System.Text.Json.Nodes;
using Experiments.Data;
using Experiments.Evaluation;
using Experiments.Models;
using Experiments.Runs;

namespace Experiments.Tests.Models;

public sealed class ChatTemplateTests : IDisposable
{
    private static readonly MultipleChoiceQuestion Question = new() { Id = "1", Category = "c", Stem = false, Question = "Which is even?", Options = ["1", "2"], Answer = 1 };

    private readonly TemporaryFolder _folder = new();

    /// <summary>Templates in the manner of the published ones, with what Python's jinja2 makes of them under transformers' settings.</summary>
    public static TheoryData<string, int> Cases => [.. ReadCases().Select((item, index) => new TheoryDataRow<string, int>((string)item!["name"]!, index))];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_template_writes_what_transformers_writes(string name, int index)
    {
        var item = ReadCases()[index]!;
        Assert.Equal(name, (string)item["name"]!);
        using var template = Load(new JsonObject { ["chat_template"] = item["template"]!.DeepClone(), ["bos_token"] = new JsonObject { ["content"] = "<s>" }, ["eos_token"] = "</s>" });
        var messages = item["messages"]!.AsArray().Select(message => new ChatMessage((string)message!["role"]!, (string)message["content"]!)).ToList();
        Assert.Equal((string)item["expected"]!, template.Render(messages));
        Assert.Equal((string)item["expected"]!, template.Render(messages));
    }

    [Fact]
    public void The_default_of_several_and_the_file_of_its_own_are_found()
    {
        var several = new JsonArray(new JsonObject { ["name"] = "tool_use", ["template"] = "tools" }, new JsonObject { ["name"] = "default", ["template"] = "{{ messages[0].content }}!" });
        using (var template = Load(new JsonObject { ["chat_template"] = several }))
        {
            Assert.Equal("hello!", template.Render([new("user", "hello")]));
        }

        _folder.Write("chat_template.jinja", "{{ bos_token }}file");
        using var file = Load(new JsonObject { ["bos_token"] = "<s>", ["chat_template"] = several.DeepClone() });
        Assert.Equal("<s>file", file.Render([new("user", "hello")]));
    }

    [Fact]
    public void What_a_template_refuses_and_a_folder_without_one_are_clear_errors()
    {
        using (var template = Load(new JsonObject { ["chat_template"] = "{{ raise_exception('System role not supported') }}" }))
        {
            Assert.Contains("System role not supported", Assert.Throws<ExperimentException>(() => template.Render([new("system", "x")])).Message, StringComparison.Ordinal);
        }

        Assert.Contains("chat template fails", Assert.Throws<ExperimentException>(() => Load(new JsonObject { ["chat_template"] = "{% for %}" })).Message, StringComparison.Ordinal);
        Assert.Contains("has no chat template", Assert.Throws<ExperimentException>(() => Load([])).Message, StringComparison.Ordinal);
        _folder.Write("tokenizer_config.json", "{");
        Assert.Contains("is not JSON", Assert.Throws<ExperimentException>(() => ChatTemplate.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_question_in_a_chat_begins_with_one_bos_and_is_continued_without_a_space()
    {
        using var template = Load(new JsonObject { ["chat_template"] = "{% for m in messages %}{{ bos_token + m.role + ': ' + m.content + eos_token }}{% endfor %}{{ 'assistant:' }}", ["bos_token"] = "<s>", ["eos_token"] = "</s>" });
        var prompt = new QuestionPrompt(PromptTemplates.HarnessMmlu) { Chat = template, SystemMessage = "Be brief." };
        var text = prompt.Render(Question);
        Assert.StartsWith("<s>system: Be brief.</s><s>user: The following are", text, StringComparison.Ordinal);
        Assert.EndsWith("Answer:</s>assistant:", text, StringComparison.Ordinal);
        Assert.Equal("B", prompt.Continuation(Question, 1));
        Assert.Equal("harness-mmlu, chat, system message", prompt.Name);
        Assert.NotEqual(prompt.ContentHash, (prompt with { SystemMessage = "Be long." }).ContentHash);

        var tokenizer = new TextTokenizer(SentencePieceModel.WithBytes(["▁", "a"]));
        var ids = prompt.Encode(tokenizer, text);
        Assert.Equal([tokenizer.BosId, tokenizer.BosId], ids.Where(id => id == tokenizer.BosId));
        Assert.Equal([tokenizer.EosId, tokenizer.EosId], ids.Where(id => id == tokenizer.EosId));
        Assert.Equal(tokenizer.BosId, ids[0]);
    }

    [Fact]
    public void Control_tokens_in_a_text_are_text_unless_asked_for()
    {
        var tokenizer = new TextTokenizer(SentencePieceModel.WithBytes(["▁", "a", "b", "<", "s", ">"]));
        Assert.DoesNotContain(tokenizer.BosId, tokenizer.Encode("a<s>b", addBos: false));
        Assert.Equal([.. tokenizer.Encode("a", addBos: false), tokenizer.BosId, .. tokenizer.Encode("b", addBos: false)], tokenizer.Encode("a<s>b", addBos: false, controlTokens: true));
    }

    private static JsonArray ReadCases() => JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "chat-templates.json")))!.AsArray();

    private ChatTemplate Load(JsonObject config)
    {
        _folder.Write("tokenizer_config.json", JsonSerializer.Serialize(config));
        return ChatTemplate.Load(_folder.Path);
    }
}
