namespace Experiments.Reporting;

/// <summary>One column of a table as LaTeX has it: its cells, and their width in Computer Modern at 10 pt.</summary>
internal sealed class LatexColumn
{
    private const double Space = 3.4; // between a value and its interval

    private readonly Column _column;

    public LatexColumn(Column column)
    {
        _column = column;
        var rows = Enumerable.Range(0, column.Values.Length).ToList();
        var values = rows.ConvertAll(row => column.AlignRight ? Minus(column.Shown(row)) : column.Shown(row));
        var room = column.AlignRight ? DecimalAlignment.Room(values) : [.. values.Select(_ => ("", ""))];
        var intervals = Intervals(rows);
        Cells = rows.ConvertAll(row => Strong(LatexText.Escape(values[row]), row) + Phantom(room[row].Right) + (column.HasIntervals ? $" & {intervals[row].Latex}" : ""));

        double Widest(Func<int, double> width) => rows.Select(width).DefaultIfEmpty(0).Max();
        var body = Widest(row => ComputerModern.Width(values[row], column.IsStrong(row)) + ComputerModern.Width(room[row].Right))
            + (column.HasIntervals ? Space + Widest(row => intervals[row].Width) : 0);
        Width = Math.Max(ComputerModern.Width(column.Name), body);
        LongestWord = column.AlignRight ? Width : Words(column.Name).Concat(rows.SelectMany(row => Words(values[row]))).Select(word => ComputerModern.Width(word)).DefaultIfEmpty(0).Max();
    }

    /// <summary>One for each row, without the sign that ends a cell; a value and its interval are two cells.</summary>
    public IReadOnlyList<string> Cells { get; }

    /// <summary>Natural width in points at 10 pt.</summary>
    public double Width { get; }

    /// <summary>The widest piece that cannot be broken, in points at 10 pt.</summary>
    public double LongestWord { get; }

    /// <summary>True for words, which may go on in the next line.</summary>
    public bool Wraps => !_column.AlignRight;

    /// <summary>What stands for this column in the argument of <c>tabular</c>.</summary>
    public string Specification => _column.HasIntervals ? @"r@{\ }l" : _column.AlignRight ? "r" : "l";

    /// <summary>The cell of the heading.</summary>
    /// <param name="first">It is the table's first column, with no room on its left.</param>
    /// <param name="last">It is the last one, with no room on its right.</param>
    public string Heading(bool first, bool last)
    {
        var name = LatexText.Escape(_column.Name);
        return _column.HasIntervals ? $@"\multicolumn{{2}}{{{(first ? "@{}" : "")}c{(last ? "@{}" : "")}}}{{{name}}}" : name;
    }

    private List<(string Latex, double Width)> Intervals(List<int> rows)
    {
        var ends = rows.ConvertAll(row => _column.ShownEnds(row) is var (low, high) ? (Low: Minus(low), High: Minus(high)) : (Low: "", High: ""));
        var room = DecimalAlignment.Room(ends.Select(end => end.Low)); // left of the bracket, so that there are no holes inside
        return rows.ConvertAll(row => ends[row].Low.Length == 0
            ? ("", 0)
            : (Phantom(room[row].Left) + LatexText.Escape($"[{ends[row].Low}, {ends[row].High}]"), ComputerModern.Width($"{room[row].Left}[{ends[row].Low}, {ends[row].High}]")));
    }

    private string Strong(string latex, int row) => _column.IsStrong(row) ? $@"\textbf{{{latex}}}" : latex;

    private static string Phantom(string room) => room.Length == 0 ? "" : $@"\phantom{{{LatexText.Escape(room)}}}";

    private static string Minus(string number) => number.Replace('-', '−');

    /// <summary>TeX breaks at spaces and behind hyphens.</summary>
    private static IEnumerable<string> Words(string text) => text.Replace("-", "- ", StringComparison.Ordinal).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
