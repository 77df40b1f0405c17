namespace Experiments.Reporting;

/// <summary>An immutable matrix of numbers, <c>[row, column]</c>; NaN where there is no value, such as keys after the query.</summary>
public sealed class Grid
{
    private readonly double[,] _values;

    /// <summary>Copies the values.</summary>
    /// <param name="values"><c>[row, column]</c></param>
    public Grid(double[,] values) => _values = (double[,])values.Clone();

    /// <summary>Number of rows.</summary>
    public int Rows => _values.GetLength(0);

    /// <summary>Number of columns.</summary>
    public int Columns => _values.GetLength(1);

    /// <summary>All numbers, row by row, without the missing ones.</summary>
    public IEnumerable<double> Present => _values.Cast<double>().Where(double.IsFinite);

    /// <summary>The value at a row and a column, both from 0.</summary>
    public double this[int row, int column] => _values[row, column];

    /// <summary>Copies a matrix of <c>float</c>.</summary>
    public static implicit operator Grid(float[,] values) => Of(values.GetLength(0), values.GetLength(1), (r, c) => values[r, c]);

    /// <summary>Copies a matrix of <c>double</c>.</summary>
    public static implicit operator Grid(double[,] values) => new(values);

    /// <summary>Makes a grid from a function of row and column.</summary>
    public static Grid Of(int rows, int columns, Func<int, int, double> value)
    {
        var values = new double[rows, columns];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                values[row, column] = value(row, column);
            }
        }

        return new Grid(values);
    }

    /// <summary>The same shape with each value replaced.</summary>
    /// <param name="value">From row, column and the present value.</param>
    public Grid Map(Func<int, int, double, double> value) => Of(Rows, Columns, (r, c) => value(r, c, _values[r, c]));

    /// <summary>The grid without what a causal mask hides: NaN where the column is greater than the row.</summary>
    public Grid BelowDiagonal() => Map((row, column, value) => column > row ? double.NaN : value);

    /// <summary>This grid minus another of the same shape.</summary>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public Grid Minus(Grid other) => (other.Rows, other.Columns) == (Rows, Columns)
        ? Map((row, column, value) => value - other[row, column])
        : throw new ArgumentException($"Shapes differ: {Rows} x {Columns} and {other.Rows} x {other.Columns}.", nameof(other));
}
