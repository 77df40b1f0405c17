using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Experiments.Data;
using Experiments.Runs;

namespace Experiments.Evaluation;

/// <summary>How a prompt asks for the answer.</summary>
public enum AnswerStyle
{
    /// <summary>The letter at once.</summary>
    Direct,

    /// <summary>Chain of Thought: an analysis, then the letter under a header.</summary>
    ChainOfThought,
}

/// <summary>What stands for an option behind the cue: what the model is to write, and what log-likelihoods compare.</summary>
public enum OptionForm
{
    /// <summary>The option's letter; the prompt lists the options.</summary>
    Letter,

    /// <summary>The option's text; the prompt need not show the options.</summary>
    Text,
}

/// <summary>The text around a multiple-choice question: what the model reads, and what a fine-tuned model should write next.</summary>
/// <remarks>
/// Evaluation and training use the same template, so that both see the very same strings. <see cref="Preamble"/> and
/// <see cref="Layout"/> may hold the placeholders <c>{question}</c>, <c>{question|trim}</c>, <c>{options}</c> (one
/// <c>A. …</c> line each), <c>{letters}</c> (<c>A, B or C</c>), <c>{count}</c> and <c>{subject}</c> (the category in words).
/// </remarks>
public sealed partial record PromptTemplate
{
    /// <summary>Name in results and on the command line.</summary>
    public required string Name { get; init; }

    /// <summary>How the answer is asked for; decides what <see cref="Target"/> writes.</summary>
    public required AnswerStyle Style { get; init; }

    /// <summary>Text before the question; written once.</summary>
    public string Preamble { get; init; } = "";

    /// <summary>The question, its options and the cue that the reply continues.</summary>
    public required string Layout { get; init; }

    /// <summary>What stands for an option behind the cue.</summary>
    public OptionForm Options { get; init; }

    /// <summary>What a Chain-of-Thought target writes between the analysis and the letter.</summary>
    public string ResponseHeader { get; init; } = "\n Response: ";

    /// <summary>SHA-256 of everything but the name, in lower-case hex: equal hashes mean equal prompts and targets.</summary>
    public string ContentHash =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new[] { Style.ToString(), Preamble, Layout, Options.ToString(), ResponseHeader })));

    /// <summary>Writes the prompt; the reply continues it.</summary>
    /// <param name="question">Any item with 2 to 26 options.</param>
    /// <param name="examples">Solved items that stand before it, each with its <see cref="Target"/> and an empty line, as in lm-evaluation-harness; null for none.</param>
    /// <returns>The prompt, ending in the cue.</returns>
    /// <exception cref="ExperimentException">An item is malformed, or the template has an unknown placeholder.</exception>
    public string Render(MultipleChoiceQuestion question, IReadOnlyList<MultipleChoiceQuestion>? examples = null)
    {
        Check(question);
        var shots = (examples ?? []).Select(example => $"{Fill(Layout, example)}{Target(example)}\n\n");
        return $"{Fill(Preamble, question)}{string.Concat(shots)}{Fill(Layout, question)}";
    }

    /// <summary>What log-likelihoods compare as continuations of <see cref="Render"/>.</summary>
    /// <param name="question">Any item.</param>
    /// <param name="option">0-based option.</param>
    /// <returns><c>" B"</c>, or a space and the option's text.</returns>
    public string Continuation(MultipleChoiceQuestion question, int option) => $" {(Options == OptionForm.Letter ? MultipleChoiceQuestion.LetterOf(option) : question.Options[option])}";

    /// <summary>The text that a fine-tuned model should write after <see cref="Render"/>; an end-of-sequence token follows it.</summary>
    /// <param name="question">Any item; for Chain of Thought it needs an analysis.</param>
    /// <returns>The right option's <see cref="Continuation"/>, or the analysis and <c>"\n Response: B"</c>.</returns>
    /// <exception cref="ExperimentException">The item is malformed or has no analysis.</exception>
    public string Target(MultipleChoiceQuestion question)
    {
        Check(question);
        return Style == AnswerStyle.Direct
            ? Continuation(question, question.Answer)
            : $" {question.Analysis ?? throw new ExperimentException($"Question {question.Id} has no analysis, so {Name} cannot show it solved. Use a direct template, or add one.")}{ResponseHeader}{question.Letter}";
    }

    private static void Check(MultipleChoiceQuestion question)
    {
        if (question.Options.Count is < 2 or > MultipleChoiceQuestion.MostOptions)
        {
            throw new ExperimentException($"Question {question.Id} has {question.Options.Count} options; a multiple-choice question has 2 to {MultipleChoiceQuestion.MostOptions}.");
        }

        if (question.Answer < 0 || question.Answer >= question.Options.Count)
        {
            throw new ExperimentException($"Question {question.Id} names option {question.Answer} as the answer; it has options 0 to {question.Options.Count - 1}.");
        }
    }

    // Placeholders are replaced in one pass: a question that talks about {options} stays as it is.
    private string Fill(string text, MultipleChoiceQuestion question) => Placeholder().Replace(text, match => Value(match.Groups[1].Value, question));

    private string Value(string placeholder, MultipleChoiceQuestion question) => placeholder switch
    {
        "question" => question.Question,
        "question|trim" => question.Question.Trim(),
        "options" => MultipleChoiceQuestion.Lines(question.Options),
        "letters" => Letters(question.Options.Count),
        "count" => question.Options.Count.ToString(System.Globalization.CultureInfo.InvariantCulture),
        "subject" => question.Category.Replace('_', ' '),
        _ => throw new ExperimentException($"Prompt template {Name} has the unknown placeholder {{{placeholder}}}. Known: {{question}}, {{question|trim}}, {{options}}, {{letters}}, {{count}}, {{subject}}."),
    };

    private static string Letters(int count)
    {
        var letters = Enumerable.Range(0, count).Select(MultipleChoiceQuestion.LetterOf).ToArray();
        return $"{string.Join(", ", letters[..^1])} or {letters[^1]}";
    }

    [GeneratedRegex(@"\{([a-z|]+)\}")]
    private static partial Regex Placeholder();
}
