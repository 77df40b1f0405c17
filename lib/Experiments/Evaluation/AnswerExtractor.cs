using Experiments.Data;
using Experiments.Runs;

namespace Experiments.Evaluation;

/// <summary>Which rule read the answer.</summary>
public enum ExtractionRule
{
    /// <summary>No rule applied: the item counts as wrong.</summary>
    Unparsed,

    /// <summary>A letter under the header that the prompt asks for: <c>Response: B</c>, <c>Answer: B</c>.</summary>
    Header,

    /// <summary>"The answer (or choice) is B", "choose B".</summary>
    AnswerIs,

    /// <summary>"B is correct".</summary>
    LetterIsCorrect,

    /// <summary>The reply starts with a letter.</summary>
    LeadingLetter,

    /// <summary>The first letter that stands alone.</summary>
    LoneLetter,

    /// <summary>The fallback: no letter at all, so the option whose text is closest to the reply.</summary>
    ClosestOption,

    /// <summary>The last letter that stands alone.</summary>
    LastLetter,

    /// <summary>A person read the reply.</summary>
    Reviewed,

    /// <summary>No reply: the option that the model finds likeliest.</summary>
    LogLikelihood,
}

/// <summary>An answer read from a reply.</summary>
/// <param name="Option">0-based option; null when unparsed.</param>
/// <param name="Rule">The rule that fired.</param>
public readonly record struct ExtractedAnswer(int? Option, ExtractionRule Rule)
{
    /// <summary>No rule applied.</summary>
    public static ExtractedAnswer None { get; } = new(null, ExtractionRule.Unparsed);
}

/// <summary>A named way of reading the chosen option from a generated reply.</summary>
/// <remarks>Several can read the same replies, so that a result which hangs on the reader shows.</remarks>
public sealed class AnswerExtractor
{
    private readonly Func<string, MultipleChoiceQuestion, AnswerStyle, ExtractedAnswer> _read;

    /// <summary>Makes an extractor.</summary>
    /// <param name="name">Name in results.</param>
    /// <param name="read">Reads a reply to a question that was asked in a style.</param>
    public AnswerExtractor(string name, Func<string, MultipleChoiceQuestion, AnswerStyle, ExtractedAnswer> read) => (Name, _read) = (name, read);

    /// <summary>Name in results.</summary>
    public string Name { get; }

    /// <summary>Only a letter under the header counts; a reply to a direct prompt continues its <c>Answer:</c>.</summary>
    public static AnswerExtractor StrictHeader { get; } = new("strict-header", (reply, question, style) => HeaderRule.Read(reply, question.Options.Count, style));

    /// <summary>The rules of the paper, in its order; blind to headers, and it guesses rather than gives up.</summary>
    public static AnswerExtractor PaperCascade { get; } = new("paper-cascade", (reply, question, _) => LetterCascade.Read(reply, question.Options));

    /// <summary>The header where there is one, else the paper's cascade. The default.</summary>
    public static AnswerExtractor HeaderThenCascade { get; } = new("header-then-cascade", (reply, question, style) =>
        StrictHeader.Extract(reply, question, style) is { Option: not null } answer ? answer : PaperCascade.Extract(reply, question, style));

    /// <summary>The last letter that stands alone, for models that conclude in free words.</summary>
    public static AnswerExtractor LastLetter { get; } = new("last-letter", (reply, question, _) =>
        LetterPattern.LastOption("{letter}", question.Options.Count, reply) is { } option ? new(option, ExtractionRule.LastLetter) : ExtractedAnswer.None);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<AnswerExtractor> All { get; } = [StrictHeader, PaperCascade, HeaderThenCascade, LastLetter];

    /// <summary>Finds a built-in extractor.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The extractor.</returns>
    /// <exception cref="ExperimentException">There is none of that name.</exception>
    public static AnswerExtractor Find(string name) =>
        All.FirstOrDefault(extractor => extractor.Name == name)
        ?? throw new ExperimentException($"There is no answer extractor '{name}'. Known: {string.Join(", ", All.Select(extractor => extractor.Name))}.");

    /// <summary>Reads a reply.</summary>
    /// <param name="reply">What the model wrote after the prompt.</param>
    /// <param name="question">The item, for its options.</param>
    /// <param name="style">How it was asked.</param>
    /// <returns>The option and the rule, or unparsed.</returns>
    public ExtractedAnswer Extract(string reply, MultipleChoiceQuestion question, AnswerStyle style) => _read(reply, question, style);
}
