using System.Globalization;
using System.Text.Json.Serialization;
using Experiments.Data;
using Experiments.Data.Benchmarks;
using Experiments.Runs;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Experiments.Evaluation;

/// <summary>A task of one's own: a small YAML file that names the questions and says how they are asked. Keys are lm-evaluation-harness's where they mean the same.</summary>
/// <remarks>
/// <c>task</c> (name; the file's by default), <c>data</c> (JSON lines or Parquet, see <see cref="QuestionFile.Read"/>), <c>fewshot_data</c> and <c>num_fewshot</c>;
/// <c>template</c> (a built-in prompt) or a prompt in one's own words: <c>doc_to_text</c> with the placeholders of <see cref="PromptTemplate"/>, <c>description</c> before
/// it, <c>style</c> (<c>direct</c> or <c>chain_of_thought</c>), <c>doc_to_target</c> (<c>letter</c> or <c>text</c>); <c>output_type</c> (<c>generate_until</c> or
/// <c>multiple_choice</c>, that is log-likelihood) and <c>max_gen_toks</c>. Only <c>data</c> is required. Paths are relative to the file.
/// </remarks>
public sealed record TaskFile
{
    /// <summary>Name in results.</summary>
    public required string Name { get; init; }

    /// <summary>Full path of the questions. Their content, not their place, tells runs apart.</summary>
    [JsonIgnore]
    public string Data { get; init; } = "";

    /// <summary>Full path of solved examples; null for none.</summary>
    [JsonIgnore]
    public string? ExampleData { get; init; }

    /// <summary>Solved examples before each question.</summary>
    public int Examples { get; init; }

    /// <summary>The prompt; null where the file names none.</summary>
    public PromptTemplate? Template { get; init; }

    /// <summary>How answers are obtained; null where the file does not say.</summary>
    public ScoringMethod? Method { get; init; }

    /// <summary>Longest reply in tokens; null where the file does not say.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Whether a task is named by such a file, and not by a name of <see cref="QuestionSets.Names"/>.</summary>
    /// <param name="task">What a user gave.</param>
    public static bool Is(string task) => Path.GetExtension(task) is ".yaml" or ".yml";

    /// <summary>Reads a file.</summary>
    /// <param name="path">The YAML file.</param>
    /// <returns>What it says; its data are not read yet.</returns>
    /// <exception cref="ExperimentException">It is missing or malformed, or has a key or value that is not known.</exception>
    public static TaskFile Load(string path)
    {
        var keys = Keys.Read(path);
        var name = keys.Text("task") ?? Path.GetFileNameWithoutExtension(path);
        if (name.Length == 0 || QuestionSets.Names.Contains(name) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            throw keys.Wrong($"task is '{name}'; name it with letters, digits, - and _, and not {string.Join(", ", QuestionSets.Names)}");
        }

        var task = new TaskFile
        {
            Name = name,
            Data = keys.Place("data") ?? throw keys.Wrong("data is missing; it says where the questions are, such as data: questions.jsonl"),
            ExampleData = keys.Place("fewshot_data"),
            Examples = keys.Number("num_fewshot", 0) ?? 0,
            Template = OwnWords(name, keys) ?? (keys.Text("template") is { } builtIn ? PromptTemplates.Find(builtIn) : null),
            Method = keys.Choice("output_type", ("generate_until", ScoringMethod.Generation), ("multiple_choice", ScoringMethod.LogLikelihood)),
            MaxNewTokens = keys.Number("max_gen_toks", 1),
        };
        return task.Examples > 0 && task.ExampleData is null ? throw keys.Wrong("num_fewshot needs fewshot_data, a file of other questions that are shown solved") : task;
    }

    /// <summary>The questions.</summary>
    /// <param name="perCategory">The first so many of each category; null for all.</param>
    /// <returns>The set.</returns>
    /// <exception cref="ExperimentException">The file is missing or malformed.</exception>
    public QuestionSet Questions(int? perCategory = null) => QuestionSets.Load(QuestionSets.Own, Data, perCategory: perCategory);

    /// <summary>Solved examples before each question; null for none.</summary>
    /// <exception cref="ExperimentException">Their file is missing or malformed.</exception>
    public FewShot? FewShot() => Examples == 0 ? null : new FewShot(QuestionFile.Read(ExampleData!), Examples);

    private static PromptTemplate? OwnWords(string name, Keys keys)
    {
        if (keys.Text("doc_to_text") is not { } layout)
        {
            return new[] { "description", "doc_to_target", "style" }.FirstOrDefault(key => keys.Text(key) is not null) is { } orphan
                ? throw keys.Wrong($"{orphan} is part of a prompt of one's own; give doc_to_text too")
                : null;
        }

        var template = new PromptTemplate
        {
            Name = name,
            Style = keys.Choice("style", ("direct", AnswerStyle.Direct), ("chain_of_thought", AnswerStyle.ChainOfThought)) ?? AnswerStyle.Direct,
            Preamble = keys.Text("description") ?? "",
            Layout = layout,
            Options = keys.Choice("doc_to_target", ("letter", OptionForm.Letter), ("text", OptionForm.Text)) ?? OptionForm.Letter,
        };
        var mistake = keys.Text("template") is not null ? "both template and doc_to_text are given; keep one"
            : PromptTemplates.All.Any(known => known.Name == name) ? $"task is '{name}', which is the name of a built-in prompt; choose another"
            : (template.Preamble + layout).Contains("{{", StringComparison.Ordinal) ? "placeholders are written {question} here, with one brace; Jinja is not read"
            : !layout.Contains("{question", StringComparison.Ordinal) ? "doc_to_text does not show the {question}"
            : null;
        _ = mistake is null
            ? template.Render(new MultipleChoiceQuestion { Id = "1", Category = "c", Stem = false, Question = "q", Options = ["a", "b"], Answer = 0 }) // finds unknown placeholders here, and not at the first question
            : throw keys.Wrong(mistake);
        return template;
    }

    /// <summary>The file's keys and values, with errors that name the file.</summary>
    private sealed record Keys(string Path, IReadOnlyDictionary<string, string> Values)
    {
        private static readonly string[] Known = ["task", "data", "fewshot_data", "num_fewshot", "template", "description", "doc_to_text", "doc_to_target", "style", "output_type", "max_gen_toks"];

        internal static Keys Read(string path)
        {
            var yaml = DiskErrors.Explain("Cannot read", path, () => File.ReadAllText(path));
            try
            {
                var keys = new Keys(path, new DeserializerBuilder().WithDuplicateKeyChecking().Build().Deserialize<Dictionary<string, string>?>(yaml) ?? []);
                return keys.Values.Keys.FirstOrDefault(key => !Known.Contains(key)) is { } unknown
                    ? throw keys.Wrong($"the key '{unknown}' is not known. Known: {string.Join(", ", Known)}")
                    : keys;
            }
            catch (YamlException e)
            {
                throw new ExperimentException($"'{path}', line {e.Start.Line}: not a mapping of keys to single values ({(e.InnerException ?? e).Message.ReplaceLineEndings(" ")}).", e);
            }
        }

        internal ExperimentException Wrong(string what) => new($"'{Path}': {what}.");

        internal string? Text(string key) => Values.GetValueOrDefault(key);

        internal string? Place(string key) => Text(key) is { } place ? System.IO.Path.GetFullPath(place, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!) : null;

        internal int? Number(string key, int least) => Text(key) is not { } text ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least ? number
            : throw Wrong($"{key} is '{text}'; use a whole number from {least}");

        internal T? Choice<T>(string key, (string Name, T Value) first, (string Name, T Value) second)
            where T : struct => Text(key) switch
            {
                null => null,
                var text when text == first.Name => first.Value,
                var text when text == second.Name => second.Value,
                var text => throw Wrong($"{key} is '{text}'; use {first.Name} or {second.Name}"),
            };
    }
}
