using Experiments.Reporting;

namespace Experiments.Tests.Reporting;

public sealed class LatexTableTests
{
    /// <summary>Measured with <c>\setbox0\hbox{…}</c> by pdflatex.</summary>
    [Theory]
    [InlineData("modular-arithmetic", 84.78)]
    [InlineData("Chain of Thought, re-balancing on", 151.69)]
    [InlineData("85.3% [84.0, 86.5]", 76.67)]
    [InlineData("−0.4%", 28.89)]
    [InlineData("<0.0001", 35.56)]
    public void Widths_are_those_that_tex_measures(string text, double points) => Assert.InRange(ComputerModern.Width(text), 0.995 * points, 1.015 * points);

    [Fact]
    public void Bold_is_as_wide_as_tex_sets_it() => Assert.Equal(30.03, ComputerModern.Width("85.3%", bold: true), 0.5);

    [Fact]
    public void Decimal_points_stand_under_each_other()
    {
        var latex = Table.From([0.2, -12.25, 3], c => c.Text("a", _ => "x").Number("b", v => v, "0.##").Number("c", v => v, "0.0#'%';-0.0#")).ToLatex();
        Assert.Contains(@"& 0.2\phantom{0} & 0.2\%\phantom{0} \\", latex, StringComparison.Ordinal);
        Assert.Contains(@"& \(-\)12.25 & \(-\)12.25\phantom{\%} \\", latex, StringComparison.Ordinal);
        Assert.Contains(@"& 3\phantom{.00} & 3.0\%\phantom{0} \\", latex, StringComparison.Ordinal);
    }

    [Fact]
    public void Small_p_values_align_with_the_others_and_a_dash_has_no_room_beside_it()
    {
        var latex = Table.From([0.04, 0.00001, double.NaN], c => c.Text("a", _ => "x").PValue("p", p => p).Number("v", p => p, "0.###")).ToLatex();
        Assert.Contains(@"& 0.0400 & ", latex, StringComparison.Ordinal);
        Assert.Contains(@"& \textless{}0.0001 & ", latex, StringComparison.Ordinal);
        Assert.Contains(@"& -- & -- \\", latex, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, @"\begin{table}[t]", "", "")] // 3.25 in are 234.9 points
    [InlineData(9, @"\begin{table}[t]", @"\small", "4")]
    [InlineData(10, @"\begin{table}[t]", @"\footnotesize", "3")]
    [InlineData(11, @"\begin{table*}[t]", "", "")]
    [InlineData(18, @"\begin{table*}[t]", @"\small", "4")]
    [InlineData(24, @"\begin{table*}[t]", @"\scriptsize", "2")]
    [InlineData(40, @"\begin{table*}[t]", @"\scriptsize", "2")] // fits nowhere
    public void The_type_is_as_large_as_fits_and_one_column_is_taken_before_two(int columns, string environment, string size, string separation)
    {
        var latex = new Table([.. Enumerable.Range(0, columns).Select(i => new Column("1234", ColumnKind.Integer, [(long)i]))]).ToLatex(); // 20 points each
        Assert.StartsWith(environment, latex, StringComparison.Ordinal);
        Assert.Contains(size.Length == 0 ? "\\centering\n  \\begin{tabular}" : $"\\centering\n  {size}\n  \\setlength{{\\tabcolsep}}{{{separation}pt}}\n  \\begin{{tabular}}", latex, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_words_wrap_where_nothing_else_fits_and_short_columns_keep_their_width()
    {
        var text = string.Join(' ', Enumerable.Repeat("a long reply", 60));
        var latex = Table.From([text], c => c.Text("Change", _ => "gained").Text("off", t => t).Text("on", t => t).Number("n", _ => 12.5)).ToLatex();
        Assert.StartsWith(@"\begin{table*}[t]", latex, StringComparison.Ordinal);
        var shares = System.Text.RegularExpressions.Regex.Match(latex, @"\{@\{\}lp\{(0\.\d+)\\textwidth\}p\{(0\.\d+)\\textwidth\}r@\{\}\}");
        Assert.True(shares.Success, latex);
        Assert.InRange(2 * double.Parse(shares.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), 0.75, 0.9);
        Assert.Contains(@"gained & \raggedright a long", latex, StringComparison.Ordinal);
        Assert.Contains(@" & 12.5 \tabularnewline", latex, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_longer_than_a_page_is_left_in_the_type_of_the_text()
    {
        var latex = Table.From(Enumerable.Range(1, 350), c => c.Integer("Step", s => s).Text("A very long heading that fits into no column of a paper at all", s => "x")).ToLatex();
        Assert.StartsWith("\\begin{table}[t]\n  \\centering\n  \\begin{tabular}{@{}rl@{}}\n", latex, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_with_the_same_first_cell_stand_together_and_it_is_written_once()
    {
        var latex = Table.From(["a1", "a2", "b1"], c => c.Text("group", r => r[..1]).Text("row", r => r)).ToLatex();
        Assert.Contains("    a & a1 \\\\\n     & a2 \\\\\n    \\addlinespace\n    b & b1 \\\\\n    \\bottomrule", latex, StringComparison.Ordinal);
        Assert.Contains("    a & a1 \\\\\n    b & b1 \\\\\n    a & a2 \\\\\n", Table.From(["a1", "b1", "a2"], c => c.Text("group", r => r[..1]).Text("row", r => r)).ToLatex(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[a]")]
    [InlineData("*")]
    public void A_row_that_begins_with_a_bracket_or_star_is_not_taken_for_the_length_of_the_gap_above(string cell) =>
        Assert.Contains($"\\midrule\n    {{}}{cell} \\\\\n", Table.From([cell], c => c.Text("token", t => t)).ToLatex(), StringComparison.Ordinal);

    [Theory]
    [InlineData("before_after")]
    [InlineData("tab:before_after")]
    public void A_label_has_one_prefix(string label) =>
        Assert.Contains(@"\label{tab:before-after}", (Table.From([1.0], c => c.Number("x", v => v)) with { Label = label }).ToLatex(), StringComparison.Ordinal);
}
