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

    /// <summary>The choice for a text, with lists in ascending order and nothing twice.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="length">Tokens of the text.</param>
    /// <exception cref="ExperimentException">Something chosen does not exist, or is too much to hold.</exception>
    internal CaptureOptions For(LlamaConfig config, int length)
    {
        if (What.Count == 0)
        {
            throw new ExperimentException($"Nothing is to be captured. Choose from {string.Join(", ", Activation.All.Select(activation => activation.Name))}.");
        }

        var chosen = new CaptureOptions
        {
            What = [.. Activation.All.Where(What.Contains)],
            Layers = Chosen("layer", Layers, config.NumHiddenLayers, "the model"),
            Heads = Chosen("head", Heads, config.NumAttentionHeads, "the model"),
            Positions = Chosen("position", Positions, length, "the text"),
        };
        var values = chosen.What.Sum(kind => chosen.Values(kind, config, length));
        return values <= Array.MaxLength
            ? chosen
            : throw new ExperimentException(FormattableString.Invariant($"A capture of {values:N0} numbers is too large. Choose fewer layers, heads or positions, or a shorter text."));
    }

    /// <summary>Numbers to hold of a kind, at most.</summary>
    private long Values(Activation kind, LlamaConfig config, int length)
    {
        long rows = Positions!.Count * (long)Layers!.Count, heads = Heads!.Count;
        return kind switch
        {
            _ when kind == Activation.Logits => Positions.Count * (long)config.VocabSize,
            _ when kind == Activation.Hidden => rows * config.HiddenSize,
            _ when kind == Activation.Pattern || kind == Activation.Scores => rows * heads * length,
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
