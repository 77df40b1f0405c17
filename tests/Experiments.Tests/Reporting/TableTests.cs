using Experiments.Reporting;
using Experiments.Tests.Runs;
using Microsoft.Data.Analysis;
using Microsoft.DotNet.Interactive.Formatting;

namespace Experiments.Tests.Reporting;

public sealed class TableTests
{
    private static readonly Row[] Rows =
    [
        new("a, \"b\"", 0.46812, 1534, true),
        new("50% of R&D_x $5 #1 {y} ~^\\", -1.25, null, false),
    ];

    private static Table Sample { get; } = Table.From(Rows, c => c
        .Text("Category", r => r.Name)
        .Number("Accuracy", r => r.Accuracy, "0.0%")
        .Integer("n", r => r.Count)
        .Flag("Significant", r => r.Significant)) with
    { Caption = "Accuracy ± 95% interval", Label = "before_after" };

    [Fact]
    public void Csv_quotes_what_needs_it_and_keeps_all_digits()
    {
        Assert.Equal(
            "Category,Accuracy,n,Significant\r\n\"a, \"\"b\"\"\",0.46812,1534,true\r\n50% of R&D_x $5 #1 {y} ~^\\,-1.25,,false\r\n",
            Sample.ToCsv());
    }

    [Fact]
    public void A_p_value_too_small_for_its_digits_is_shown_as_a_bound_and_kept_exact_in_csv()
    {
        var table = Table.From([0.04567, 0.00003], c => c.PValue("p", p => p));
        Assert.Contains(" 0.0457 |\n| &lt;0.0001 |", table.ToMarkdown(), StringComparison.Ordinal);
        Assert.Contains(@"\textless{}0.0001 \\", table.ToLatex(), StringComparison.Ordinal);
        Assert.Equal("p\r\n0.04567\r\n3E-05\r\n", table.ToCsv());
    }

    [Fact]
    public void Csv_keeps_a_token_that_is_a_newline_in_one_field()
    {
        var table = Table.From(["\n"], c => c.Text("token", t => t).Number("value", _ => double.NaN));
        Assert.Equal("token,value\r\n\"\n\",NaN\r\n", table.ToCsv());
    }

    [Fact]
    public void All_outputs_are_the_same_in_a_culture_with_a_decimal_comma()
    {
        string[] All() => [Sample.ToCsv(), Sample.ToMarkdown(), Sample.ToLatex(), Sample.ToHtml(), Sample.ToPlainText()];
        var expected = All();
        using var comma = new CommaCulture();
        Assert.Equal(expected, All());
    }

    [Fact]
    public void Latex_escapes_every_active_character()
    {
        Assert.Contains(@"50\% of R\&D\_x \$5 \#1 \{y\} \textasciitilde{}\textasciicircum{}\textbackslash{} & \(-\)125.0\% & -- & no \\",
            Sample.ToLatex(), StringComparison.Ordinal);
    }

    [Fact]
    public void Latex_has_booktabs_rules_a_caption_and_a_label()
    {
        var latex = Sample.ToLatex();
        Assert.Contains(@"\begin{tabular}{@{}lrrl@{}}", latex, StringComparison.Ordinal);
        Assert.Contains(@"\caption{Accuracy \(\pm\) 95\% interval}", latex, StringComparison.Ordinal);
        Assert.Contains(@"\label{tab:before-after}", latex, StringComparison.Ordinal);
        Assert.True(latex.IndexOf(@"\toprule", StringComparison.Ordinal) < latex.IndexOf(@"\midrule", StringComparison.Ordinal));
        Assert.True(latex.IndexOf(@"\midrule", StringComparison.Ordinal) < latex.IndexOf(@"\bottomrule", StringComparison.Ordinal));
    }

    [Fact]
    public void Markdown_aligns_numbers_right_and_escapes_tokens()
    {
        var table = Table.From(["<s>|*"], c => c.Text("token", t => t).Number("value", _ => 1.5));
        Assert.Equal("| token      | value |\n|:-----------|------:|\n| &lt;s>\\|\\* |   1.5 |\n", table.ToMarkdown());
    }

    [Fact]
    public void Html_encodes_what_a_token_could_inject()
    {
        var table = Table.From(["<script>alert(1)</script>"], c => c.Text("token", t => t));
        Assert.DoesNotContain("<script", table.ToHtml(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_data_frame_has_typed_columns()
    {
        var frame = Sample.ToDataFrame();
        Assert.Equal(0.46812, Assert.IsType<DoubleDataFrameColumn>(frame["Accuracy"])[0]);
        Assert.Null(Assert.IsType<Int64DataFrameColumn>(frame["n"])[1]);
        Assert.Equal(2, frame.Rows.Count);
    }

    [Fact]
    public void A_table_without_rows_still_has_its_headings() =>
        Assert.Equal("Category\r\n", Table.From(Array.Empty<Row>(), c => c.Text("Category", r => r.Name)).ToCsv());

    [Fact]
    public void Columns_of_different_length_are_refused() =>
        Assert.Throws<ArgumentException>(() => new Table([new("a", ColumnKind.Text, ["x"]), new("b", ColumnKind.Text, [])]));

    [Fact]
    public void Notebooks_show_it_as_html() => Assert.Equal(Sample.ToHtml(), Sample.ToDisplayString(HtmlFormatter.MimeType));

    private sealed record Row(string Name, double Accuracy, long? Count, bool Significant);
}
