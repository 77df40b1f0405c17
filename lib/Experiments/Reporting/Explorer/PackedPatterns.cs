using System.IO.Compression;
using Experiments.Runs;

namespace Experiments.Reporting.Explorer;

/// <summary>
/// All patterns in few bytes, as zlib: first those of the first condition, layer by layer, head by head; then, if there is one, the second
/// condition's, each byte as its distance (modulo 256) from the first's. A pattern is what each token receives, as bytes of the finest
/// <see cref="WeightScale"/>, and the <see cref="Resolution"/>'s cells, as bytes of its own.
/// </summary>
/// <param name="Bytes">The compressed bytes.</param>
/// <param name="Resolution">How finely they hold the weights.</param>
internal sealed record PackedPatterns(byte[] Bytes, Resolution Resolution)
{
    /// <summary>Packs as finely as the size allows.</summary>
    /// <param name="explorer">The patterns.</param>
    /// <param name="survey">Their range.</param>
    /// <param name="room">Most characters of the bytes' base64.</param>
    /// <exception cref="ExperimentException">Not even the coarsest fits.</exception>
    public static PackedPatterns Of(AttentionExplorer explorer, PatternSurvey survey, int room)
    {
        var most = room / 4 * 3;
        foreach (var resolution in Resolution.All(difference: explorer.On is not null))
        {
            if (Packed(explorer, survey.Top, resolution, most) is { } bytes)
            {
                return new PackedPatterns(bytes, resolution);
            }
        }

        throw new ExperimentException($"{explorer.Tokens.Count} tokens with {explorer.Layers.Count * explorer.Heads.Count} heads do not fit a page of {explorer.MaxBytes:N0} bytes, not even as means over squares of {Resolution.All(true).Last().Block} tokens. "
            + "Choose fewer layers or heads, a shorter text, or more bytes.");
    }

    /// <summary>The bytes, or null as soon as there are too many.</summary>
    private static byte[]? Packed(AttentionExplorer explorer, double top, Resolution resolution, int most)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            foreach (var codes in Codes(explorer, top, resolution))
            {
                zlib.Write(codes);
                if (packed.Length > most)
                {
                    return null;
                }
            }
        }

        return packed.Length <= most ? packed.ToArray() : null;
    }

    private static IEnumerable<byte[]> Codes(AttentionExplorer explorer, double top, Resolution resolution)
    {
        var (fine, scale) = (new WeightScale(Resolution.Finest.Levels, top), new WeightScale(resolution.Levels, top));
        byte[] CodesOf(double[,] pattern) => [.. Received(pattern).Select(fine.CodeOf), .. resolution.Cells(pattern).Select(scale.CodeOf)];
        var off = explorer.Patterns(explorer.Off).Select(CodesOf);
        return explorer.On is null ? off : off.Concat(off.Zip(explorer.Patterns(explorer.On), (before, after) => Distance(before, CodesOf(after))));
    }

    /// <summary>The mean weight that each token gets from itself and all later tokens.</summary>
    private static IEnumerable<double> Received(double[,] pattern)
    {
        var tokens = pattern.GetLength(0);
        return Enumerable.Range(0, tokens).Select(key => Enumerable.Range(key, tokens - key).Average(query => pattern[query, key]));
    }

    private static byte[] Distance(byte[] before, byte[] after) => [.. after.Zip(before, (a, b) => unchecked((byte)(a - b)))];
}
