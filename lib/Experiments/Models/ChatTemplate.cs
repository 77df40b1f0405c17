using System.Text.Json;
using System.Text.Json.Nodes;
using Experiments.Runs;
using Jint;
using Jint.Native;

namespace Experiments.Models;

/// <summary>One turn of a conversation.</summary>
/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Content">What is said.</param>
public sealed record ChatMessage(string Role, string Content);

/// <summary>A model's chat template, the Jinja program that its <c>tokenizer_config.json</c> or <c>chat_template.jinja</c> holds.</summary>
/// <remarks>Runs in Hugging Face's own engine for chat templates, @huggingface/jinja; see lib/decisions/010-chat-templates.md. Not for several threads at once.</remarks>
public sealed class ChatTemplate : IDisposable
{
    private static readonly string[] NamedTokens = ["bos_token", "eos_token", "unk_token", "pad_token"];

    private readonly string _origin;
    private readonly Engine _engine = new();
    private readonly JsonObject _variables;
    private readonly JsValue _render;

    private ChatTemplate(string origin, string source, JsonObject variables)
    {
        (_origin, Source, _variables) = (origin, source, variables);
        using var program = new StreamReader(typeof(ChatTemplate).Assembly.GetManifestResourceStream("huggingface-jinja.js")!);
        _engine.Modules.Add("jinja", program.ReadToEnd());
        _engine.Modules.Add("render", "import { Template } from 'jinja'; export const make = source => { const t = new Template(source); return json => t.render(JSON.parse(json)); };");
        _render = Explain(() => _engine.Invoke(_engine.Modules.Import("render").Get("make"), source));
    }

    /// <summary>The Jinja program.</summary>
    public string Source { get; }

    /// <summary>Loads the template of a model folder.</summary>
    /// <param name="folder">A Hugging Face folder.</param>
    /// <returns>The template; dispose it.</returns>
    /// <exception cref="ExperimentException">The folder has none, or it is broken.</exception>
    public static ChatTemplate Load(string folder)
    {
        var (file, config) = (Path.Combine(folder, "chat_template.jinja"), Path.Combine(folder, "tokenizer_config.json"));
        var json = File.Exists(config) ? RunJson.ReadObject(config, "JSON", "Download it again.") : [];
        var variables = new JsonObject(NamedTokens.Select(name => KeyValuePair.Create(name, (JsonNode?)TextOf(json[name]))));
        return File.Exists(file)
            ? new ChatTemplate(file, File.ReadAllText(file), variables)
            : new ChatTemplate(config, SourceOf(json["chat_template"]) ?? throw new ExperimentException($"{folder} has no chat template: neither chat_template.jinja, nor chat_template in tokenizer_config.json. Ask without one, as base models are asked."), variables);
    }

    /// <summary>Writes a conversation as the model was trained to read it.</summary>
    /// <param name="messages">The turns, in order.</param>
    /// <param name="addGenerationPrompt">Whether the header of the assistant's next turn follows.</param>
    /// <returns>The prompt, with control tokens such as <c>&lt;s&gt;</c> written out: encode it with <c>addBos: false, controlTokens: true</c>.</returns>
    /// <exception cref="ExperimentException">The template refuses the conversation, for instance a system message.</exception>
    public string Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt = true)
    {
        var variables = (JsonObject)_variables.DeepClone();
        variables["messages"] = new JsonArray([.. messages.Select(message => new JsonObject { ["role"] = message.Role, ["content"] = message.Content })]);
        variables["add_generation_prompt"] = addGenerationPrompt;
        return Explain(() => _engine.Invoke(_render, variables.ToJsonString())).AsString();
    }

    /// <inheritdoc/>
    public void Dispose() => _engine.Dispose();

    private JsValue Explain(Func<JsValue> run)
    {
        try
        {
            return run();
        }
        catch (JintException e)
        {
            throw new ExperimentException($"{_origin}: the chat template fails: {e.Message}", e);
        }
    }

    /// <summary>One template, or the one called <c>default</c> among several.</summary>
    private static string? SourceOf(JsonNode? node) => node is JsonArray several
        ? TextOf(several.OfType<JsonObject>().FirstOrDefault(template => TextOf(template["name"]) == "default")?["template"])
        : TextOf(node);

    /// <summary>A token is a text, or an object with its text as <c>content</c>.</summary>
    private static string? TextOf(JsonNode? node) => node switch
    {
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        JsonObject token => TextOf(token["content"]),
        _ => null,
    };
}
