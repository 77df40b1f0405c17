using static TorchSharp.torch;

namespace Experiments.Training;

/// <summary>Rows of one or several examples, padded on the right to one length. Causal attention never sees the padding, and no loss falls on it.</summary>
internal sealed class MicroBatch
{
    /// <summary>Label of a position without loss, as in torch's cross-entropy.</summary>
    internal const long Ignored = -100;

    private readonly long[]? _documents;

    private MicroBatch(List<List<TrainingExample>> rows)
    {
        Rows = rows.Count;
        Length = rows.Max(LengthOf);
        Ids = new long[Rows * Length];
        Labels = new long[Rows * (Length - 1)];
        Weights = new float[Labels.Length];
        _documents = rows.Exists(row => row.Count > 1) ? new long[Ids.Length] : null;
        Array.Fill(Labels, Ignored);
        foreach (var (row, examples) in rows.Index())
        {
            var start = 0;
            foreach (var (number, example) in examples.Index())
            {
                Add(row, start, number + 1, example);
                start += example.Ids.Length;
            }
        }
    }

    internal int Rows { get; }

    internal int Length { get; }

    /// <summary>Ids, row by row, <c>[Rows, Length]</c>.</summary>
    internal long[] Ids { get; }

    /// <summary>What each position but the last should predict, <c>[Rows, Length - 1]</c>.</summary>
    internal long[] Labels { get; }

    /// <summary>How much each label counts; 0 where there is none.</summary>
    internal float[] Weights { get; }

    /// <summary>Sum of the weights.</summary>
    internal double Targets { get; private set; }

    /// <summary>Ids as a tensor.</summary>
    internal Tensor IdsOn(Device device) => tensor(Ids, [Rows, Length], device: device);

    /// <summary>Number of each token's example in its row, 0 for padding; null where every row is one example.</summary>
    internal Tensor? DocumentsOn(Device device) => _documents is null ? null : tensor(_documents, [Rows, Length], device: device);

    /// <summary>Splits examples into parts of similar length and similar size, so that little is padding.</summary>
    /// <param name="examples">The examples.</param>
    /// <param name="parts">Most parts.</param>
    /// <param name="packedLength">Tokens up to which short examples share a row; 0 for one example a row.</param>
    internal static List<MicroBatch> Split(IReadOnlyList<TrainingExample> examples, int parts, int packedLength = 0)
    {
        var sorted = Pack(examples, packedLength).OrderBy(LengthOf).ToList();
        var total = sorted.Sum(LengthOf);
        var result = new List<MicroBatch>();
        var (part, tokens) = (new List<List<TrainingExample>>(), 0L);
        foreach (var row in sorted)
        {
            part.Add(row);
            tokens += LengthOf(row);
            if (tokens * parts >= (long)total * (result.Count + 1) && result.Count < parts - 1)
            {
                result.Add(new MicroBatch(part));
                part = [];
            }
        }

        if (part.Count > 0)
        {
            result.Add(new MicroBatch(part));
        }

        return result;
    }

    /// <summary>Puts examples into rows, the longest first, each into the first row that has room.</summary>
    private static List<List<TrainingExample>> Pack(IReadOnlyList<TrainingExample> examples, int packedLength)
    {
        if (packedLength == 0)
        {
            return [.. examples.Select(example => new List<TrainingExample> { example })];
        }

        var rows = new List<List<TrainingExample>>();
        foreach (var example in examples.OrderByDescending(example => example.Ids.Length))
        {
            if (rows.Find(row => LengthOf(row) + example.Ids.Length <= packedLength) is { } roomy)
            {
                roomy.Add(example);
            }
            else
            {
                rows.Add([example]);
            }
        }

        return rows;
    }

    private static int LengthOf(List<TrainingExample> row) => row.Sum(example => example.Ids.Length);

    private void Add(int row, int start, int number, TrainingExample example)
    {
        var (ids, isTarget, weight) = example;
        for (var i = 0; i < ids.Length; i++)
        {
            var place = (row * Length) + start + i;
            Ids[place] = ids[i];
            if (_documents is not null)
            {
                _documents[place] = number;
            }

            if (i > 0 && isTarget[i])
            {
                var label = (row * (Length - 1)) + start + i - 1;
                Labels[label] = ids[i];
                Weights[label] = (float)weight;
                Targets += weight;
            }
        }
    }
}
