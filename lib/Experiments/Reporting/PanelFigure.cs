using System.Collections.Immutable;

namespace Experiments.Reporting;

/// <summary>Several figures as one, each with its letter: (a), (b), (c). Heatmaps of the same number can share one colour scale.</summary>
public sealed record PanelFigure : Figure
{
    private const int MostPanels = 26;

    /// <summary>The panels, row by row.</summary>
    public required ImmutableArray<Figure> Panels { get; init; }

    /// <summary>Panels beside each other.</summary>
    public int Columns { get; init; } = 2;

    /// <summary>All panels are heatmaps of one number: one range of colours, and one colour bar at the end of each row.</summary>
    public bool SharedColors { get; init; }

    /// <inheritdoc/>
    protected override string Summary => string.Join(" ", Panels.Select((panel, i) => $"{Letter(i)} {panel.AltText}"));

    /// <summary>The numbers of all panels, each row with its panel's letter; a column that a panel lacks is empty there.</summary>
    public override Table ToTable()
    {
        Check();
        var tables = Panels.Select(panel => panel.ToTable()).ToList();
        var names = tables.SelectMany(table => table.Columns).DistinctBy(column => column.Name).ToList();
        var letters = tables.SelectMany((table, i) => Enumerable.Repeat<object?>(Letter(i), table.RowCount));
        return new Table([
            new Column("panel", ColumnKind.Text, [.. letters]),
            .. names.Select(name => name with { Values = [.. tables.SelectMany(table => Values(table, name.Name))] }),
        ])
        { Caption = Title };
    }

    /// <summary>The letter of a panel, <c>(a)</c> for the first.</summary>
    internal static string Letter(int index) => $"({(char)('a' + index)})";

    /// <summary>The panels as they are drawn: with one range of colours if they share it.</summary>
    internal ImmutableArray<Figure> Drawn()
    {
        Check();
        if (!SharedColors)
        {
            return Panels;
        }

        var ranges = Panels.Cast<HeatmapFigure>().Select(panel => panel.ColorRange()).ToList();
        var (low, high) = (ranges.Min(range => range.Low), ranges.Max(range => range.High));
        return [.. Panels.Cast<HeatmapFigure>().Select(panel => panel with { Minimum = low, Maximum = high })];
    }

    /// <summary>Whether a panel carries a colour bar.</summary>
    internal bool HasColorBar(int index) => !SharedColors || index % Columns == Columns - 1 || index == Panels.Length - 1;

    /// <exception cref="ArgumentException">There are no panels, too many, panels of panels, or colours that cannot be shared.</exception>
    internal void Check()
    {
        var wrong = Panels.IsDefaultOrEmpty ? "has no panels"
            : Panels.Length > MostPanels ? $"has {Panels.Length} panels where {MostPanels} letters name them"
            : Columns < 1 ? $"has {Columns} columns"
            : Panels.Any(panel => panel is PanelFigure) ? "holds a figure that has panels itself"
            : SharedColors && Panels.Any(panel => panel is not HeatmapFigure) ? "shares colours, but not all panels are heatmaps"
            : SharedColors && Panels.Cast<HeatmapFigure>().DistinctBy(panel => (panel.ValueTitle, panel.Colors, panel.LogFloor)).Count() > 1 ? "shares colours between heatmaps of different numbers"
            : null;
        if (wrong is not null)
        {
            throw new ArgumentException($"Figure '{Title}' {wrong}.");
        }
    }

    private static IEnumerable<object?> Values(Table table, string name) =>
        table.Columns.FirstOrDefault(column => column.Name == name)?.Values ?? Enumerable.Repeat<object?>(null, table.RowCount);
}
