using System.Text.Json.Nodes;
using Experiments.Cli;
using Experiments.Notebooks;
using Experiments.Tests.Runs;
using Spectre.Console;

namespace Experiments.Tests.Cli;

public class RunProgressTests
{
    private readonly StandingClock _clock = new();
    private readonly StringWriter _log = new();

    [Fact]
    public void In_a_log_progress_is_a_line_now_and_then_and_the_last_one()
    {
        using var progress = new RunProgress(_log, clock: _clock);
        progress.CellStarted(0, 1, NotebookCell.Code("c", "1"));
        for (var second = 1; second <= 40; second++)
        {
            _clock.Now += TimeSpan.FromSeconds(1);
            progress.Updated(new JsonObject { ["text/plain"] = $"train {second}/40\nmore" });
        }

        progress.CellFinished(new CellOutcome(0, "c", "completed", TimeSpan.Zero, null));
        Assert.Equal("    train 15/40\n    train 30/40\n    train 40/40\n", _log.ToString());
    }

    [Fact]
    public void Text_that_cells_write_in_pieces_is_whole_lines_and_of_an_overwritten_line_the_last_state()
    {
        using var progress = new RunProgress(_log, clock: _clock);
        progress.Wrote("stdout", "a");
        progress.Wrote("stdout", "b\nc\r10 %\r20 %");
        progress.CellFinished(new CellOutcome(0, "c", "failed", TimeSpan.Zero, new CellError("E", "m", ["E: m", "at line"])));
        Assert.Equal("    ab\n    20 %\n  cell c failed: E: m\n    at line\n", _log.ToString());
    }

    [Fact]
    public void In_a_terminal_the_line_changes_and_text_goes_above_it()
    {
        var screen = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(screen), Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes });
        console.Profile.Width = 200;
        using (var progress = new RunProgress(_log, new StatusLine(console, "a.ipynb"), _clock))
        {
            progress.CellStarted(0, 2, NotebookCell.Code("c", "1"));
            progress.Updated(new JsonObject { ["text/plain"] = "[train] ━━── 1/2" });
            Assert.True(SpinWait.SpinUntil(() => screen.ToString().Contains("cell 1/2 c  [train] ━━── 1/2", StringComparison.Ordinal), TimeSpan.FromSeconds(20)), screen.ToString());
            progress.Wrote("stdout", "[hello]\n");
        }

        Assert.Contains("    [hello]", screen.ToString(), StringComparison.Ordinal);
        Assert.Empty(_log.ToString());
    }
}
