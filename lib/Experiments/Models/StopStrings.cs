using Experiments.Runs;

namespace Experiments.Models;

/// <summary>Texts at which a reply ends, as they come out of the tokenizer, whatever their tokens.</summary>
public sealed class StopStrings
{
    private readonly TextTokenizer _tokenizer;
    private readonly IReadOnlyList<string> _strings;
    private readonly int _tokens;

    /// <summary>Makes them.</summary>
    /// <param name="tokenizer">Reads the replies.</param>
    /// <param name="strings">The texts, none empty.</param>
    /// <exception cref="ExperimentException">One is empty.</exception>
    public StopStrings(TextTokenizer tokenizer, IReadOnlyList<string> strings)
    {
        (_tokenizer, _strings) = (tokenizer, strings.All(text => text.Length > 0) ? strings : throw new ExperimentException("A stop string is empty, so every reply would end at once. Leave it out."));
        // A token may be one byte of a character of four; one more for what the last token adds behind the string.
        _tokens = (4 * strings.Select(text => text.Length).DefaultIfEmpty().Max()) + 1;
    }

    /// <summary>Whether a reply has reached one with its newest token.</summary>
    /// <param name="reply">Ids so far.</param>
    /// <returns>True if so.</returns>
    public bool IsReached(IReadOnlyList<int> reply)
    {
        var text = _tokenizer.Decode(reply.Skip(Math.Max(0, reply.Count - _tokens)));
        return _strings.Any(stop => text.Contains(stop, StringComparison.Ordinal));
    }

    /// <summary>The text before the first of them.</summary>
    /// <param name="text">A reply's text.</param>
    /// <returns>All of it where there is none.</returns>
    public string Cut(string text)
    {
        var ends = _strings.Select(stop => text.IndexOf(stop, StringComparison.Ordinal)).Where(index => index >= 0).ToList();
        return ends.Count == 0 ? text : text[..ends.Min()];
    }
}
