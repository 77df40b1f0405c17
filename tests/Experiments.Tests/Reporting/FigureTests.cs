using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Experiments.Reporting;
using Experiments.Tests.Runs;
using Microsoft.DotNet.Interactive.Formatting;

namespace Experiments.Tests.Reporting;

public sealed partial class FigureTests
{
    [Theory]
    [MemberData(nameof(SampleFigures.Names), MemberType = typeof(SampleFigures))]
    public void A_page_loads_nothing_from_elsewhere(string name)
    {
        var page = SampleFigures.All[name].ToHtmlPage();
        Assert.DoesNotMatch(Loads(), page[..page.IndexOf("<script>", StringComparison.Ordinal)]);
        Assert.DoesNotMatch(Loads(), page[page.LastIndexOf("<script>", StringComparison.Ordinal)..]);
        Assert.Equal(2, Occurrences(page, "<script"));
        Assert.Equal(2, Occurrences(page, "</script>"));
        Assert.Contains("plotly.js v2.28.0", page, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(SampleFigures.Names), MemberType = typeof(SampleFigures))]
    public void Equal_figures_give_equal_bytes_in_any_culture(string name)
    {
        var figure = SampleFigures.All[name];
        var (page, csv) = (figure.ToHtmlPage(), figure.ToTable().ToCsv());
        using var comma = new CommaCulture();
        var copy = figure with { Title = figure.Title };
        Assert.Equal(page, copy.ToHtmlPage());
        Assert.Equal(csv, copy.ToTable().ToCsv());
        Assert.NotEqual(figure.ElementId(), (figure with { Title = "Another" }).ElementId());
    }

    [Theory]
    [MemberData(nameof(SampleFigures.Names), MemberType = typeof(SampleFigures))]
    public void The_json_is_small_and_carries_no_template(string name)
    {
        var json = SampleFigures.All[name].ToJson();
        Assert.False(Layout(json).TryGetProperty("template", out _));
        Assert.DoesNotMatch(@"\d\.0[,\]}]", json); // JavaScript would write 1 when it saves the notebook
        Assert.InRange(json.Length, 500, 4000 * (SampleFigures.All[name] is PanelFigure panels ? panels.Panels.Length : 1));
    }

    [Fact]
    public void Parts_of_a_stacked_bar_stand_on_each_other_from_zero_to_their_sum()
    {
        var figure = (BarFigure)SampleFigures.All["stacked"];
        Assert.Equal("stack", Layout(figure.ToJson()).GetProperty("barmode").GetString());
        var boxes = Box().Matches(figure.ToSvg()).Select(match => match.Groups.Values.Skip(1).Select(group => double.Parse(group.Value, CultureInfo.InvariantCulture)).ToArray()).Take(6).ToArray(); // BOS of both layers, newline of both, content of both
        foreach (var layer in new[] { 0, 1 })
        {
            Assert.Equal(boxes[layer][0], boxes[layer + 2][0]);
            Assert.Equal(boxes[layer][1], boxes[layer + 2][1] + boxes[layer + 2][2], 1.1);
            Assert.Equal(boxes[layer + 2][1], boxes[layer + 4][1] + boxes[layer + 4][2], 1.1);
        }

        Assert.Equal(boxes[4][1], boxes[5][1], 0.1); // both sum to 1
        Assert.Contains("cannot be stacked", Assert.Throws<ArgumentException>(() => (figure with { Series = [new BarSeries("a", [-0.5, 1])] }).ToSvg()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Panels_stand_where_the_static_picture_has_them_each_with_its_axes_and_one_colour_bar_a_row()
    {
        using var json = JsonDocument.Parse(SampleFigures.Panels.ToJson());
        var (traces, layout) = (json.RootElement.GetProperty("data").EnumerateArray().ToArray(), json.RootElement.GetProperty("layout"));
        Assert.Equal(["x", "x2", "x3", "x4"], traces.Select(trace => trace.GetProperty("xaxis").GetString()));
        Assert.Equal([false, true, false, true], traces.Select(trace => trace.TryGetProperty("colorbar", out _) && !(trace.TryGetProperty("showscale", out var shown) && !shown.GetBoolean())));
        Assert.Equal(["(a) Attention in layer 2, head 1", "(b) Another head", "(c) Attention in layer 2, head 1", "(d) Attention in layer 2, head 1"], layout.GetProperty("annotations").EnumerateArray().Select(title => title.GetProperty("text").GetString()!.Replace("<br>", " ", StringComparison.Ordinal)));
        var page = FigurePage.Of(SampleFigures.Panels, FigureSpace.Screen);
        foreach (var (panel, i) in page.Panels.Select((panel, i) => (panel, i)))
        {
            var domain = layout.GetProperty(i == 0 ? "xaxis" : $"xaxis{i + 1}").GetProperty("domain").EnumerateArray().Select(end => end.GetDouble()).ToArray();
            Assert.Equal((panel.Origin.X + panel.Geometry.Left) / page.Width, domain[0], 1e-6);
            Assert.Equal((panel.Origin.X + panel.Geometry.Left + panel.Geometry.PlotWidth) / page.Width, domain[1], 1e-6);
        }
    }

    [Fact]
    public void Queries_run_downward_and_later_keys_are_empty()
    {
        var json = SampleFigures.Attention.ToJson();
        Assert.Equal([4.5, -0.5], Layout(json).GetProperty("yaxis").GetProperty("range").EnumerateArray().Select(v => v.GetDouble()));
        var first = Trace(json).GetProperty("z")[0].EnumerateArray().ToArray();
        Assert.Equal(1, first[0].GetDouble());
        Assert.All(first[1..], v => Assert.Equal(JsonValueKind.Null, v.ValueKind));
    }

    [Fact]
    public void Tokens_are_shown_as_written_with_newlines_visible()
    {
        var ticks = Layout(SampleFigures.Attention.ToJson()).GetProperty("xaxis").GetProperty("ticktext");
        Assert.Equal(["&lt;s&gt;", "the", "⏎", "the", "R&amp;D"], ticks.EnumerateArray().Select(t => t.GetString()));
        string[] tokens = ["▁the", " a b", "\t", "\r\n", "<0x0A>", "", "snake_case", new string(' ', 24), "abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwxyz"];
        Assert.Equal(["␣the", "␣a␣b", "⇥", "⏎", "⏎", "␣", "snake_case", "␣×24", "abcdefghijklmnopqrstuvwx", "abcdefghijkl…pqrstuvwxyz"], CategoryAxis.Tokens("key token", tokens).Labels);
    }

    [Fact]
    public void A_difference_has_white_exactly_at_zero()
    {
        var trace = Trace((SampleFigures.Change with { Maximum = null }).ToJson());
        Assert.Equal(-trace.GetProperty("zmax").GetDouble(), trace.GetProperty("zmin").GetDouble());
        var middle = trace.GetProperty("colorscale")[5];
        Assert.Equal((0.5, "#ffffff"), (middle[0].GetDouble(), middle[1].GetString()));
    }

    [Fact]
    public void A_logarithmic_scale_colours_by_decade_and_keeps_the_number_for_the_hover()
    {
        var trace = Trace((SampleFigures.LayerHead with { LogFloor = 0.01, Values = Grid.Of(2, 3, (_, _) => 0.1) }).ToJson());
        Assert.Equal(-1, trace.GetProperty("z")[0][0].GetDouble());
        Assert.Equal(0.1, trace.GetProperty("customdata")[0][0].GetDouble());
        Assert.Equal("≤ 0.01", trace.GetProperty("colorbar").GetProperty("ticktext")[0].GetString());
    }

    [Fact]
    public void Error_bars_reach_to_the_ends_of_the_interval()
    {
        var error = Trace(SampleFigures.Accuracy.ToJson()).GetProperty("error_y");
        Assert.Equal(0.05, error.GetProperty("array")[0].GetDouble(), 1e-9);
        Assert.Equal(0.1, error.GetProperty("arrayminus")[0].GetDouble(), 1e-9);
    }

    [Fact]
    public void A_forest_plot_reads_from_the_top_in_points_with_intervals_around_zero()
    {
        var json = SampleFigures.Differences.ToJson();
        var trace = Trace(json);
        Assert.Equal([2, -10], trace.GetProperty("x").EnumerateArray().Select(v => v.GetDouble()));
        Assert.Equal([3, 5], trace.GetProperty("error_x").GetProperty("array").EnumerateArray().Select(v => v.GetDouble()));
        Assert.Equal([3, 5], trace.GetProperty("error_x").GetProperty("arrayminus").EnumerateArray().Select(v => v.GetDouble()));
        Assert.Equal([1.5, -0.5], Layout(json).GetProperty("yaxis").GetProperty("range").EnumerateArray().Select(v => v.GetDouble()));
        var range = Layout(json).GetProperty("xaxis").GetProperty("range").EnumerateArray().Select(v => v.GetDouble()).ToArray();
        Assert.True(range[0] < -15 && range[1] > 5);
    }

    [Fact]
    public void A_distribution_counts_every_value_once()
    {
        var figure = ResultFigures.Distribution([("off", [.. Enumerable.Range(5, 100)]), ("on", [7, 7, 104])], "t", "tokens");
        Assert.Equal("5–11", figure.Categories.Labels[0]);
        Assert.All(figure.Series, series => Assert.Equal(1, series.Values.Sum(), 12));
        Assert.Equal((2 / 3.0, 1 / 3.0), (figure.Series[1].Values[0], figure.Series[1].Values[^1]));
        Assert.Equal(figure.ToJson(), ResultFigures.Distribution([("off", [.. Enumerable.Range(5, 100).Select(value => (value, 1))]), ("on", [(7, 2), (104, 1)])], "t", "tokens").ToJson());
        Assert.Equal(["3"], ResultFigures.Distribution([("off", [3, 3])], "t", "tokens").Categories.Labels);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(64)]
    [InlineData(96)]
    public void Every_token_has_its_label_and_the_room_for_it(int count)
    {
        string[] tokens = [.. Enumerable.Range(0, count).Select(i => $"token{i}")];
        var layout = Layout(AttentionFigures.TokenByToken(Grid.Of(count, count, (_, _) => 0.5), tokens, 0, 0).ToJson());
        Assert.Equal(count, layout.GetProperty("xaxis").GetProperty("ticktext").GetArrayLength());
        var font = layout.GetProperty("xaxis").GetProperty("tickfont").GetProperty("size").GetDouble();
        Assert.InRange(font, 8, 12);
        Assert.True(layout.GetProperty("margin").GetProperty("b").GetDouble() > tokens[^1].Length * font * 0.6);
    }

    [Fact]
    public void Labels_that_do_not_match_the_numbers_are_refused() =>
        Assert.Throws<ArgumentException>(() => AttentionFigures.TokenByToken(new double[3, 3], ["a"], 0, 0).ToJson());

    [Fact]
    public void The_fragment_shows_a_picture_without_plotly_and_carries_no_library()
    {
        var html = SampleFigures.Attention.ToHtml();
        Assert.InRange(html.Length, 1000, 12_000);
        Assert.Contains(SampleFigures.Attention.ToSvg(), html, StringComparison.Ordinal);
        Assert.DoesNotMatch(Loads(), html.Replace("xmlns=\"http://www.w3.org/2000/svg\"", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Notebooks_get_every_representation_of_a_derived_figure()
    {
        Figure figure = SampleFigures.Loss;
        Assert.Equal(figure.ToJson(), figure.ToDisplayString(FigureFormatterSource.PlotlyMimeType));
        Assert.Equal(figure.ToPng(), Convert.FromBase64String(figure.ToDisplayString(FigureFormatterSource.PngMimeType)));
        Assert.Equal(figure.ToHtml(), figure.ToDisplayString(HtmlFormatter.MimeType));
        Assert.Equal(figure.AltText, figure.ToDisplayString(PlainTextFormatter.MimeType));
    }

    [Fact]
    public void A_cell_output_prefers_json_and_png_to_html() => Assert.Equal(
        [FigureFormatterSource.PlotlyMimeType, FigureFormatterSource.PngMimeType, PlainTextFormatter.MimeType],
        Formatter.GetPreferredMimeTypesFor(SampleFigures.Loss.GetType()));

    [Fact]
    public void The_numbers_behind_a_heatmap_leave_out_what_the_mask_hides()
    {
        var table = SampleFigures.Attention.ToTable();
        Assert.Equal(15, table.RowCount);
        Assert.StartsWith("row,row_label,column,column_label,value\r\n0,<s>,0,<s>,1\r\n", table.ToCsv(), StringComparison.Ordinal);
    }

    private static JsonElement Layout(string json) => JsonDocument.Parse(json).RootElement.GetProperty("layout");

    private static JsonElement Trace(string json) => JsonDocument.Parse(json).RootElement.GetProperty("data")[0];

    private static int Occurrences(string text, string part) => text.Split(part).Length - 1;

    [GeneratedRegex("""fill="#\w+" d="M([\d.]+) ([\d.]+)h[\d.]+v([\d.]+)""")]
    private static partial Regex Box();

    [GeneratedRegex("""(src|href)\s*=|@import|url\(|https?://""")]
    private static partial Regex Loads();
}
