namespace Experiments.Evaluation;

/// <summary>Reads the letter under <c>Response:</c> or <c>Answer:</c>, and nothing else.</summary>
internal static class HeaderRule
{
    // Brackets and Markdown's bold around the letter are fine; another word before it is not.
    private const string Pattern = @"(?:[Rr]esponse|RESPONSE|[Aa]nswer|ANSWER)\**\s*:[\s*(\[""]*{letter}";

    /// <summary>Takes the first header that names an option: a model that runs on and asks itself another question answers that one later.</summary>
    /// <param name="reply">What the model wrote.</param>
    /// <param name="options">Number of options.</param>
    /// <param name="style">A direct prompt ends in the header itself, so its reply is read as continuing it.</param>
    internal static ExtractedAnswer Read(string reply, int options, AnswerStyle style)
    {
        var text = style == AnswerStyle.Direct ? $"Answer: {reply}" : reply;
        return LetterPattern.FirstOption(Pattern, options, text) is { } option ? new(option, ExtractionRule.Header) : ExtractedAnswer.None;
    }
}
