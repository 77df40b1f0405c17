namespace Experiments.Training;

/// <summary>Sequences padded on the right to one length. Causal attention never sees the padding, and no loss falls on it.</summary>
internal sealed class MicroBatch
{
    /// <summary>Label of a position without loss, as in torch's cross-entropy.</summary>
    internal const long Ignored = -100;

    private MicroBatch(IReadOnlyList<TrainingExample> examples)
    {
        Rows = examples.Count;
        Length = examples.Max(example => example.Ids.Length);
        Ids = new long[Rows * Length];
        Labels = new long[Rows * (Length - 1)];
        Weights = new float[Labels.Length];
        Array.Fill(Labels, Ignored);
        for (var row = 0; row < Rows; row++)
        {
            var (ids, isTarget, weight) = examples[row];
            for (var i = 0; i < ids.Length; i++)
            {
                Ids[(row * Length) + i] = ids[i];
                if (i > 0 && isTarget[i])
                {
                    Labels[(row * (Length - 1)) + i - 1] = ids[i];
                    Weights[(row * (Length - 1)) + i - 1] = (float)weight;
                    Targets += weight;
                }
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
    internal double Targets { get; }

    /// <summary>Splits examples into parts of similar length and similar size, so that little is padding.</summary>
    internal static List<MicroBatch> Split(IReadOnlyList<TrainingExample> examples, int parts)
    {
        var sorted = examples.OrderBy(example => example.Ids.Length).ToList();
        var total = sorted.Sum(example => example.Ids.Length);
        var result = new List<MicroBatch>();
        var (part, tokens) = (new List<TrainingExample>(), 0L);
        foreach (var example in sorted)
        {
            part.Add(example);
            tokens += example.Ids.Length;
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
}
