using Experiments.Runs;

namespace Experiments.Evaluation;

/// <summary>The built-in prompts, by name.</summary>
public static class PromptTemplates
{
    private const string DirectLayout = "{question}\n\n{options}\n Answer:";
    private const string OptionsFirst = "Options:\n{options}\n {question}\n ";
    private const string AnalysisLayout = "{question}\n\n{options}\n Analysis:";

    /// <summary>For the embedded model: options, question, <c> Answer:</c>; nothing around it.</summary>
    public static PromptTemplate CompactDirect { get; } = new() { Name = "compact-direct", Style = AnswerStyle.Direct, Layout = OptionsFirst + "Answer:" };

    /// <summary>For the embedded model: options, question, <c> Analysis:</c>; the reply ends in <c> Response: B</c>.</summary>
    public static PromptTemplate CompactCot { get; } = new() { Name = "compact-cot", Style = AnswerStyle.ChainOfThought, Layout = OptionsFirst + "Analysis:" };

    /// <summary>The paper's direct prompt, which has no preamble either (arXiv 2403.14932).</summary>
    public static PromptTemplate PaperDirect { get; } = new() { Name = "paper-direct", Style = AnswerStyle.Direct, Layout = DirectLayout };

    /// <summary>The paper's structured Chain of Thought, in our words: analyse every option, then answer under a header.</summary>
    public static PromptTemplate PaperCot { get; } = new()
    {
        Name = "paper-cot",
        Style = AnswerStyle.ChainOfThought,
        Preamble = """
            Below is a multiple-choice question with {count} options, {letters}. Exactly one of them is right.
            Reply in two sections. In the first, headed "Analysis:", work through the question step by step and discuss each
            option in turn, saying what speaks for it and what against it. In the second, headed "Response:", write
            only the letter of the option that you choose: {letters}.


            """.ReplaceLineEndings("\n"),
        Layout = AnalysisLayout,
    };

    /// <summary>MMLU as lm-evaluation-harness asks it.</summary>
    public static PromptTemplate HarnessMmlu { get; } = new()
    {
        Name = "harness-mmlu",
        Style = AnswerStyle.Direct,
        Preamble = "The following are multiple choice questions (with answers) about {subject}.\n\n",
        Layout = "{question|trim}\n{options}\nAnswer:",
    };

    /// <summary>PIQA as lm-evaluation-harness asks it: the solutions' texts are compared and not shown.</summary>
    public static PromptTemplate HarnessPiqa { get; } = new() { Name = "harness-piqa", Style = AnswerStyle.Direct, Layout = "Question: {question}\nAnswer:", Options = OptionForm.Text };

    /// <summary>Social IQa as lm-evaluation-harness asks it: the answers' texts are compared and not shown.</summary>
    public static PromptTemplate HarnessSocialIqa { get; } = new() { Name = "harness-social-iqa", Style = AnswerStyle.Direct, Layout = "Q: {question}\nA:", Options = OptionForm.Text };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<PromptTemplate> All { get; } = [CompactDirect, CompactCot, PaperDirect, PaperCot, HarnessMmlu, HarnessPiqa, HarnessSocialIqa];

    /// <summary>Finds a built-in prompt.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The template.</returns>
    /// <exception cref="ExperimentException">There is none of that name.</exception>
    public static PromptTemplate Find(string name) =>
        All.FirstOrDefault(template => template.Name == name)
        ?? throw new ExperimentException($"There is no prompt template '{name}'. Known: {string.Join(", ", All.Select(template => template.Name))}.");
}
