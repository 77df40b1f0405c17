using System.Collections.Immutable;

namespace Experiments.Reporting;

/// <summary>Names the columns of a table and says how each is read from a row. Immutable: every call returns a longer list.</summary>
/// <typeparam name="T">What a row is made from.</typeparam>
public sealed class TableColumns<T>
{
    private const string SignedPercent = "+0.0%;-0.0%;0.0%";

    private readonly ImmutableArray<T> _rows;

    internal TableColumns(ImmutableArray<T> rows, ImmutableArray<Column> columns) => (_rows, Columns) = (rows, columns);

    internal ImmutableArray<Column> Columns { get; }

    /// <summary>Adds a column of words.</summary>
    /// <param name="name">The heading.</param>
    /// <param name="value">Reads the words from a row.</param>
    /// <param name="strong">Says which rows' cells stand out; null for none.</param>
    public TableColumns<T> Text(string name, Func<T, string?> value, Func<T, bool>? strong = null) => Add(name, ColumnKind.Text, row => value(row), null, strong);

    /// <summary>Adds a column of real numbers; null and NaN mean that there is none.</summary>
    /// <param name="name">The heading.</param>
    /// <param name="value">Reads the number from a row.</param>
    /// <param name="format">.NET number format, for instance <c>0.0</c> or <c>0.0%</c>.</param>
    /// <param name="strong">Says which rows' numbers stand out; null for none.</param>
    public TableColumns<T> Number(string name, Func<T, double?> value, string? format = null, Func<T, bool>? strong = null) =>
        Add(name, ColumnKind.Number, row => value(row), format, strong);

    /// <summary>Adds a column of numbers with their intervals, shown in one cell: <c>85.3% [84.0, 86.5]</c>. CSV and data frames hold three columns.</summary>
    /// <param name="name">The heading; the ends of the intervals are called <c>name low</c> and <c>name high</c>.</param>
    /// <param name="value">Reads the number from a row; null and NaN mean that there is none.</param>
    /// <param name="low">Reads the lower end; null and NaN mean that there is no interval.</param>
    /// <param name="high">Reads the upper end; likewise.</param>
    /// <param name="format">.NET number format of the number; its interval has the same without the percent sign.</param>
    /// <param name="strong">Says which rows' numbers stand out; null for none.</param>
    public TableColumns<T> Estimate(string name, Func<T, double?> value, Func<T, double?> low, Func<T, double?> high, string? format = null, Func<T, bool>? strong = null) =>
        new(_rows, Columns.Add(Read(name, ColumnKind.Number, row => value(row), format, strong) with { Low = [.. _rows.Select(low)], High = [.. _rows.Select(high)] }));

    /// <summary>Adds a column of p-values, shown with four decimals, and as <c>&lt;0.0001</c> where those would all be zero.</summary>
    /// <param name="name">The heading.</param>
    /// <param name="value">Reads the p-value from a row; null and NaN mean that there is none.</param>
    /// <param name="strong">Says which rows' p-values stand out; null for none.</param>
    public TableColumns<T> PValue(string name, Func<T, double?> value, Func<T, bool>? strong = null) => Number(name, value, "0.0000;;'<0.0001'", strong);

    /// <summary>Adds a column of differences of shares, shown as percentages with their sign.</summary>
    /// <param name="name">The heading.</param>
    /// <param name="value">Reads the difference from a row; null and NaN mean that there is none.</param>
    /// <param name="strong">Says which rows' differences stand out; null for none.</param>
    public TableColumns<T> Difference(string name, Func<T, double?> value, Func<T, bool>? strong = null) => Number(name, value, SignedPercent, strong);

    /// <summary>Adds a column of differences of shares with their intervals, as <see cref="Estimate"/> does: <c>-0.4% [-0.9, +0.2]</c>.</summary>
    /// <inheritdoc cref="Estimate" path="/param"/>
    public TableColumns<T> Difference(string name, Func<T, double?> value, Func<T, double?> low, Func<T, double?> high, Func<T, bool>? strong = null) =>
        Estimate(name, value, low, high, SignedPercent, strong);

    /// <summary>Adds a column of whole numbers, shown with thousands separators unless a format says otherwise.</summary>
    /// <param name="name">The heading.</param>
    /// <param name="value">Reads the number from a row; null means that there is none.</param>
    /// <param name="format">.NET number format.</param>
    /// <param name="strong">Says which rows' numbers stand out; null for none.</param>
    public TableColumns<T> Integer(string name, Func<T, long?> value, string? format = null, Func<T, bool>? strong = null) =>
        Add(name, ColumnKind.Integer, row => value(row), format, strong);

    /// <summary>Adds a column of yes and no.</summary>
    public TableColumns<T> Flag(string name, Func<T, bool?> value) => Add(name, ColumnKind.Flag, row => value(row), null, null);

    private TableColumns<T> Add(string name, ColumnKind kind, Func<T, object?> value, string? format, Func<T, bool>? strong) =>
        new(_rows, Columns.Add(Read(name, kind, value, format, strong)));

    private Column Read(string name, ColumnKind kind, Func<T, object?> value, string? format, Func<T, bool>? strong) =>
        new(name, kind, [.. _rows.Select(value)], format) { Strong = strong is null ? [] : [.. _rows.Select(strong)] };
}
