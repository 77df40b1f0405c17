using System.Collections.Immutable;

namespace Experiments.Reporting;

/// <summary>Names the columns of a table and says how each is read from a row. Immutable: every call returns a longer list.</summary>
/// <typeparam name="T">What a row is made from.</typeparam>
public sealed class TableColumns<T>
{
    private readonly ImmutableArray<T> _rows;

    internal TableColumns(ImmutableArray<T> rows, ImmutableArray<Column> columns) => (_rows, Columns) = (rows, columns);

    internal ImmutableArray<Column> Columns { get; }

    /// <summary>Adds a column of words.</summary>
    public TableColumns<T> Text(string name, Func<T, string?> value) => Add(name, ColumnKind.Text, row => value(row), null);

    /// <summary>Adds a column of real numbers; null and NaN mean that there is none.</summary>
    /// <param name="name">The heading.</param>
    /// <param name="value">Reads the number from a row.</param>
    /// <param name="format">.NET number format, for instance <c>0.0</c> or <c>0.0%</c>.</param>
    public TableColumns<T> Number(string name, Func<T, double?> value, string? format = null) =>
        Add(name, ColumnKind.Number, row => value(row), format);

    /// <summary>Adds a column of p-values, shown with four decimals, and as <c>&lt;0.0001</c> where those would all be zero.</summary>
    public TableColumns<T> PValue(string name, Func<T, double?> value) => Number(name, value, "0.0000;;'<0.0001'");

    /// <summary>Adds a column of differences of shares, shown as percentages with their sign.</summary>
    public TableColumns<T> Difference(string name, Func<T, double?> value) => Number(name, value, "+0.0%;-0.0%;0.0%");

    /// <summary>Adds a column of whole numbers, shown with thousands separators unless a format says otherwise.</summary>
    public TableColumns<T> Integer(string name, Func<T, long?> value, string? format = null) =>
        Add(name, ColumnKind.Integer, row => value(row), format);

    /// <summary>Adds a column of yes and no.</summary>
    public TableColumns<T> Flag(string name, Func<T, bool?> value) => Add(name, ColumnKind.Flag, row => value(row), null);

    private TableColumns<T> Add(string name, ColumnKind kind, Func<T, object?> value, string? format) =>
        new(_rows, Columns.Add(new Column(name, kind, [.. _rows.Select(value)], format)));
}
