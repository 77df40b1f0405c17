using Experiments.Reporting;
using Experiments.Runs;
using Experiments.Studies;
using Experiments.Tests.Models;
using Experiments.Training;

namespace Experiments.Tests.Studies;

public sealed class InstructionExamplesTests : IDisposable
{
    private const string Template = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_answer_and_the_end_are_learned_and_the_prompt_is_not()
    {
        var preview = Preview("""{"prompt": "Ann likes tea.\nWho likes tea?\n", "completion": "Ann: tea."}""");
        Assert.Equal("Ann: tea.</s>", Learned(preview));
        Assert.Equal("<s>Ann likes tea.\nWho likes tea?\nAnn: tea.</s>", string.Concat(preview.Tokens.Select(token => token.Text)));
    }

    [Fact]
    public void In_a_conversation_every_turn_of_the_assistant_is_learned_with_its_end()
    {
        var model = Model(Template);
        var preview = Preview("""{"messages": [{"role": "user", "content": "Ann"}, {"role": "assistant", "content": "tea"}, {"role": "user", "content": "Bob"}, {"role": "assistant", "content": "rice"}]}""", model);
        Assert.Equal("tea</s>rice</s>", Learned(preview));
    }

    [Fact]
    public void A_template_that_rewrites_earlier_turns_and_a_missing_one_are_clear_errors()
    {
        const string chat = """{"id": "q7", "messages": [{"role": "user", "content": "Ann"}, {"role": "assistant", "content": "tea"}, {"role": "user", "content": "Bob"}, {"role": "assistant", "content": "rice"}]}""";
        var rewriting = Model("{% for m in messages %}{{ m.content }}{% if loop.last %}!{% endif %}{% endfor %}");
        Assert.Contains("Example 'q7'", Assert.Throws<ExperimentException>(() => Preview(chat, rewriting)).Message, StringComparison.Ordinal);
        Assert.Contains("no chat template", Assert.Throws<ExperimentException>(() => Preview(chat, EmbeddedModel.Folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_are_drawn_by_weight_and_each_is_seen_whole_before_it_repeats()
    {
        var (often, seldom) = (File("often", 30), File("seldom", 10));
        using var examples = Examples([new(often, 3), new(seldom)], validation: often);
        var drawn = examples.Training().Take(400).Select(example => example.Id!).ToList();
        Assert.InRange(drawn.Count(id => id.StartsWith("often", StringComparison.Ordinal)), 270, 330);
        Assert.Equal(30, drawn.Where(id => id.StartsWith("often", StringComparison.Ordinal)).Take(30).Distinct().Count());
        Assert.Equal(drawn, examples.Training().Take(400).Select(example => example.Id!));
    }

    [Fact]
    public void Five_percent_are_kept_for_validation_and_never_trained_on()
    {
        using var examples = Examples([new(File("all", 60))]);
        var held = examples.Validation.Select(example => example.Id).ToList();
        Assert.Equal(3, held.Count);
        Assert.Equal(57, examples.Training().Take(114).Select(example => example.Id).Distinct().Except(held).Count());
    }

    [Fact]
    public void Examples_longer_than_the_context_lose_their_end_or_are_left_out_and_are_counted()
    {
        List<string> notices = [];
        var file = _folder.Write("long.jsonl", $$"""
            {"id": "short", "prompt": "Ann", "completion": " tea"}
            {"id": "cut", "prompt": "Ann", "completion": "{{string.Concat(Enumerable.Repeat(" tea", 40))}}"}
            {"id": "hopeless", "prompt": "{{string.Concat(Enumerable.Repeat(" tea", 40))}}", "completion": " Ann"}
            """);
        using var loaded = LoadedModel.Open(EmbeddedModel.Folder);
        using var examples = new InstructionExamples(loaded, new FineTuneOptions { Data = [new(file)], ValidationData = file, MaxLength = 20 }, notices.Add);
        Assert.Equal(["cut", "short"], examples.Training().Take(20).Select(example => example.Id!).Distinct().Order());
        Assert.Equal(20, examples.Validation.Max(example => example.Ids.Length));
        Assert.Equal(2, notices.Count);
    }

    [Fact]
    public void A_model_learns_an_answer_from_a_file_and_a_changed_file_is_another_run()
    {
        var file = File("facts", 40);
        var options = new FineTuneOptions
        {
            Data = [new(file)],
            Training = new TrainingOptions { Steps = 40, BatchSize = 8, MicroBatches = 2, LearningRate = 3e-3, WarmupSteps = 5, EvaluateEvery = 20 },
        };
        var workspace = Workspace.Open(output: _folder.File("results"));
        var tuned = FineTuneStudy.Run(workspace, options: options);
        Assert.True(tuned.Training.BestValidationLoss < 0.5 * tuned.Training.History[0].Loss);
        var oneStep = options with { Training = options.Training with { Steps = 1 } };
        Assert.Equal([false, true], [FineTuneStudy.Run(workspace, options: oneStep).Reused, FineTuneStudy.Run(workspace, options: oneStep).Reused]);
        System.IO.File.AppendAllText(file, """{"prompt": "Eve", "completion": " rice"}""" + "\n");
        Assert.False(FineTuneStudy.Run(workspace, options: oneStep).Reused);
    }

    [Fact]
    public void The_preview_marks_learned_tokens_in_text_and_in_html()
    {
        var preview = new TokenPreview([("<s>", false), ("a\n", false), (" b", true), ("c", true), ("d", false), ("", true)], "six tokens");
        Assert.Equal("<s>|a⏎\n« b|c»d«∅»\nsix tokens", preview.ToPlainText());
        Assert.Contains("underline;outline:1px solid #8886\"> b</span>", preview.ToHtml(), StringComparison.Ordinal);
        Assert.Contains("&lt;s&gt;", preview.ToHtml(), StringComparison.Ordinal);
    }

    private static string Learned(TokenPreview preview) => string.Concat(preview.Tokens.Where(token => token.IsTarget).Select(token => token.Text));

    private TokenPreview Preview(string line, string? model = null)
    {
        var file = _folder.Write("one.jsonl", line);
        return FineTuneStudy.Preview(model, new FineTuneOptions { Data = [new DataShare(file)], ValidationData = file });
    }

    private InstructionExamples Examples(DataShare[] data, string? validation = null)
    {
        using var loaded = LoadedModel.Open(EmbeddedModel.Folder);
        return new InstructionExamples(loaded, new FineTuneOptions { Data = data, ValidationData = validation }, null);
    }

    private string File(string name, int count) =>
        _folder.Write(name + ".jsonl", string.Concat(Enumerable.Range(0, count).Select(i => $$"""{"prompt": "What does Ann like?", "completion": " Ann likes tea."}""" + "\n")));

    /// <summary>The embedded model with a chat template.</summary>
    private string Model(string template)
    {
        var folder = _folder.File("chat-" + Guid.NewGuid().ToString("N")[..6]);
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(EmbeddedModel.Folder))
        {
            System.IO.File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        System.IO.File.WriteAllText(Path.Combine(folder, "chat_template.jinja"), template);
        return folder;
    }
}
