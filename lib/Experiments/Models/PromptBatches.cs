namespace Experiments.Models;

/// <summary>Which prompts are computed together: those of similar length and, where many begin alike, those with the same beginning.</summary>
internal static class PromptBatches
{
    /// <summary>Tokens that a beginning must have to be worth a pass of its own.</summary>
    private const int SharedTokens = 32;

    /// <summary>Prompts below which a batch is not ended for its padding: a step costs as much for few as for one.</summary>
    private const int FewPrompts = 16;

    /// <summary>Orders prompts into batches, in which padding is at most a quarter unless they are small. The longest come first: what does not fit into memory shows at once.</summary>
    /// <param name="prompts">Token ids per prompt.</param>
    /// <param name="size">Prompts per batch, given the length of its longest.</param>
    /// <returns>Indices of prompts, each once.</returns>
    internal static IEnumerable<int[]> Of(IReadOnlyList<int[]> prompts, Func<int, int> size)
    {
        var families = Enumerable.Range(0, prompts.Count)
            .GroupBy(i => prompts[i].Length > SharedTokens ? string.Join(' ', prompts[i].Take(SharedTokens)) : string.Empty)
            .ToLookup(family => family.Key.Length > 0 && 2 * family.Count() >= size(family.Max(i => prompts[i].Length)));
        return families[true].Append(families[false].SelectMany(family => family))
            .Select(family => family.OrderByDescending(i => prompts[i].Length).ThenBy(i => i).ToArray())
            .OrderByDescending(family => family.Length > 0 ? prompts[family[0]].Length : 0)
            .SelectMany(family => Chunk(family, prompts, size));
    }

    /// <summary>Tokens at the beginning that are computed once for all prompts: what they have in common, short of the shortest prompt's last token.</summary>
    /// <param name="prompts">Token ids per prompt.</param>
    /// <returns>Their number; 0 where it is not worth a pass of its own.</returns>
    internal static int SharedLength(IReadOnlyList<int[]> prompts)
    {
        var shared = prompts.Count > 1 ? CommonLength(prompts, Math.Max(0, prompts.Min(prompt => prompt.Length) - 1)) : 0;
        return shared >= SharedTokens ? shared : 0;
    }

    /// <summary>Tokens with which all sequences begin.</summary>
    /// <param name="sequences">Token ids.</param>
    /// <param name="limit">At most so many.</param>
    /// <returns>Their number.</returns>
    internal static int CommonLength(IReadOnlyList<int[]> sequences, int limit) =>
        sequences.Skip(1).Aggregate(limit, (length, sequence) => sequences[0].AsSpan(0, length).CommonPrefixLength(sequence));

    private static IEnumerable<int[]> Chunk(int[] sorted, IReadOnlyList<int[]> prompts, Func<int, int> size)
    {
        for (var start = 0; start < sorted.Length;)
        {
            var longest = prompts[sorted[start]].Length;
            var (most, count, tokens) = (Math.Min(size(longest), sorted.Length - start), 0, 0);
            while (count < most && (count < FewPrompts || 3 * longest * count <= 4 * tokens))
            {
                tokens += prompts[sorted[start + count]].Length;
                count++;
            }

            yield return sorted[start..(start + count)];
            start += count;
        }
    }
}
