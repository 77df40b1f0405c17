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

    /// <summary>What a Chain-of-Thought target writes between the analysis and the letter.</summary>
    public string ResponseHeader { get; init; } = "\n Response: ";

    /// <summary>SHA-256 of everything but the name, in lower-case hex: equal hashes mean equal prompts and targets.</summary>
    public string ContentHash =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new[] { Style.ToString(), Preamble, Layout, ResponseHeader })));

    /// <summary>Writes the prompt; the reply continues it.</summary>
    /// <param name="question">Any item with 2 to 26 options.</param>
    /// <returns>The prompt, ending in the cue.</returns>
    /// <exception cref="ExperimentException">The item is malformed, or the template has an unknown placeholder.</exception>
    public string Render(MultipleChoiceQuestion question)
    {
        Check(question);
        // Placeholders are replaced in one pass: a question that talks about {options} stays as it is.
        return Placeholder().Replace(Preamble + Layout, match => Fill(match.Groups[1].Value, question));
    }

    /// <summary>The text that a fine-tuned model should write after <see cref="Render"/>; an end-of-sequence token follows it.</summary>
    /// <param name="question">Any item; for Chain of Thought it needs an analysis.</param>
    /// <returns><c>" B"</c>, or the analysis and <c>"\n Response: B"</c>.</returns>
    /// <exception cref="ExperimentException">The item is malformed or has no analysis.</exception>
    public string Target(MultipleChoiceQuestion question)
    {
        Check(question);
        return Style == AnswerStyle.Direct
            ? $" {question.Letter}"
            : $" {question.Analysis ?? throw new ExperimentException($"Question {question.Id} has no analysis, so {Name} cannot be trained on it. Use a direct template, or add one.")}{ResponseHeader}{question.Letter}";
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

    private string Fill(string placeholder, MultipleChoiceQuestion question) => placeholder switch
    {
        "question" => question.Question,
        "question|trim" => question.Question.Trim(),
        "options" => string.Join('\n', question.Options.Select((text, i) => $"{MultipleChoiceQuestion.LetterOf(i)}. {text}")),
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
