namespace Experiments.Data;

/// <summary>One multiple-choice item of any dataset.</summary>
public sealed record MultipleChoiceQuestion
{
    /// <summary>Most options that a question can have: one for each letter.</summary>
    public const int MostOptions = 26;

    /// <summary>Stable identifier within its dataset.</summary>
    public required string Id { get; init; }

    /// <summary>Category or subject, such as <c>kinship</c>.</summary>
    public required string Category { get; init; }

    /// <summary>Whether the category counts as STEM.</summary>
    public required bool Stem { get; init; }

    /// <summary>The question, with its context.</summary>
    public required string Question { get; init; }

    /// <summary>The options' texts, in the order A, B, C, ….</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>0-based index of the right option.</summary>
    public required int Answer { get; init; }

    /// <summary>A worked analysis, where the dataset has one; fine-tuning targets it.</summary>
    public string? Analysis { get; init; }

    /// <summary>Letter of the right option.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Letter => LetterOf(Answer);

    /// <summary>Options as prompts and people read them: one <c>A. …</c> line each.</summary>
    /// <param name="options">The options' texts.</param>
    /// <returns>The lines, without a last line end.</returns>
    public static string Lines(IEnumerable<string> options) => string.Join('\n', options.Select((text, i) => $"{LetterOf(i)}. {text}"));

    /// <summary>Letter of an option: A for 0.</summary>
    /// <param name="index">0-based option.</param>
    /// <returns>One upper-case letter.</returns>
    public static string LetterOf(int index) => ((char)('A' + index)).ToString();
}
