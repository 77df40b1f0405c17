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

    /// <summary>True where numbers stand, which are aligned right.</summary>
    public bool AlignRight => Kind is ColumnKind.Number or ColumnKind.Integer;

    /// <summary>The value of a row as people read it, in the invariant culture.</summary>
    public string Shown(int row) => Values[row] switch
    {
        null or double.NaN => Missing,
        bool flag => flag ? "yes" : "no",
        double number => number.ToString(Format ?? "0.####", CultureInfo.InvariantCulture),
        long number => number.ToString(Format ?? "#,0", CultureInfo.InvariantCulture),
        var other => other.ToString() ?? Missing,
    };

    /// <summary>The value of a row with all its digits, empty where there is none.</summary>
    public string Exact(int row) => Values[row] switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        var other => other.ToString() ?? "",
    };
}
