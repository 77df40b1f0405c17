using Experiments.Models;
using Experiments.Runs;

namespace Experiments.Interpretability;

/// <summary>What <see cref="ActivationCapture"/> keeps of a pass; by default the patterns of all layers and heads.</summary>
public sealed record CaptureOptions
{
    /// <summary>Kinds of tensors.</summary>
    public IReadOnlyList<Activation> What { get; init; } = [Activation.Pattern];

    /// <summary>0-based layers; null for all.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>0-based heads; null for all. Of keys and values, the heads that these share.</summary>
    public IReadOnlyList<int>? Heads { get; init; }

    /// <summary>0-based positions of tokens; null for all. Of patterns and scores, these are the queries, and their rows are kept whole.</summary>
    public IReadOnlyList<int>? Positions { get; init; }

    /// <summary>The choice for a text, with lists filled in.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="length">Tokens of the text.</param>
    /// <exception cref="ExperimentException">Something chosen does not exist, or is too much to hold.</exception>
    internal CaptureOptions For(LlamaConfig config, int length)
    {
        var chosen = Resolved(config, length, "the text");
        var numbers = chosen.Numbers(config, length);
        return numbers <= Array.MaxLength
            ? chosen
            : throw new ExperimentException(FormattableString.Invariant($"A capture of {numbers:N0} numbers is too large. Choose fewer layers, heads or positions, or a shorter text."));
    }

    /// <summary>The choice with lists in ascending order, nothing twice and nothing null.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="length">Tokens of the text.</param>
    /// <param name="text">Which text that is, for errors.</param>
    /// <exception cref="ExperimentException">Something chosen does not exist.</exception>
    internal CaptureOptions Resolved(LlamaConfig config, int length, string text)
    {
        if (What.Count == 0)
        {
            throw new ExperimentException($"Nothing is to be captured. Choose from {string.Join(", ", Activation.All.Select(activation => activation.Name))}.");
        }

        return new CaptureOptions
        {
            What = [.. Activation.All.Where(What.Contains)],
            Layers = Chosen("layer", Layers, config.NumHiddenLayers, "the model"),
            Heads = Chosen("head", Heads, config.NumAttentionHeads, "the model"),
            Positions = Chosen("position", Positions, length, text),
        };
    }

    /// <summary>Heads of keys and values that the chosen heads share, ascending.</summary>
    internal IReadOnlyList<int> KeyValueHeads(LlamaConfig config) => [.. Heads!.Select(head => head / (config.NumAttentionHeads / config.NumKeyValueHeads)).Distinct()];

    /// <summary>Numbers to hold, at most.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="keys">Keys of a row of a pattern.</param>
    internal long Numbers(LlamaConfig config, int keys) => What.Sum(kind => Numbers(kind, config, keys));

    private long Numbers(Activation kind, LlamaConfig config, int keys)
    {
        long rows = Positions!.Count * (long)Layers!.Count, heads = Heads!.Count;
        return kind switch
        {
            _ when kind == Activation.Logits => Positions.Count * (long)config.VocabSize,
            _ when kind == Activation.Hidden => rows * config.HiddenSize,
            _ when kind == Activation.Pattern || kind == Activation.Scores => rows * heads * keys,
            _ => rows * heads * config.HeadWidth,
        };
    }

    private static int[] Chosen(string what, IReadOnlyList<int>? chosen, int count, string owner)
    {
        int[] result = [.. (chosen ?? [.. Enumerable.Range(0, count)]).Distinct().Order()];
        return result.Length > 0 && result[0] >= 0 && result[^1] < count
            ? result
            : throw new ExperimentException($"There is no {what} [{string.Join(", ", result)}]: {owner} has {what}s 0 to {count - 1}.");
    }
}
