using Experiments.Evaluation;
using Experiments.Evaluation.Harness;
using Experiments.Runs;
using Experiments.Studies;
using Experiments.Tests.Cli;
using Experiments.Tests.Models;

namespace Experiments.Tests.Evaluation;

/// <summary>A task that a user describes in a YAML file, without code.</summary>
[Collection("console")]
public sealed class TaskFileTests : IDisposable
{
    private const string Layout = "doc_to_text: |-\n  Bird question: {question}\n  {options}\n  Answer:\n";
    private readonly TemporaryFolder _folder = new();

    public TaskFileTests()
    {
        _folder.Write("questions.jsonl", """
            {"question": "Which flies?", "options": ["ostrich", "swift"], "answer": "B", "category": "air"}
            {"question": "Which swims?", "options": ["penguin", "swift", "hen"], "answer": 0, "category": "water"}
            """);
        _folder.Write("solved.jsonl", """
            {"question": "Which hovers?", "options": ["hummingbird", "swan"], "answer": "A", "category": "air", "analysis": "It stands in the air."}
            {"question": "Which dives?", "options": ["hen", "gannet"], "answer": 1, "category": "water", "analysis": "It falls into the sea."}
            """);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Only_the_questions_are_required_and_paths_are_relative_to_the_file()
    {
        var task = TaskFile.Load(_folder.Write("birds.yaml", "data: questions.jsonl\n"));
        Assert.Equal(("birds", _folder.File("questions.jsonl"), 0, null, null), (task.Name, task.Data, task.Examples, task.Template, task.Method));
        Assert.Equal(["air", "water"], task.Questions().Questions.Select(question => question.Category));
        Assert.Null(task.FewShot());
    }

    [Fact]
    public void A_prompt_in_ones_own_words_is_what_the_model_reads()
    {
        var task = TaskFile.Load(_folder.Write("birds.yml", $"""
            task: bird-lore
            data: questions.jsonl
            fewshot_data: solved.jsonl
            num_fewshot: 1
            description: "About {"{subject}"}.\n"
            {Layout}doc_to_target: text
            output_type: multiple_choice
            max_gen_toks: 7
            """));
        var prompt = new QuestionPrompt(task.Template!) { Examples = task.FewShot() };
        var question = task.Questions().Questions[0];
        Assert.Equal("About air.\nBird question: Which hovers?\nA. hummingbird\nB. swan\nAnswer: hummingbird\n\nBird question: Which flies?\nA. ostrich\nB. swift\nAnswer:", prompt.Render(question));
        Assert.Equal((" swift", "bird-lore, 1-shot", ScoringMethod.LogLikelihood, 7), (prompt.Continuation(question, 1), prompt.Name, task.Method, task.MaxNewTokens));
    }

    [Theory]
    [InlineData("task: birds", "data is missing")]
    [InlineData("data: q.jsonl\nshots: 3", "the key 'shots' is not known. Known: task, data,")]
    [InlineData("data: q.jsonl\ntask: mmlu", "task is 'mmlu'")]
    [InlineData("data: q.jsonl\ntask: a/b", "task is 'a/b'")]
    [InlineData("data: q.jsonl\nnum_fewshot: many", "num_fewshot is 'many'; use a whole number from 0")]
    [InlineData("data: q.jsonl\nnum_fewshot: 2", "num_fewshot needs fewshot_data")]
    [InlineData("data: q.jsonl\nmax_gen_toks: 0", "max_gen_toks is '0'; use a whole number from 1")]
    [InlineData("data: q.jsonl\noutput_type: perplexity", "use generate_until or multiple_choice")]
    [InlineData("data: q.jsonl\nstyle: direct", "style is part of a prompt of one's own; give doc_to_text too")]
    [InlineData("data: q.jsonl\ntemplate: paper-cot\ndoc_to_text: '{question}'", "both template and doc_to_text")]
    [InlineData("data: q.jsonl\ntemplate: haiku", "no prompt template 'haiku'. Known: compact-direct")]
    [InlineData("data: q.jsonl\ndoc_to_text: '{{question}}'", "placeholders are written {question} here, with one brace")]
    [InlineData("data: q.jsonl\ndoc_to_text: 'Answer:'", "does not show the {question}")]
    [InlineData("data: q.jsonl\ndoc_to_text: '{question} {answers}'", "unknown placeholder {answers}")]
    [InlineData("data: q.jsonl\ntask: paper-cot\ndoc_to_text: '{question}'", "the name of a built-in prompt")]
    [InlineData("data: [a, b]", "line 1: not a mapping of keys to single values")]
    [InlineData("data: a\ndata: b", "Encountered duplicate key data")]
    public void A_mistake_in_the_file_is_named(string yaml, string message)
    {
        var file = _folder.Write("birds.yaml", yaml);
        Assert.Contains(message, Assert.Throws<ExperimentException>(() => TaskFile.Load(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_asks_as_the_file_says_and_its_own_options_win()
    {
        var file = _folder.Write("birds.yaml", $"data: questions.jsonl\nfewshot_data: solved.jsonl\nnum_fewshot: 1\n{Layout}output_type: multiple_choice\n");
        await Evaluate("--output-path", _folder.File("as-said"));
        var said = HarnessEvaluation.Read(_folder.File("as-said"));
        var text = File.ReadAllText(Directory.GetFiles(_folder.File("as-said"), "results_*.json", SearchOption.AllDirectories).Single());
        Assert.Equal(["1", "2"], said.Items.Select(item => item.Id));
        Assert.Contains("\"prompt\": \"birds, 1-shot\"", text, StringComparison.Ordinal);
        Assert.Contains("\"birds_air\"", text, StringComparison.Ordinal);
        Assert.Contains("acc,none", text, StringComparison.Ordinal);

        await Evaluate("--output-path", _folder.File("otherwise"), "--template", "compact-direct", "--num-fewshot", "0", "--method", "Generation", "--max-new-tokens", "2");
        var otherwise = File.ReadAllText(Directory.GetFiles(_folder.File("otherwise"), "results_*.json", SearchOption.AllDirectories).Single());
        Assert.Contains("\"prompt\": \"compact-direct\"", otherwise, StringComparison.Ordinal);
        Assert.Contains("exact_match", otherwise, StringComparison.Ordinal);

        async Task Evaluate(params string[] arguments)
        {
            var (code, _, error) = await CommandLine.Run(["evaluate", "--task", file, .. arguments]);
            Assert.True(code == 0, error);
        }
    }

    [Fact]
    public void A_benchmark_takes_the_users_prompt_for_its_style_and_tells_runs_apart_by_it()
    {
        BenchmarkStudy Make(string yaml) => BenchmarkStudy.Make(
            Workspace.Open(output: _folder.File("results")),
            EmbeddedModel.Folder,
            options: new BenchmarkOptions { QuestionsPerCategory = null, Evaluation = new EvaluationOptions { MaxNewTokens = 3 } }.With(TaskFile.Load(_folder.Write("birds.yaml", yaml))),
            cancellation: TestContext.Current.CancellationToken);

        var own = Make($"data: questions.jsonl\n{Layout}");
        Assert.Equal(["birds", "compact-cot"], own.Parts.Select(part => part.Template));
        Assert.Equal("birds", own[AnswerStyle.Direct].Template);
        Assert.Equal(2, own[AnswerStyle.Direct].Before.Overall.N);
        Assert.NotEmpty(own.Reasoning.ToPlainText());
        Assert.Equal(own.Run.Id, Make($"data: questions.jsonl\n{Layout}").Run.Id);
        var shown = Make($"data: questions.jsonl\nfewshot_data: solved.jsonl\nnum_fewshot: 1\n{Layout}");
        Assert.NotEqual(own.Run.Id, shown.Run.Id);
        _folder.Write("solved.jsonl", File.ReadAllText(_folder.File("solved.jsonl")).Replace("swan", "owl", StringComparison.Ordinal));
        Assert.NotEqual(shown.Run.Id, Make($"data: questions.jsonl\nfewshot_data: solved.jsonl\nnum_fewshot: 1\n{Layout}").Run.Id);

        _folder.Write("solved.jsonl", """{"question": "Which hovers?", "options": ["hummingbird", "swan"], "answer": "A", "category": "air"}""");
        var before = Directory.GetDirectories(_folder.File("results"), "*", SearchOption.AllDirectories);
        Assert.Contains("has no analysis", Assert.Throws<ExperimentException>(() => Make($"data: questions.jsonl\nfewshot_data: solved.jsonl\nnum_fewshot: 1\n")).Message, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetDirectories(_folder.File("results"), "*", SearchOption.AllDirectories));

        var exhibits = SavedResults.ExhibitsOf(own.Run); // from the files alone
        Assert.Contains("reasoning", exhibits.Tables.Select(table => table.Name));
        Assert.Contains(exhibits.Conclusions, sentence => sentence.StartsWith("birds, overall", StringComparison.Ordinal));
    }
}
