using System.Collections.Immutable;
using System.Globalization;

namespace Experiments.Reporting;

/// <summary>What a column holds; it decides the alignment and the type in a data frame.</summary>
public enum ColumnKind
{
    /// <summary>Words, aligned left.</summary>
    Text,

    /// <summary>Real numbers, aligned right.</summary>
    Number,

    /// <summary>Whole numbers, aligned right.</summary>
    Integer,

    /// <summary>Yes or no, aligned left.</summary>
    Flag,
}

/// <summary>One named column of a <see cref="Table"/> with its values: <c>string</c>, <c>double</c>, <c>long</c> or <c>bool</c>, null where there is none.</summary>
/// <param name="Name">The heading.</param>
/// <param name="Kind">The type of the values.</param>
/// <param name="Values">One value for each row.</param>
/// <param name="Format">.NET number format for people, for instance <c>0.0</c> or <c>0.0%</c>. CSV always holds all digits.</param>
public sealed record Column(string Name, ColumnKind Kind, ImmutableArray<object?> Values, string? Format = null)
{
    /// <summary>Shown where there is no value.</summary>
    internal const string Missing = "–";

    /// <summary>Lower ends of the values' intervals, one for each row, null or NaN where there is none; empty for a column without intervals.</summary>
    public ImmutableArray<double?> Low { get; init; } = [];

    /// <summary>Upper ends; as many as there are lower ends.</summary>
    public ImmutableArray<double?> High { get; init; } = [];

    /// <summary>Which values stand out, one for each row; empty for none.</summary>
    public ImmutableArray<bool> Strong { get; init; } = [];

    /// <summary>True where numbers stand, which are aligned right.</summary>
    public bool AlignRight => Kind is ColumnKind.Number or ColumnKind.Integer;

    /// <summary>True where values have intervals.</summary>
    internal bool HasIntervals => !Low.IsEmpty;

    /// <summary>This column with its intervals as two columns beside it, for CSV and data frames.</summary>
    internal IEnumerable<Column> Plain => HasIntervals ? [this, Ends("low", Low), Ends("high", High)] : [this];

    /// <summary>The value of a row as people read it, in the invariant culture, without its interval.</summary>
    public string Shown(int row) => Values[row] switch
    {
        null or double.NaN => Missing,
        bool flag => flag ? "yes" : "no",
        double number => number.ToString(Format ?? "0.####", CultureInfo.InvariantCulture),
        long number => number.ToString(Format ?? "#,0", CultureInfo.InvariantCulture),
        var other => other.ToString() ?? Missing,
    };

    /// <summary>The interval of a row as people read it, in the value's format without percent signs: <c>[84.0, 86.5]</c>. Empty where there is none.</summary>
    public string ShownInterval(int row) => ShownEnds(row) is var (low, high) ? $"[{low}, {high}]" : "";

    /// <summary>The value of a row with all its digits, empty where there is none.</summary>
    public string Exact(int row) => Values[row] switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        var other => other.ToString() ?? "",
    };

    /// <summary>Both ends of a row's interval as people read them; null where the value or an end is missing.</summary>
    internal (string Low, string High)? ShownEnds(int row) =>
        HasIntervals && Values[row] is not (null or double.NaN) && Low[row] is { } low && High[row] is { } high && !double.IsNaN(low + high) ? (End(low), End(high)) : null;

    /// <summary>True where the value of a row stands out; a missing one never does.</summary>
    internal bool IsStrong(int row) => !Strong.IsEmpty && Strong[row] && Values[row] is not (null or double.NaN);

    private string End(double value) => value.ToString(Format ?? "0.####", CultureInfo.InvariantCulture).Replace("%", "", StringComparison.Ordinal);

    private Column Ends(string which, ImmutableArray<double?> ends) => new($"{Name} {which}", ColumnKind.Number, [.. ends.Select(end => (object?)end)], Format);
}
