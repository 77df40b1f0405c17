using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Experiments.Interpretability;
using Experiments.Models;

namespace Experiments.Cli;

/// <summary>The options that say which activations are saved, and which layers and heads are shown.</summary>
internal sealed class CaptureArguments
{
    private const int LargestIndex = 9_999_999;

    private readonly Option<string?> _file = new("--save-tensors") { Description = "Write activations as safetensors, under TransformerLens's names", HelpName = "F" };
    private readonly Option<string?> _what = new("--capture") { Description = $"What --save-tensors writes, of {string.Join(", ", Activation.All.Select(activation => activation.Name))}; pattern,logits by default", HelpName = "NAMES" };
    private readonly Option<string?> _layers = new("--layers", "--layer") { Description = "Layers of the heatmaps, the explorer and the saved tensors: 0,3-5; all by default", HelpName = "LIST" };
    private readonly Option<string?> _heads = new("--heads", "--head") { Description = "Heads of the same; heatmaps of several show their mean. All by default", HelpName = "LIST" };
    private readonly Option<string?> _positions = new("--positions") { Description = "Positions whose rows --save-tensors writes; all by default", HelpName = "LIST" };

    internal CaptureArguments(Command command)
    {
        foreach (var option in new Option[] { _file, _what, _layers, _heads, _positions })
        {
            command.Options.Add(option);
        }

        command.Validators.Add(result =>
        {
            Require(result, "", _what, _positions);
        });
    }

    /// <summary>Rejects layers and heads where no tensors are saved: for commands that don't show patterns.</summary>
    /// <param name="result">What was parsed.</param>
    /// <param name="when">Begins the error.</param>
    internal void RequireFile(SymbolResult result, string when) => Require(result, when, _layers, _heads);

    /// <summary>Whether layers or heads are chosen though nothing that has them is asked for.</summary>
    internal bool ChoosesForNothing(ParseResult parsed) => !Saves(parsed) && (parsed.GetValue(_layers) ?? parsed.GetValue(_heads)) is not null;

    /// <summary>Whether tensors are to be saved.</summary>
    internal bool Saves(ParseResult parsed) => File(parsed) is not null;

    /// <summary>Where to; null for nowhere.</summary>
    internal string? File(ParseResult parsed) => parsed.GetValue(_file);

    /// <summary>The patterns that pictures show.</summary>
    internal ActivationCapture Patterns(ParseResult parsed, LlamaForCausalLM model, int[] ids, IAttentionHook? hook) => ActivationCapture.Run(model, ids, Shown(parsed), hook);

    /// <summary>Runs the text once more and saves what was asked for, if anything was.</summary>
    internal void Save(ParseResult parsed, LlamaForCausalLM model, int[] ids, IAttentionHook? hook)
    {
        if (File(parsed) is { } file)
        {
            ActivationCapture.Run(model, ids, Saved(parsed), hook).Save(file);
        }
    }

    /// <summary>What is to be saved.</summary>
    internal CaptureOptions Saved(ParseResult parsed)
    {
        var names = (parsed.GetValue(_what) ?? "pattern,logits").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return Shown(parsed) with { What = [.. names.Select(Activation.Find)], Positions = Indices(parsed, _positions) };
    }

    private void Require(SymbolResult result, string when, params Option<string?>[] options)
    {
        if (result.GetValue(_file) is null && options.Any(option => result.GetValue(option) is not null))
        {
            result.AddError($"{when}{string.Join(" and ", options.Select(option => option.Name))} say what --save-tensors writes. Give --save-tensors too.");
        }
    }

    private CaptureOptions Shown(ParseResult parsed) => new() { Layers = Indices(parsed, _layers), Heads = Indices(parsed, _heads) };

    /// <summary>Whole numbers and ranges with both ends: <c>0,3-5</c>; null where the option is not given.</summary>
    private static int[]? Indices(ParseResult parsed, Option<string?> option) => parsed.GetValue(option)?
        .Split(',', StringSplitOptions.TrimEntries)
        .SelectMany(part => Range(part) is var (first, last) && last >= first
            ? Enumerable.Range(first, last - first + 1)
            : throw new UsageException($"{option.Name}: '{part}' is neither an index from 0 nor a range. Example: {option.Name} 0,3-5"))
        .ToArray();

    private static (int First, int Last)? Range(string part)
    {
        var ends = part.Split('-').Select(end => int.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index <= LargestIndex ? index : (int?)null).ToArray();
        return ends is [{ } first, ..] && ends[^1] is { } last && ends.Length <= 2 ? (first, last) : null;
    }
}
