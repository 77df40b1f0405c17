using System.Globalization;
using System.Text;

namespace Experiments.Models.Tokenizers;

/// <summary>Unicode's normalization form C (UAX #15), which Qwen's tokenizers ask for.</summary>
/// <remarks>
/// <see cref="string.Normalize()"/> does nothing in programs that need no ICU, as this one (InvariantGlobalization). Marks that are younger than Unicode 9.0 stay
/// where they are, because Hugging Face's library does not know them, and ids are to equal its.
/// </remarks>
internal sealed class CanonicalComposition
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7, Leads = 19, Vowels = 21, Trails = 28;

    private static readonly Lazy<CanonicalComposition> Loaded = new(() => new());

    private readonly Dictionary<int, int[]> _decompositions = [];
    private readonly Dictionary<(int, int), int> _compositions = [];
    private readonly Dictionary<int, int> _classes = [];
    private readonly HashSet<int> _seconds = [];

    private CanonicalComposition()
    {
        using var reader = new StreamReader(typeof(CanonicalComposition).Assembly.GetManifestResourceStream("canonical-composition.txt")!);
        while (reader.ReadLine() is { } line)
        {
            switch (line.Split(' '))
            {
                case ["#", ..]: break;
                case [var range, "=", var number]: AddClass(range.Split('-'), int.Parse(number, CultureInfo.InvariantCulture)); break;
                case [var point, ">", .. var parts]: _decompositions[Hex(point)] = Array.ConvertAll(parts, Hex); break;
                case [var point, var first, var second]: AddPair(Hex(point), Hex(first), Hex(second)); break;
            }
        }
    }

    /// <summary>Composes a text; each part that changes keeps its place in the user's text.</summary>
    internal static AlignedText Compose(AlignedText text) => text.Text.All(c => c < 0x300) ? text : text.Rewrite(Loaded.Value.Changes(text.Text)); // nothing below U+0300 changes

    /// <summary>Parts that begin where nothing composes with what is before, and what they become.</summary>
    private IEnumerable<(int Start, int Length, string Text)> Changes(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = start + Rune.GetRuneAt(text, start).Utf16SequenceLength;
            while (end < text.Length && Rune.GetRuneAt(text, end) is var next && (ClassOf(next.Value) > 0 || Continues(next.Value)))
            {
                end += next.Utf16SequenceLength;
            }

            var (old, composed) = (text[start..end], Compose(text[start..end]));
            if (old != composed)
            {
                yield return (start, end - start, composed);
            }

            start = end;
        }
    }

    private string Compose(string part)
    {
        var points = new List<int>();
        foreach (var rune in part.EnumerateRunes())
        {
            Decompose(rune.Value, points);
        }

        SortMarks(points);
        var result = new List<int>();
        var (starter, last) = (-1, -1); // index of the last starter, and class of what was kept behind it: -1 for nothing
        foreach (var point in points)
        {
            var kind = ClassOf(point);
            if (starter >= 0 && last < kind && Join(result[starter], point) is { } joined)
            {
                result[starter] = joined;
                continue;
            }

            (starter, last) = kind == 0 ? (result.Count, -1) : (starter, kind);
            result.Add(point);
        }

        return string.Concat(result.Select(char.ConvertFromUtf32));
    }

    private void Decompose(int point, List<int> into)
    {
        if (point - HangulBase is >= 0 and < Leads * Vowels * Trails and var index)
        {
            into.AddRange([LeadBase + (index / (Vowels * Trails)), VowelBase + (index / Trails % Vowels)]);
            into.AddRange(index % Trails > 0 ? [TrailBase + (index % Trails)] : Array.Empty<int>());
        }
        else if (_decompositions.TryGetValue(point, out var parts))
        {
            Array.ForEach(parts, part => Decompose(part, into));
        }
        else
        {
            into.Add(point);
        }
    }

    /// <summary>Orders each run of marks by class, keeping the order of equal ones.</summary>
    private void SortMarks(List<int> points)
    {
        for (var start = 0; start < points.Count; start++)
        {
            var marks = points.Skip(start).TakeWhile(point => ClassOf(point) > 0).OrderBy(ClassOf).ToList();
            marks.CopyTo(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(points)[start..]);
            start += marks.Count;
        }
    }

    private int? Join(int first, int second)
    {
        if (first - LeadBase is >= 0 and < Leads && second - VowelBase is >= 0 and < Vowels)
        {
            return HangulBase + ((((first - LeadBase) * Vowels) + second - VowelBase) * Trails);
        }

        if (first - HangulBase is >= 0 and < Leads * Vowels * Trails && (first - HangulBase) % Trails == 0 && second - TrailBase is > 0 and < Trails)
        {
            return first + second - TrailBase;
        }

        return _compositions.TryGetValue((first, second), out var joined) ? joined : null;
    }

    private int ClassOf(int point) => _classes.GetValueOrDefault(point);

    private bool Continues(int point) => _seconds.Contains(point) || point - VowelBase is >= 0 and < Vowels || point - TrailBase is > 0 and < Trails || (_decompositions.TryGetValue(point, out var parts) && (ClassOf(parts[0]) > 0 || Continues(parts[0])));

    private void AddPair(int point, int first, int second)
    {
        (_decompositions[point], _compositions[(first, second)]) = ([first, second], point);
        _seconds.Add(second);
    }

    private void AddClass(string[] range, int number)
    {
        for (var point = Hex(range[0]); point <= Hex(range[1]); point++)
        {
            _classes[point] = number;
        }
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
