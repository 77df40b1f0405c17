using Experiments.Data;
using Experiments.Models;
using Experiments.Runs;

namespace Experiments.Evaluation;

/// <summary>All that turns a question into what the model reads: the template, solved examples, and the model's own chat format.</summary>
/// <param name="Template">Words around the question.</param>
public sealed record QuestionPrompt(PromptTemplate Template)
{
    /// <summary>Solved items before each question; null for none.</summary>
    public FewShot? Examples { get; init; }

    /// <summary>Writes the prompt as a user's message, as lm-evaluation-harness does with <c>--apply_chat_template</c>; null for plain text.</summary>
    public ChatTemplate? Chat { get; init; }

    /// <summary>Message before the user's; with <see cref="Chat"/> only. Null for none.</summary>
    public string? SystemMessage { get; init; }

    /// <summary>The name of this variant: <c>paper-cot</c>, <c>harness-mmlu, 5-shot, chat</c>.</summary>
    public string Name => string.Join(", ", new[] { Template.Name, Examples is null ? null : $"{Examples.Count}-shot", Chat is null ? null : "chat", SystemMessage is null ? null : "system message" }.OfType<string>());

    /// <summary>SHA-256 of template, number of examples, chat template and system message.</summary>
    public string ContentHash => Runs.ContentHash.Of(new object?[] { Template.ContentHash, Examples?.Count, Chat?.Source, SystemMessage });

    /// <summary>A template alone.</summary>
    /// <param name="template">Words around the question.</param>
    public static implicit operator QuestionPrompt(PromptTemplate template) => new(template);

    /// <summary>Writes the prompt; the reply continues it.</summary>
    /// <param name="question">Any item with 2 to 26 options.</param>
    /// <returns>The whole text that the model reads.</returns>
    /// <exception cref="ExperimentException">The item is malformed, lacks examples, or the chat template refuses it.</exception>
    public string Render(MultipleChoiceQuestion question)
    {
        var text = Template.Render(question, Examples?.For(question));
        return Chat is null ? text : Chat.Render(SystemMessage is null ? [new("user", text)] : [new("system", SystemMessage), new("user", text)]);
    }

    /// <summary>What log-likelihoods compare as continuations of <see cref="Render"/>.</summary>
    /// <param name="question">Any item.</param>
    /// <param name="option">0-based option.</param>
    /// <returns>The template's continuation; in a chat without the space before it.</returns>
    public string Continuation(MultipleChoiceQuestion question, int option) =>
        Chat is null ? Template.Continuation(question, option) : Template.Continuation(question, option).TrimStart(' ');

    /// <summary>Encodes what <see cref="Render"/> wrote. A chat template writes control tokens itself, BOS too.</summary>
    internal int[] Encode(TextTokenizer tokenizer, string text) => tokenizer.Encode(text, addBos: Chat is null, controlTokens: Chat is not null);
}
