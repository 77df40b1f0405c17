using Experiments.Interpretability;
using Experiments.Models;

namespace Experiments.Studies;

/// <summary>The pattern of one layer on one short text, as saved: a picture of what the statistics are about.</summary>
/// <param name="Condition">Name of the condition.</param>
/// <param name="Layer">0-based layer.</param>
/// <param name="Pieces">The text's tokens.</param>
/// <param name="Pattern"><c>[query, key]</c>, mean over heads, as multiplied with the values.</param>
public sealed record AttentionExample(string Condition, int Layer, IReadOnlyList<string> Pieces, double[,] Pattern)
{
    private const int Decimals = 5;

    /// <summary>Captures the layer whose pattern is carried over, and the first one that is edited.</summary>
    internal static IEnumerable<AttentionExample> Of(string condition, LoadedModel loaded, int[] text, IAttentionHook? hook)
    {
        var capture = ActivationCapture.Run(loaded.Model, text, hook: hook);
        var pieces = text.Select(loaded.Tokenizer.Piece).ToList();
        return capture.Layers.Take(2).Select(layer => new AttentionExample(condition, layer, pieces, Rounded(capture.MeanPattern(layer))));
    }

    private static double[,] Rounded(double[,] pattern)
    {
        for (var row = 0; row < pattern.GetLength(0); row++)
        {
            for (var column = 0; column < pattern.GetLength(1); column++)
            {
                pattern[row, column] = Math.Round(pattern[row, column], Decimals); // more cannot be seen
            }
        }

        return pattern;
    }
}
