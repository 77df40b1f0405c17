using System.CommandLine;
using System.Text.Json;
using Experiments.Interpretability;
using Experiments.Models;
using Experiments.Studies;
using static TorchSharp.torch;

namespace Experiments.Cli;

/// <summary>The options of every command that touches a model.</summary>
internal sealed class ModelArguments
{
    private readonly Option<string> _model = new("--model") { Description = "Hugging Face folder", DefaultValueFactory = _ => EmbeddedModel.Folder, HelpName = "DIR" };
    private readonly Option<string?> _preset = new("--preset") { Description = $"Re-balance attention: {string.Join(", ", RebalancePresets.Names)} (off unless asked for)", HelpName = "NAME" };
    private readonly Option<double?> _alpha = new("--alpha") { Description = "Strength of re-balancing; with or without --preset" };
    private readonly Option<double?> _threshold = new("--threshold") { Description = "Weights of the early layer above this are carried over" };
    private readonly Option<string[]> _interventions = new("--intervention") { Description = $"Change attention: NAME:key=value,… with a name of {string.Join(", ", Interventions.Names)}. May be given several times; they run in that order, after --preset. A wrong key is answered by the known ones", HelpName = "SPEC", DefaultValueFactory = _ => [] };
    private readonly Option<int> _seed = new("--seed") { Description = "Seed of everything random", DefaultValueFactory = _ => 1 };
    private readonly Option<string> _dtype = new("--dtype") { Description = "float32, bfloat16, float16 or float64", DefaultValueFactory = _ => "float32" };
    private readonly Option<string> _device = new("--device") { Description = "cpu, cuda or cuda:N", DefaultValueFactory = _ => "cpu" };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads of torch", DefaultValueFactory = _ => Environment.ProcessorCount };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON on stdout; progress goes to stderr" };

    internal ModelArguments(Command command)
    {
        _interventions.Validators.Add(result =>
        {
            try
            {
                result.Tokens.ToList().ForEach(token => Interventions.Parse(token.Value));
            }
            catch (Runs.ExperimentException e)
            {
                result.AddError($"--intervention: {e.Message}");
            }
        });
        foreach (var option in new Option[] { _model, _preset, _alpha, _threshold, _interventions, _seed, _dtype, _device, _threads, _json })
        {
            command.Options.Add(option);
        }
    }

    internal string Folder(ParseResult parsed) => parsed.GetValue(_model)!;

    internal int Seed(ParseResult parsed) => parsed.GetValue(_seed);

    internal bool Json(ParseResult parsed) => parsed.GetValue(_json);

    internal ScalarType Dtype(ParseResult parsed) => Backend.DtypeOf(parsed.GetValue(_dtype)!);

    internal Device Device(ParseResult parsed) => Backend.DeviceOf(parsed.GetValue(_device)!);

    /// <summary>Sets the thread count, checks device and dtype, and loads the model.</summary>
    internal LoadedModel Load(ParseResult parsed)
    {
        SetThreads(parsed);
        return LoadedModel.Open(Folder(parsed), Dtype(parsed), Device(parsed));
    }

    internal void SetThreads(ParseResult parsed)
    {
        var threads = parsed.GetValue(_threads);
        set_num_threads(threads > 0 ? threads : throw new UsageException($"--threads is {threads}; it must be at least 1."));
    }

    /// <summary>The re-balancing that was asked for, or null.</summary>
    internal RebalanceOptions? Rebalance(ParseResult parsed)
    {
        var (preset, alpha, threshold) = (parsed.GetValue(_preset), parsed.GetValue(_alpha), parsed.GetValue(_threshold));
        if (preset is null && alpha is null && threshold is null)
        {
            return null;
        }

        var options = RebalancePresets.Find(preset ?? RebalancePresets.Default);
        return options with { Alpha = alpha ?? options.Alpha, Threshold = threshold ?? options.Threshold };
    }

    /// <summary>What was asked for with --intervention, in that order.</summary>
    internal IReadOnlyList<Intervention> More(ParseResult parsed) => [.. parsed.GetValue(_interventions)!.Select(Interventions.Parse)];

    /// <summary>What was done to attention, in the names of runs.</summary>
    internal static string Variant(RebalanceOptions? rebalance, IReadOnlyList<Intervention> more) => (rebalance, more.Count) switch { (null, 0) => "off", (_, 0) => "re-balanced", _ => "changed" };

    /// <summary>What the model is loaded and run with, for provenance.</summary>
    internal IReadOnlyDictionary<string, object?> Describe(ParseResult parsed)
    {
        var described = new Dictionary<string, object?>
        {
            ["pretrained"] = Folder(parsed),
            ["dtype"] = parsed.GetValue(_dtype),
            ["rebalance"] = Rebalance(parsed) is { } options ? JsonSerializer.SerializeToNode(options, Runs.RunJson.Compact) : null, // as an object it would name its kind, and change the hash
        };
        if (More(parsed) is { Count: > 0 } more)
        {
            described["interventions"] = more; // only where there are any: evaluations are told apart by a hash of this
        }

        return described;
    }

    /// <summary>A fresh hook for the re-balancing and the interventions that were asked for, or null.</summary>
    internal IInterventionHook? Hook(ParseResult parsed, LlamaForCausalLM model) => InterventionChain.Of([.. Rebalance(parsed) is { } options ? new[] { options } : [], .. More(parsed)], model);
}

/// <summary>The options of commands that read a text or token ids.</summary>
internal sealed class PromptArguments
{
    private readonly Option<string?> _prompt = new("--prompt") { Description = "The text" };
    private readonly Option<string?> _file = new("--prompt-file") { Description = "File with the text", HelpName = "F" };
    private readonly Option<string?> _tokens = new("--tokens") { Description = "Token ids, used exactly as given: 1,403,407", HelpName = "IDS" };
    private readonly Option<bool> _long = new("--allow-long-context") { Description = "Accept a text longer than the model was trained for" };

    internal PromptArguments(Command command)
    {
        foreach (var option in new Option[] { _prompt, _file, _tokens, _long })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The options that give the text.</summary>
    internal IEnumerable<Option> Sources => [_prompt, _file, _tokens];

    internal bool AllowsLongContext(ParseResult parsed) => parsed.GetValue(_long);

    /// <summary>The prompt's ids, checked against vocabulary and context.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="loaded">The model.</param>
    /// <param name="room">Tokens that must fit behind it.</param>
    internal int[] Ids(ParseResult parsed, LoadedModel loaded, int room = 0)
    {
        var (prompt, file, tokens) = (parsed.GetValue(_prompt), parsed.GetValue(_file), parsed.GetValue(_tokens));
        if (new[] { prompt, file, tokens }.Count(source => source is not null) != 1)
        {
            throw new UsageException("Give the text by exactly one of --prompt, --prompt-file and --tokens.");
        }

        var text = prompt ?? (file is null ? null : File.ReadAllText(file));
        if (text is { Length: 0 })
        {
            throw new UsageException("The prompt is empty. Give some text, or --tokens with at least one id.");
        }

        var ids = text is null ? Parse(tokens!) : loaded.Tokenizer.Encode(text);
        TextGenerator.CheckPrompt(loaded.Model.Config, ids);
        var limit = loaded.Model.Config.ContextLength;
        return ids.Length + room <= limit || parsed.GetValue(_long)
            ? ids
            : throw new Runs.ExperimentException($"The prompt has {ids.Length} tokens{(room > 0 ? $" and {room} are to follow" : "")}; the model's context is {limit}. Shorten it, or pass --allow-long-context.");
    }

    private static int[] Parse(string text) => [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part =>
        int.TryParse(part, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var id) ? id : throw new UsageException($"--tokens: '{part}' is not a token id. Example: --tokens 1,403,407"))];
}
