using System.Collections.Immutable;

namespace Experiments.Reporting;

/// <summary>A figure laid out: its panels, or itself as the only one, each with its geometry and its place.</summary>
internal sealed record FigurePage
{
    private const double Gap = 12;

    public required double Width { get; init; }

    public required double Height { get; init; }

    public required ImmutableArray<(Figure Figure, FigureGeometry Geometry, Spot Origin)> Panels { get; init; }

    /// <summary>Lines of the title above all panels; a figure without panels carries its own.</summary>
    public IReadOnlyList<string> TitleLines { get; private init; } = [];

    public static FigurePage Of(Figure figure, FigureSpace space)
    {
        if (figure is PanelFigure panels)
        {
            return OfPanels(panels, space);
        }

        var geometry = FigureGeometry.Of(figure, space);
        return new FigurePage { Width = geometry.Width, Height = geometry.Height, Panels = [(figure, geometry, new Spot(0, 0))] };
    }

    private static FigurePage OfPanels(PanelFigure figure, FigureSpace space)
    {
        var drawn = figure.Drawn();
        var columns = Math.Min(figure.Columns, drawn.Length);
        var laid = drawn.Select((panel, i) => FigureGeometry.Of(panel, PanelSpace(figure, space, columns, i))).ToList();
        var widths = Enumerable.Range(0, columns).Select(column => laid.Where((_, i) => i % columns == column).Max(g => g.Width)).ToArray();
        var width = widths.Sum() + (Gap * (columns - 1));
        IReadOnlyList<string> title = space.TitleFont is { } font ? TextSize.Wrap(figure.Title, Math.Max(width, space.MinWidth) - (2 * Gap) - space.ButtonRoom, font) : [];
        var y = title.Count > 0 ? 20 + (title.Count * FigureGeometry.TitleFont * FigureGeometry.LineHeight) : 0;
        var placed = ImmutableArray.CreateBuilder<(Figure, FigureGeometry, Spot)>();
        for (var first = 0; first < laid.Count; first += columns)
        {
            for (var column = 0; column < Math.Min(columns, laid.Count - first); column++)
            {
                placed.Add((drawn[first + column], laid[first + column], new Spot(widths[..column].Sum() + (Gap * column), y)));
            }

            y += laid.Skip(first).Take(columns).Max(g => g.Height) + Gap;
        }

        return new FigurePage { Width = Math.Max(width, space.MinWidth), Height = y - Gap, Panels = placed.ToImmutable(), TitleLines = title };
    }

    /// <summary>In print all plots of a row are equally wide, and the last one has room for the shared colour bar besides.</summary>
    private static FigureSpace PanelSpace(PanelFigure figure, FigureSpace space, int columns, int index)
    {
        var own = space with { TitleFont = FigureGeometry.TextFont, TitlePrefix = PanelFigure.Letter(index), ButtonRoom = 0, MinWidth = 0, SquareSide = columns > 1 ? 360 : space.SquareSide, ColorBar = figure.HasColorBar(index) };
        if (space.Width is not { } whole)
        {
            return own;
        }

        var inner = whole - (Gap * (columns - 1));
        if (!figure.SharedColors || columns == 1)
        {
            return own with { Width = inner / columns };
        }

        var bar = 0.0;
        for (var pass = 0; pass < 2; pass++) // how the bar's title breaks depends on the room that the bar leaves
        {
            var plot = (inner - bar) / columns;
            bar = FigureGeometry.Of(figure.Panels[0], own with { ColorBar = true, Width = plot + bar }).Right - FigureGeometry.Of(figure.Panels[0], own with { ColorBar = false, Width = plot }).Right;
        }

        return own with { Width = ((inner - bar) / columns) + (own.ColorBar ? bar : 0) };
    }
}
