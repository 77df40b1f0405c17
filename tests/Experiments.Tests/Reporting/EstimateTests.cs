using Experiments.Reporting;
using Microsoft.Data.Analysis;

namespace Experiments.Tests.Reporting;

public sealed class EstimateTests
{
    private static readonly Row[] Rows =
    [
        new("STEM", 0.853123, 0.84, 0.865, -0.004, -0.009, 0.002),
        new("rules", 0.05, 0.04, 1, 0, 0, null),
        new("story", null, 0.1, 0.2, 0.125, 0.1, 0.15),
    ];

    private static Table Sample { get; } = Table.From(Rows, c => c
        .Text("Questions", r => r.Name)
        .Estimate("Accuracy", r => r.Accuracy, r => r.Low, r => r.High, "0.0%", r => r.Accuracy is null or > 0.5)
        .Difference("Change", r => r.Change, r => r.ChangeLow, r => r.ChangeHigh));

    [Fact]
    public void Csv_holds_the_number_and_both_ends_with_all_digits() => Assert.Equal(
        "Questions,Accuracy,Accuracy low,Accuracy high,Change,Change low,Change high\r\n"
        + "STEM,0.853123,0.84,0.865,-0.004,-0.009,0.002\r\nrules,0.05,0.04,1,0,0,\r\nstory,,0.1,0.2,0.125,0.1,0.15\r\n",
        Sample.ToCsv());

    [Fact]
    public void A_data_frame_holds_three_columns()
    {
        var frame = Sample.ToDataFrame();
        Assert.Equal(["Questions", "Accuracy", "Accuracy low", "Accuracy high", "Change", "Change low", "Change high"], frame.Columns.Select(column => column.Name));
        Assert.Equal(0.865, Assert.IsType<DoubleDataFrameColumn>(frame["Accuracy high"])[0]);
        Assert.Null(frame["Change high"][1]);
    }

    [Fact]
    public void Plain_text_has_both_in_one_cell_and_only_the_value_where_an_end_is_missing() => Assert.Equal(
        """
        Questions            Accuracy                 Change
        ─────────  ──────────────────  ─────────────────────
        STEM       85.3% [84.0, 86.5]   -0.4% [-0.9, +0.2]
        rules       5.0% [4.0, 100.0]    0.0%
        story          –               +12.5% [+10.0, +15.0]

        """.ReplaceLineEndings("\n"),
        Sample.ToPlainText());

    [Fact]
    public void Markdown_marks_the_strong_number_not_its_interval() => Assert.Equal(
        """
        | Questions |                Accuracy |                 Change |
        |:----------|------------------------:|-----------------------:|
        | STEM      | **85.3%** \[84.0, 86.5] |  -0.4% \[-0.9, +0.2]   |
        | rules     |      5.0% \[4.0, 100.0] |   0.0%                 |
        | story     |         –               | +12.5% \[+10.0, +15.0] |

        """.ReplaceLineEndings("\n"),
        Sample.ToMarkdown());

    [Fact]
    public void Html_keeps_number_and_interval_in_one_line() => Assert.Contains(
        "<tr><td style=\"text-align:left\">STEM</td><td style=\"text-align:right;white-space:nowrap\"><strong>85.3%</strong> [84.0, 86.5]</td>"
        + "<td style=\"text-align:right;white-space:nowrap\">-0.4% [-0.9, +0.2]</td></tr>\n",
        Sample.ToHtml(), StringComparison.Ordinal);

    [Fact]
    public void Latex_has_two_aligned_columns_under_one_heading_and_minus_signs_in_the_brackets() => Assert.Equal(
        """
        \begin{table}[t]
          \centering
          \small
          \setlength{\tabcolsep}{4pt}
          \begin{tabular}{@{}lr@{\ }lr@{\ }l@{}}
            \toprule
            Questions & \multicolumn{2}{c}{Accuracy} & \multicolumn{2}{c@{}}{Change} \\
            \midrule
            STEM & \textbf{85.3\%} & [84.0, 86.5] & \(-\)0.4\% & \phantom{0}[\(-\)0.9, +0.2] \\
            rules & 5.0\% & \phantom{0}[4.0, 100.0] & 0.0\% &  \\
            story & -- &  & +12.5\% & [+10.0, +15.0] \\
            \bottomrule
          \end{tabular}
        \end{table}

        """.ReplaceLineEndings("\n"),
        Sample.ToLatex());

    [Fact]
    public void A_first_column_with_intervals_has_no_room_beside_its_heading() =>
        Assert.Contains(@"\multicolumn{2}{@{}c@{}}{x} \\", Table.From([0.5], c => c.Estimate("x", v => v, _ => 0, _ => 1)).ToLatex(), StringComparison.Ordinal);

    [Fact]
    public void Words_and_whole_numbers_can_be_strong_and_csv_and_plain_text_do_not_say_so()
    {
        var table = Table.From([1L, 2L], c => c.Text("a", v => v == 1 ? "*" : "y", v => v == 1).Integer("n", v => v, strong: v => v == 2).PValue("p", v => 0.5, v => v == 2));
        Assert.Equal("a,n,p\r\n*,1,0.5\r\ny,2,0.5\r\n", table.ToCsv());
        Assert.DoesNotContain("**", table.ToPlainText(), StringComparison.Ordinal);
        Assert.Contains(@"| **\*** |     1 |     0.5000 |", table.ToMarkdown(), StringComparison.Ordinal);
        Assert.Contains("| y      | **2** | **0.5000** |", table.ToMarkdown(), StringComparison.Ordinal);
        Assert.Contains(@"y & \textbf{2} & \textbf{0.5000} \\", table.ToLatex(), StringComparison.Ordinal);
        Assert.Contains("<td style=\"text-align:left\"><strong>*</strong></td>", table.ToHtml(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_with_fewer_intervals_than_values_is_refused()
    {
        var column = new Column("accuracy", ColumnKind.Number, [0.5, 0.6]) { Low = [0.4], High = [0.6] };
        Assert.Contains("'accuracy'", Assert.Throws<ArgumentException>(() => new Table([column])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Table([column with { Low = [], High = [], Strong = [true] }]));
    }

    private sealed record Row(string Name, double? Accuracy, double? Low, double? High, double? Change, double? ChangeLow, double? ChangeHigh);
}
