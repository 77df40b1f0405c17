namespace Experiments.Reporting.Explorer;

/// <summary>How finely a page holds weights.</summary>
/// <param name="Block">A cell is the mean over this many queries by this many keys.</param>
/// <param name="Levels">Steps of the logarithm from the floor to the greatest weight, at most 255.</param>
internal readonly record struct Resolution(int Block, int Levels)
{
    /// <summary>Every weight in its own cell.</summary>
    public static Resolution Finest { get; } = new(1, 255);

    /// <summary>What is tried, finest first. A difference needs steps of at most 8 %: re-balancing moves a weight by 20 % or less.</summary>
    /// <param name="difference">Whether two conditions are compared.</param>
    public static IEnumerable<Resolution> All(bool difference) =>
        from block in new[] { 1, 2, 4, 8 }
        from levels in difference ? new[] { 255, 127 } : [255, 127, 63, 31]
        select new Resolution(block, levels);

    /// <summary>The cells of a pattern on and below the diagonal, row by row: <c>n (n + 1) / 2</c> of them, <c>n</c> the tokens by <see cref="Block"/>, rounded up.</summary>
    /// <param name="pattern"><c>[query, key]</c></param>
    /// <returns>Means over the weights of each cell that a query may give: those with key ≤ query.</returns>
    public IEnumerable<double> Cells(double[,] pattern)
    {
        var tokens = pattern.GetLength(0);
        for (var row = 0; row < tokens; row += Block)
        {
            for (var column = 0; column <= row; column += Block)
            {
                yield return Block == 1 ? pattern[row, column] : Mean(pattern, row, column, Math.Min(row + Block, tokens));
            }
        }
    }

    private double Mean(double[,] pattern, int row, int column, int end)
    {
        var (sum, count) = (0.0, 0);
        for (var query = row; query < end; query++)
        {
            for (var key = column; key < column + Block && key <= query; key++)
            {
                sum += pattern[query, key];
                count++;
            }
        }

        return sum / count;
    }
}
