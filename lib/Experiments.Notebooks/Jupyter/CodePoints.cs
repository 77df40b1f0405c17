using System.Text;

namespace Experiments.Notebooks.Jupyter;

/// <summary>Jupyter's positions count code points; .NET's count UTF-16 units.</summary>
internal static class CodePoints
{
    /// <summary>Index of a position; the end of the text where it lies behind it.</summary>
    internal static int ToIndex(string text, int position)
    {
        var index = 0;
        for (var left = position; left > 0 && index < text.Length; left--)
        {
            index += Rune.TryGetRuneAt(text, index, out var rune) ? rune.Utf16SequenceLength : 1;
        }

        return index;
    }

    /// <summary>Position of an index.</summary>
    internal static int FromIndex(string text, int index)
    {
        var count = 0;
        foreach (var _ in text.AsSpan(0, index).EnumerateRunes())
        {
            count++;
        }

        return count;
    }
}
