using System.Text;

namespace Experiments.Models.Tokenizers;

/// <summary>Text on its way from what the user wrote to what is segmented, with the range of the user's text behind each UTF-16 unit.</summary>
internal sealed class AlignedText
{
    private readonly int[] _starts;
    private readonly int[] _ends;

    private AlignedText(string text, int[] starts, int[] ends)
    {
        (Text, _starts, _ends) = (text, starts, ends);
    }

    internal string Text { get; }

    internal int Length => Text.Length;

    /// <summary>Whether it begins where the user's text begins.</summary>
    internal bool IsFirst => Length > 0 && _starts[0] == 0;

    /// <summary>A user's text; half a surrogate pair, which no encoding can write, becomes U+FFFD.</summary>
    internal static AlignedText Of(string text)
    {
        var whole = string.Concat(text.EnumerateRunes()); // as long as the text
        var pairs = Enumerable.Range(0, whole.Length).Select(at => (First: at - (char.IsLowSurrogate(whole[at]) ? 1 : 0), Last: at + (char.IsHighSurrogate(whole[at]) ? 1 : 0))).ToList();
        return new(whole, [.. pairs.Select(pair => pair.First)], [.. pairs.Select(pair => pair.Last + 1)]);
    }

    /// <summary>Where units of this text come from.</summary>
    /// <returns>Start and length in the user's text.</returns>
    internal (int Start, int Length) Origin(int start, int length) =>
        length == 0 ? (start < Length ? _starts[start] : _ends.LastOrDefault(), 0) : (_starts[start], _ends[start + length - 1] - _starts[start]);

    internal AlignedText Slice(int start, int length) =>
        start == 0 && length == Length ? this : new(Text.Substring(start, length), _starts[start..(start + length)], _ends[start..(start + length)]);

    /// <summary>The text with something before it that stands for nothing of the user's.</summary>
    internal AlignedText Prepend(string text)
    {
        int[] origin = [.. Enumerable.Repeat(Origin(0, 0).Start, text.Length)];
        return new(text + Text, [.. origin, .. _starts], [.. origin, .. _ends]);
    }

    /// <summary>The text with parts rewritten; each new unit stands for all of its part.</summary>
    /// <param name="parts">Where and by what, in order.</param>
    internal AlignedText Rewrite(IEnumerable<(int Start, int Length, string Text)> parts)
    {
        var (builder, at) = (new Builder(), 0);
        foreach (var part in parts)
        {
            builder.Add(Slice(at, part.Start - at));
            var origin = Origin(part.Start, part.Length);
            builder.Add(part.Text, origin.Start, origin.Start + origin.Length);
            at = part.Start + part.Length;
        }

        builder.Add(Slice(at, Length - at));
        return builder.Build();
    }

    internal AlignedText Replace(string old, string text) => Rewrite(Matches(old).Select(start => (start, old.Length, text)));

    /// <summary>Where a text occurs, without overlaps.</summary>
    internal IEnumerable<int> Matches(string text)
    {
        for (var at = Text.IndexOf(text, StringComparison.Ordinal); at >= 0; at = Text.IndexOf(text, at + text.Length, StringComparison.Ordinal))
        {
            yield return at;
        }
    }

    private sealed class Builder
    {
        private readonly StringBuilder _text = new();
        private readonly List<int> _starts = [];
        private readonly List<int> _ends = [];

        internal void Add(ReadOnlySpan<char> text, int start, int end)
        {
            _text.Append(text);
            _starts.AddRange(Enumerable.Repeat(start, text.Length));
            _ends.AddRange(Enumerable.Repeat(end, text.Length));
        }

        internal void Add(AlignedText text)
        {
            _text.Append(text.Text);
            _starts.AddRange(text._starts);
            _ends.AddRange(text._ends);
        }

        internal AlignedText Build() => new(_text.ToString(), [.. _starts], [.. _ends]);
    }
}
