using System.Globalization;
using Experiments.Runs;

namespace Experiments.Studies;

/// <summary>A file of instruction data and how much of the training comes from it.</summary>
/// <param name="Path">See <see cref="Data.Instructions.InstructionFile"/>.</param>
/// <param name="Weight">Share beside the other files, whatever their sizes.</param>
public sealed record DataShare(string Path, double Weight = 1)
{
    /// <summary>Reads <c>file.jsonl</c> or <c>file.jsonl:0.3</c>.</summary>
    /// <param name="text">The path, and behind a colon the weight.</param>
    /// <returns>The share.</returns>
    /// <exception cref="ExperimentException">The weight is not positive.</exception>
    public static DataShare Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (File.Exists(text) || colon < 0 || !double.TryParse(text.AsSpan(colon + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var weight))
        {
            return new DataShare(text);
        }

        return weight > 0 && double.IsFinite(weight) ? new DataShare(text[..colon], weight) : throw new ExperimentException($"'{text}': the weight must be positive.");
    }
}
