using Experiments.Data;
using Experiments.Evaluation;
using Experiments.Runs;

namespace Experiments.Tests.Evaluation;

public class PromptTemplateTests
{
    private static readonly MultipleChoiceQuestion Item = new()
    {
        Id = "kin-1",
        Category = "family_ties",
        Stem = false,
        Question = "Who is Ann's aunt?",
        Options = ["Bea", "Cat", "Dot", "Eve"],
        Answer = 1,
        Analysis = "Ann's mother is Flo. Flo's sister is Cat.",
    };

    [Fact]
    public void Compact_direct_is_the_options_the_question_and_an_answer_cue() =>
        Assert.Equal("Options:\nA. Bea\nB. Cat\nC. Dot\nD. Eve\n Who is Ann's aunt?\n Answer:", PromptTemplates.CompactDirect.Render(Item));

    [Fact]
    public void Compact_cot_differs_only_in_its_cue() =>
        Assert.Equal("Options:\nA. Bea\nB. Cat\nC. Dot\nD. Eve\n Who is Ann's aunt?\n Analysis:", PromptTemplates.CompactCot.Render(Item));

    [Fact]
    public void Targets_are_the_letter_or_the_analysis_with_a_response()
    {
        Assert.Equal(" B", PromptTemplates.CompactDirect.Target(Item));
        Assert.Equal(" Ann's mother is Flo. Flo's sister is Cat.\n Response: B", PromptTemplates.CompactCot.Target(Item));
    }

    [Fact]
    public void Harness_mmlu_is_the_harness_prompt() =>
        Assert.Equal(
            "The following are multiple choice questions (with answers) about family ties.\n\nWho?\nA. Bea\nB. Cat\nC. Dot\nD. Eve\nAnswer:",
            PromptTemplates.HarnessMmlu.Render(Item with { Question = " Who?\n" }));

    [Fact]
    public void Harness_piqa_and_social_iqa_compare_texts_and_show_no_options()
    {
        Assert.Equal("Question: Who is Ann's aunt?\nAnswer:", PromptTemplates.HarnessPiqa.Render(Item));
        Assert.Equal("Q: Who is Ann's aunt?\nA:", PromptTemplates.HarnessSocialIqa.Render(Item));
        Assert.Equal(" Cat", PromptTemplates.HarnessPiqa.Continuation(Item, 1));
        Assert.Equal(" Cat", PromptTemplates.HarnessPiqa.Target(Item));
        Assert.Equal(" C", PromptTemplates.HarnessMmlu.Continuation(Item, 2));
    }

    [Fact]
    public void Examples_stand_solved_between_the_preamble_and_the_question()
    {
        var example = Item with { Id = "kin-0", Question = "Who is Bob's aunt?", Answer = 3 };
        Assert.Equal(
            "The following are multiple choice questions (with answers) about family ties.\n\n"
            + "Who is Bob's aunt?\nA. Bea\nB. Cat\nC. Dot\nD. Eve\nAnswer: D\n\n"
            + "Who is Ann's aunt?\nA. Bea\nB. Cat\nC. Dot\nD. Eve\nAnswer:",
            PromptTemplates.HarnessMmlu.Render(Item, [example]));
        Assert.Equal("Question: Who is Bob's aunt?\nAnswer: Eve\n\nQuestion: Who is Ann's aunt?\nAnswer:", PromptTemplates.HarnessPiqa.Render(Item, [example]));
    }

    [Fact]
    public void Examples_are_the_first_of_the_category_and_never_the_question_itself()
    {
        MultipleChoiceQuestion[] pool = [Item with { Question = "1" }, Item with { Question = "2", Category = "other" }, Item with { Question = "3" }, Item with { Question = "4" }];
        Assert.Equal(["1", "3"], new FewShot(pool, 2).For(Item).Select(example => example.Question));
        Assert.Contains("there are 3 of the category 'family_ties'", Assert.Throws<ExperimentException>(() => new FewShot(pool, 4).For(Item)).Message);
        Assert.Contains("its own examples", Assert.Throws<ExperimentException>(() => new FewShot(pool, 2).For(pool[0])).Message);
        Assert.Contains("at least 1", Assert.Throws<ExperimentException>(() => new FewShot(pool, 0)).Message);
    }

    [Theory]
    [InlineData(2, "with 2 options, A or B.")]
    [InlineData(3, "with 3 options, A, B or C.")]
    [InlineData(26, "X, Y or Z.")]
    public void Paper_cot_names_exactly_the_options_there_are(int count, string expected)
    {
        var prompt = PromptTemplates.PaperCot.Render(Item with { Options = [.. Enumerable.Range(0, count).Select(i => $"option {i}")] });
        Assert.Contains(expected, prompt);
        Assert.EndsWith($"\n{(char)('A' + count - 1)}. option {count - 1}\n Analysis:", prompt);
        Assert.Contains("\n\nWho is Ann's aunt?\n\nA. option 0\n", prompt);
        Assert.DoesNotContain('\r', prompt);
    }

    [Fact]
    public void Braces_in_a_question_are_left_alone() =>
        Assert.StartsWith("Options:\nA. {question}\nB. x\n What is {options}?\n", PromptTemplates.CompactDirect.Render(Item with { Question = "What is {options}?", Options = ["{question}", "x"] }));

    [Fact]
    public void The_hash_follows_the_content_and_not_the_name()
    {
        var template = PromptTemplates.CompactDirect;
        Assert.Equal(64, template.ContentHash.Length);
        Assert.Equal(template.ContentHash, (template with { Name = "mine" }).ContentHash);
        Assert.NotEqual(template.ContentHash, (template with { Layout = template.Layout + " " }).ContentHash);
        Assert.NotEqual(template.ContentHash, PromptTemplates.CompactCot.ContentHash);
    }

    [Fact]
    public void Bad_items_and_names_are_rejected_in_words()
    {
        Assert.Contains("2 to 26", Assert.Throws<ExperimentException>(() => PromptTemplates.CompactDirect.Render(Item with { Options = ["only"] })).Message);
        Assert.Contains("kin-1", Assert.Throws<ExperimentException>(() => PromptTemplates.CompactDirect.Target(Item with { Answer = 4 })).Message);
        Assert.Contains("no analysis", Assert.Throws<ExperimentException>(() => PromptTemplates.CompactCot.Target(Item with { Analysis = null })).Message);
        Assert.Contains("{whatever}", Assert.Throws<ExperimentException>(() => new PromptTemplate { Name = "x", Style = AnswerStyle.Direct, Layout = "{whatever}" }.Render(Item)).Message);
        Assert.Contains("compact-cot", Assert.Throws<ExperimentException>(() => PromptTemplates.Find("nope")).Message);
        Assert.All(PromptTemplates.All, template => Assert.Same(template, PromptTemplates.Find(template.Name)));
    }
}
