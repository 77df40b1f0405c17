using System.CommandLine;
using System.Globalization;
using Experiments.Data.Benchmarks;
using Experiments.Data.ClosedWorld;
using Experiments.Evaluation;
using Experiments.Models;
using Humanizer;

namespace Experiments.Cli;

/// <summary>The options that say what a model is asked, and how; named as lm-evaluation-harness names them where they mean the same.</summary>
internal sealed class EvaluationArguments
{
    private const string Auto = "auto";
    private const int MostRows = 1024;
    private static readonly EvaluationOptions Defaults = new();

    private readonly Option<string> _task = new("--task") { Description = $"{string.Join(", ", QuestionSets.Names)}, or a YAML file of your own task", DefaultValueFactory = _ => QuestionSets.ClosedWorld };
    private readonly Option<string?> _data = new("--data") { Description = "Files of the task: MMLU's folder, or JSON lines with the labels file beside them", HelpName = "PATH" };
    private readonly Option<string> _template = new("--template") { Description = $"Prompt: {string.Join(", ", PromptTemplates.All.Select(template => template.Name))}", DefaultValueFactory = _ => PromptTemplates.CompactCot.Name };
    private readonly Option<string> _split = new("--split") { Description = "test or validation", DefaultValueFactory = _ => "test" };
    private readonly Option<int?> _limit = new("--limit") { Description = $"Questions per category; all, or {ClosedWorldDataset.ReportedPerCategory} of the closed world, by default" };
    private readonly Option<int> _shots = new("--num-fewshot", "--num_fewshot") { Description = "Solved examples before each question" };
    private readonly Option<string?> _shotData = new("--fewshot-data") { Description = "Files of the examples; by default MMLU's dev split, and the closed world's training split", HelpName = "PATH" };
    private readonly Option<bool> _chat = new("--apply-chat-template", "--apply_chat_template") { Description = "Ask in the chat format of the model's tokenizer_config.json" };
    private readonly Option<string?> _system = new("--system-instruction", "--system_instruction") { Description = "System message, with --apply-chat-template", HelpName = "TEXT" };
    private readonly Option<ScoringMethod> _method = new("--method") { Description = "Generation, or LogLikelihood of the options' letters or texts, as the template says" };
    private readonly Option<int> _length = new("--max-new-tokens") { Description = "Longest reply", DefaultValueFactory = _ => Defaults.MaxNewTokens };
    private readonly Option<string?> _sampling = new("--gen-kwargs", "--gen_kwargs") { Description = "Sample replies: temperature=0.7,top_k=40,top_p=0.95; greedy by default", HelpName = "LIST" };
    private readonly Option<int> _repeats = new("--repeats") { Description = "Evaluations with as many sampling seeds: --seed, --seed + 1 and so on", DefaultValueFactory = _ => 1 };
    private readonly Option<string> _batch = new("--batch-size", "--batch_size") { Description = $"Prompts computed together, or {Auto}: as many as --max-memory allows", DefaultValueFactory = _ => Defaults.BatchSize.ToString(CultureInfo.InvariantCulture), HelpName = "N" };
    private readonly Option<string?> _memory = new("--max-memory") { Description = $"What the process, or on a GPU the model and its batches, may use: 3GB. Batches are made smaller to stay below. With {Auto} on a CPU it is four fifths of the memory", HelpName = "SIZE" };
    private readonly Option<string?> _shard = new("--shard") { Description = "Only the I-th of N equal parts of the questions: 2/8; 'experiments merge' puts the parts together", HelpName = "I/N" };

    private TaskFile? _own; // read once, so that all of an evaluation is asked as one state of the file says

    internal EvaluationArguments(Command command)
    {
        foreach (var option in new Option[] { _task, _data, _template, _split, _limit, _shots, _shotData, _chat, _system, _method, _length, _sampling, _repeats, _batch, _memory, _shard })
        {
            command.Options.Add(option);
        }
    }

    internal string Task(ParseResult parsed) => Own(parsed)?.Name ?? parsed.GetValue(_task)!;

    internal int? Limit(ParseResult parsed) => parsed.GetValue(_limit);

    internal Shard? Part(ParseResult parsed) => parsed.GetValue(_shard) is { } text ? Shard.Parse(text) : null;

    internal QuestionSet Questions(ParseResult parsed, int seed)
    {
        var split = parsed.GetValue(_split) switch
        {
            "test" => DatasetSplit.Test,
            "validation" => DatasetSplit.Validation,
            var other => throw new UsageException($"--split is '{other}'; use test or validation."),
        };
        return Own(parsed) is { } own
            ? (own with { Data = parsed.GetValue(_data) ?? own.Data }).Questions(Limit(parsed))
            : QuestionSets.Load(Task(parsed), parsed.GetValue(_data), split, Limit(parsed), seed);
    }

    /// <summary>How questions are asked; dispose its chat template.</summary>
    internal QuestionPrompt Prompt(ParseResult parsed, string modelFolder, int seed)
    {
        var own = Own(parsed);
        var (count, chat, system) = (Given(parsed, _shots, own?.Examples), parsed.GetValue(_chat), parsed.GetValue(_system));
        if (system is not null && !chat)
        {
            throw new UsageException("--system-instruction is a message of a chat; give --apply-chat-template too.");
        }

        return new QuestionPrompt(IsGiven(parsed, _template) || own?.Template is null ? PromptTemplates.Find(parsed.GetValue(_template)!) : own.Template)
        {
            Examples = count == 0 ? null : new FewShot(QuestionSets.LoadExamples(own is null ? Task(parsed) : QuestionSets.Own, parsed.GetValue(_data), parsed.GetValue(_shotData) ?? own?.ExampleData, count, seed), count),
            Chat = chat ? ChatTemplate.Load(modelFolder) : null,
            SystemMessage = system,
        };
    }

    /// <summary>How answers are obtained, once for each sampling seed.</summary>
    internal IReadOnlyList<EvaluationOptions> Options(ParseResult parsed, int seed, bool onCpu)
    {
        var (own, batch, repeats) = (Own(parsed), parsed.GetValue(_batch)!, parsed.GetValue(_repeats));
        var sampling = parsed.GetValue(_sampling) is { } list ? Sampling(list) : null;
        if (repeats < 1 || (repeats > 1 && sampling is null))
        {
            throw new UsageException(repeats < 1 ? $"--repeats is {repeats}; it must be at least 1." : "--repeats makes sense only where replies are sampled: give --gen-kwargs temperature=0.7, for instance.");
        }

        var automatic = batch == Auto;
        var options = Defaults with
        {
            Method = Given(parsed, _method, own?.Method),
            MaxNewTokens = Given(parsed, _length, own?.MaxNewTokens),
            BatchSize = automatic ? MostRows : int.TryParse(batch, CultureInfo.InvariantCulture, out var rows) ? rows : throw new UsageException($"--batch-size is '{batch}'; use a number, or {Auto}."),
            MaxMemory = parsed.GetValue(_memory) is { } size ? Bytes(size) : automatic && onCpu ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 5 * 4 : null,
        };
        return sampling is null
            ? [options]
            : [.. Enumerable.Range(seed, repeats).Select(drawn => options with { Sampling = sampling with { Seed = drawn } })];
    }

    /// <summary>The user's own task; null where the task is one of the known names.</summary>
    private TaskFile? Own(ParseResult parsed) => _own ??= parsed.GetValue(_task) is { } task && TaskFile.Is(task) ? TaskFile.Load(task) : null;

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>What the command line says; else what the task's file says; else the default.</summary>
    private static T Given<T>(ParseResult parsed, Option<T> option, T? own)
        where T : struct =>
        IsGiven(parsed, option) ? parsed.GetValue(option) : own ?? parsed.GetValue(option);

    private static long Bytes(string size) => ByteSize.TryParse(size, CultureInfo.InvariantCulture, out var parsed) && parsed.Bytes > 0
        ? (long)parsed.Bytes
        : throw new UsageException($"--max-memory is '{size}'; use a size such as 3GB or 1500MB.");

    private static SamplingOptions? Sampling(string list)
    {
        var (options, sample) = (new SamplingOptions(), true);
        foreach (var pair in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (name, text) = pair.Split('=', 2) is [var left, var right] ? (left, right) : (pair, "");
            options = name switch
            {
                "temperature" => options with { Temperature = Number(pair, text) },
                "top_k" => options with { TopK = (int)Number(pair, text) },
                "top_p" => options with { TopP = Number(pair, text) },
                "do_sample" when bool.TryParse(text, out sample) => options,
                _ => throw new UsageException($"--gen-kwargs: '{pair}' is not known. Use temperature, top_k, top_p and do_sample, such as temperature=0.7,top_p=0.95."),
            };
        }

        return sample && options.Temperature > 0 ? options : null;
    }

    private static double Number(string pair, string text) => double.TryParse(text, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new UsageException($"--gen-kwargs: '{pair}' has no number, such as temperature=0.7.");
}
