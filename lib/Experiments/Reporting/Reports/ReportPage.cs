using System.Collections.Immutable;
using System.Net;
using System.Text;

namespace Experiments.Reporting.Reports;

/// <summary>The page of a report: one file without scripts, readable offline, on a phone, in the dark, on paper, and aloud.</summary>
internal static class ReportPage
{
    private const string Style = """
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 1rem; max-width: 72rem; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
        h1, h2, h3 { line-height: 1.2; }
        h2 { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 1rem; }
        a { color: var(--link); }
        figure { margin: 1.5rem 0; break-inside: avoid; }
        figcaption, caption { color: var(--soft); text-align: left; max-width: 48rem; }
        figcaption { margin-top: .25rem; }
        caption { padding-bottom: .25rem; }
        .wide { overflow-x: auto; }
        .wide:focus-visible { outline: 2px solid var(--link); }
        figure svg { display: block; height: auto; max-width: 100%; min-width: min(34rem, var(--natural)); }
        table { border-collapse: collapse; margin: 1.5rem 0; font-size: .875rem; font-variant-numeric: tabular-nums; }
        th, td { padding: .2rem .6rem; vertical-align: top; }
        thead th { border-bottom: 1px solid var(--line); }
        tbody tr + tr > * { border-top: 1px solid var(--grid); }
        dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .1rem 1rem; font-size: .875rem; }
        dt { color: var(--soft); }
        dd { margin: 0; }
        pre { overflow-x: auto; font-size: .8rem; }
        @media print {
          body { padding: 0; max-width: none; font-size: 9pt; }
          nav, .settings { display: none; }
          .wide { overflow: visible; }
          figure svg { min-width: 0; max-height: 8.5in; }
          table { font-size: 6.5pt; }
          th, td { padding: .1rem .25rem; }
          tr { break-inside: avoid; }
          h2, h3 { break-after: avoid; }
        }
        """;

    public static string Write(ImmutableArray<ReportSection> sections)
    {
        var html = new StringBuilder($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Experiments: report</title>
            <style>
            {PageTheme.Css}{Style}
            </style>
            </head>
            <body>
            <header><h1>Experiments: report</h1>
            <p>Made from saved numbers, without a model. Every number comes from a run named below; a difference whose interval holds zero is no finding.</p></header>
            <nav aria-label="Sections"><ul>
            {string.Concat(sections.Select(section => $"<li><a href=\"#{section.Slug}\">{Encode(section.Title)}</a></li>\n"))}</ul></nav>
            <main>

            """);
        foreach (var section in sections)
        {
            Append(html, section);
        }

        return html.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private static void Append(StringBuilder html, ReportSection section)
    {
        html.Append($"<section id=\"{section.Slug}\" aria-labelledby=\"{section.Slug}-title\">\n<h2 id=\"{section.Slug}-title\">{Encode(section.Title)}</h2>\n");
        if (!section.Exhibits.Conclusions.IsEmpty)
        {
            html.Append("<h3>What the numbers say</h3>\n<ul>\n").AppendJoin("", section.Exhibits.Conclusions.Select(conclusion => $"<li>{Encode(conclusion)}</li>\n")).Append("</ul>\n");
        }

        html.Append("<h3>Provenance</h3>\n<dl>\n").AppendJoin("", section.Provenance.Select(fact => $"<dt>{Encode(fact.Name)}</dt><dd>{Encode(fact.Value)}</dd>\n")).Append("</dl>\n");
        if (section.Settings is { } settings)
        {
            html.Append($"<details class=\"settings\"><summary>All settings</summary><pre tabindex=\"0\">{Encode(settings)}</pre></details>\n");
        }

        if (!section.Exhibits.Figures.IsEmpty)
        {
            html.Append("<h3>Figures</h3>\n");
        }

        foreach (var (_, figure) in section.Exhibits.Figures)
        {
            var (svg, width) = Drawn(figure);
            html.Append($"<figure style=\"--natural:{width}px\">\n<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"{Encode(figure.Title)}\">{svg}</div>\n<figcaption>{Encode(figure.Caption)}</figcaption>\n</figure>\n");
        }

        if (!section.Exhibits.Tables.IsEmpty)
        {
            html.Append("<h3>Tables</h3>\n");
        }

        foreach (var (_, table) in section.Exhibits.Tables.Where(named => named.Table.RowCount > 0))
        {
            html.Append(Shown(table));
        }

        html.Append("</section>\n");
    }

    private static string Shown(Table table)
    {
        const int open = 60;
        var scrolled = $"<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"{Encode(table.Caption)}\">\n{table.ToHtml()}</div>\n";
        return table.RowCount <= open ? scrolled : $"<details class=\"settings\"><summary>{Encode(table.Caption)} {table.RowCount} rows</summary>\n{scrolled}</details>\n";
    }

    private static (string Svg, string Width) Drawn(Figure figure)
    {
        var svg = Picture.Svg(figure, null, SvgColors.OfPage);
        var from = svg.IndexOf("width=\"", StringComparison.Ordinal) + "width=\"".Length;
        return (svg, svg[from..svg.IndexOf('"', from)]);
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
