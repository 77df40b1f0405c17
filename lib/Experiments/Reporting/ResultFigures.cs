namespace Experiments.Reporting;

/// <summary>The pictures of training and evaluation: one call for each kind.</summary>
public static class ResultFigures
{
    /// <summary>Accuracy per category for several conditions, with intervals.</summary>
    /// <param name="categories">Categories, one group of bars each.</param>
    /// <param name="conditions">Accuracies from 0 to 1, for instance before and after.</param>
    /// <param name="chance">Accuracy of guessing, from 0 to 1, or null.</param>
    public static BarFigure Accuracy(IEnumerable<string> categories, IEnumerable<BarSeries> conditions, double? chance = null) => new()
    {
        Title = "Accuracy by category",
        Categories = new CategoryAxis("category", [.. categories]),
        Series = [.. conditions],
        ValueTitle = "accuracy",
        Percent = true,
        Reference = chance is { } level ? new ReferenceLevel(FormattableString.Invariant($"chance ({level:0.#%})"), level) : null,
    };

    /// <summary>Differences with their intervals, one row each: a forest plot.</summary>
    /// <param name="rows">Names, differences and interval ends as shares of 1; shown in percentage points.</param>
    /// <param name="title">What the figure shows.</param>
    public static IntervalFigure Differences(IEnumerable<(string Name, double Difference, double Low, double High)> rows, string title)
    {
        var all = rows.ToList();
        return new IntervalFigure
        {
            Title = title,
            Rows = new CategoryAxis("category", [.. all.Select(row => row.Name)]),
            Values = [.. all.Select(row => 100 * row.Difference)],
            Low = [.. all.Select(row => 100 * row.Low)],
            High = [.. all.Select(row => 100 * row.High)],
            ValueTitle = "difference of accuracy (percentage points)",
        };
    }

    /// <summary>How often values lie where, for several conditions.</summary>
    /// <param name="values">Name and non-negative whole values of each condition.</param>
    /// <param name="title">What the figure shows.</param>
    /// <param name="valueTitle">What the values count.</param>
    public static BarFigure Distribution(IReadOnlyList<(string Name, IReadOnlyList<int> Values)> values, string title, string valueTitle) => Distribution(
        [.. values.Select(condition => (condition.Name, (IReadOnlyList<(int, int)>)[.. condition.Values.CountBy(value => value).Select(count => (count.Key, count.Value))]))], title, valueTitle);

    /// <summary>The same from values that are counted already.</summary>
    /// <param name="counts">Name of each condition, and how often it has each non-negative whole value.</param>
    /// <param name="title">What the figure shows.</param>
    /// <param name="valueTitle">What the values count.</param>
    public static BarFigure Distribution(IReadOnlyList<(string Name, IReadOnlyList<(int Value, int Count)> Counts)> counts, string title, string valueTitle)
    {
        const int bins = 16;
        var values = counts.SelectMany(condition => condition.Counts).Select(count => count.Value).DefaultIfEmpty(0).ToList();
        var (low, high) = (values.Min(), values.Max());
        var width = Math.Max(1, (int)Math.Ceiling((high - low + 1) / (double)bins));
        var starts = Enumerable.Range(0, ((high - low) / width) + 1).Select(bin => low + (bin * width)).ToArray();
        return new BarFigure
        {
            Title = title,
            Categories = new CategoryAxis(valueTitle, [.. starts.Select(start => width == 1 ? $"{start}" : $"{start}–{start + width - 1}")]),
            Series = [.. counts.Select(condition => new BarSeries(condition.Name, [.. starts.Select(start => condition.Counts.Where(count => count.Value >= start && count.Value < start + width).Sum(count => count.Count) / (double)Math.Max(1, condition.Counts.Sum(count => count.Count)))]))],
            ValueTitle = "share of replies",
            Percent = true,
        };
    }

    /// <summary>Loss over steps or tokens, for instance in training and validation.</summary>
    /// <param name="curves">The curves.</param>
    /// <param name="xTitle">What x counts.</param>
    public static LineFigure Loss(IEnumerable<LineSeries> curves, string xTitle = "step") => new()
    {
        Title = "Loss",
        Caption = $"Cross-entropy by {xTitle}: {string.Join(", ", curves.Select(curve => curve.Name))}.",
        Series = [.. curves],
        XTitle = xTitle,
        ValueTitle = "loss (nats per token)",
    };

    /// <summary>A result for each pair of two settings, with the number in each cell.</summary>
    /// <param name="values"><c>[row, column]</c></param>
    /// <param name="rows">The first setting and its values.</param>
    /// <param name="columns">The second setting and its values.</param>
    /// <param name="title">What the figure shows.</param>
    /// <param name="valueTitle">The result's name and unit.</param>
    /// <param name="cellFormat">.NET number format of the cells.</param>
    /// <param name="difference">The results are differences: one scale around zero.</param>
    public static HeatmapFigure Ablation(
        Grid values, CategoryAxis rows, CategoryAxis columns, string title, string valueTitle, string cellFormat = "0.0%", bool difference = false) => new()
        {
            Title = title,
            Values = values,
            Rows = rows,
            Columns = columns,
            ValueTitle = valueTitle,
            CellFormat = cellFormat,
            Percent = cellFormat.Contains('%', StringComparison.Ordinal),
            Colors = difference ? ColorMap.Difference : ColorMap.Amount,
        };
}
