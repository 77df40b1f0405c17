using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Experiments.Tests.Notebooks.Jupyter;

[Collection("kernel")]
public sealed class KernelExecutionTests(KernelProcess kernel) : IDisposable
{
    private readonly KernelClient _client = kernel.ConnectReady();

    public void Dispose() => _client.Dispose();

    [Fact]
    public void A_cell_is_echoed_its_text_and_value_come_in_order_between_busy_and_idle()
    {
        var id = _client.Execute("Console.Write(\"a\"); Console.Error.Write(\"b\"); 40 + 2");
        var reply = _client.ReplyTo(id);
        var published = _client.Published(id, KernelClient.IsIdle);
        Assert.Equal(["status", "execute_input", "stream", "stream", "execute_result", "status"], published.Select(message => message.Type));
        Assert.All(published, message => Assert.True(message.IsSigned));
        Assert.Equal("ok", reply.Status);
        var count = reply.Content["execution_count"]!.GetValue<int>();
        Assert.Equal(count, published[1].Content["execution_count"]!.GetValue<int>());
        Assert.Equal(count, published[4].Content["execution_count"]!.GetValue<int>());
        Assert.Equal("42", Plain(published[4]));
        Assert.Equal(count + 1, Count("1"));
    }

    [Fact]
    public void A_display_is_updated_by_its_id_and_what_was_written_before_comes_before()
    {
        var (_, outputs) = _client.Run("Console.Write(\"before\"); var shown = \"one\".Display(); Console.Write(\"after\"); shown.Update(\"two\");");
        Assert.Equal(["stream", "display_data", "stream", "update_display_data"], outputs.Select(message => message.Type));
        Assert.Equal("one", Plain(outputs[1]));
        Assert.Equal("two", Plain(outputs[3]));
        Assert.Equal(DisplayId(outputs[1]), DisplayId(outputs[3]));
        var (_, later) = _client.Run("shown.Update(\"three\");");
        Assert.Equal(DisplayId(outputs[1]), DisplayId(Assert.Single(later)));
    }

    [Fact]
    public void Output_can_be_cleared()
    {
        var (_, outputs) = _client.Run("Console.Write(\"a\"); ClearOutput(wait: true); Console.Write(\"b\");");
        Assert.Equal(["stream", "clear_output", "stream"], outputs.Select(message => message.Type));
        Assert.True(outputs[1].Content["wait"]!.GetValue<bool>());
    }

    [Fact]
    public void An_error_is_short_names_cell_and_line_and_keeps_variables()
    {
        var (reply, outputs) = _client.Run("var kept = 7;\nthrow new InvalidOperationException(\"wrong <b>turn</b>\");");
        var error = Assert.Single(outputs);
        Assert.Equal("error", error.Type);
        Assert.Equal("error", reply.Status);
        foreach (var content in new[] { reply.Content, error.Content })
        {
            Assert.Equal("InvalidOperationException", content["ename"]!.GetValue<string>());
            Assert.Equal("wrong <b>turn</b>", content["evalue"]!.GetValue<string>());
        }

        Assert.Contains($"In [{reply.Content["execution_count"]}]:line 2", error.Content["traceback"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.True(error.Content.ToJsonString().Length < 2000);
        Assert.Equal("7", Plain(Assert.Single(_client.Run("kept").Outputs)));
    }

    [Fact]
    public void A_value_whose_text_fails_is_an_error_of_the_cell()
    {
        var (reply, _) = _client.Run("class Broken { public override string ToString() => throw new NotSupportedException(\"no text\"); }\nnew Broken()");
        Assert.Equal("error", reply.Status);
        Assert.Equal("ok", _client.Run("1").Reply.Status);
    }

    [Fact]
    public void Silent_cells_publish_nothing_and_count_nothing()
    {
        var before = Count("1");
        var (reply, outputs) = _client.Run("var silently = 3; Console.Write(\"x\"); silently", new JsonObject { ["silent"] = true });
        Assert.Equal("ok", reply.Status);
        Assert.Empty(outputs);
        Assert.Equal(before, reply.Content["execution_count"]!.GetValue<int>());
        Assert.Equal("3", Plain(Assert.Single(_client.Run("silently").Outputs)));
    }

    [Fact]
    public void Cells_that_are_not_stored_are_not_in_the_history()
    {
        _client.Run("\"stored\"");
        _client.Run("\"hidden\"", new JsonObject { ["store_history"] = false });
        var tail = _client.Ask("history_request", new JsonObject { ["hist_access_type"] = "tail", ["n"] = 1, ["output"] = true, ["raw"] = true });
        var entry = Assert.Single(tail.Content["history"]!.AsArray())!.AsArray();
        Assert.Equal("\"stored\"", entry[2]![0]!.GetValue<string>());
        Assert.Equal("stored", entry[2]![1]!.GetValue<string>());
    }

    [Fact]
    public void User_expressions_are_evaluated_one_by_one()
    {
        var (reply, _) = _client.Run("var side = 3;", new JsonObject { ["user_expressions"] = new JsonObject { ["good"] = "side * 2", ["bad"] = "nowhere" } });
        var expressions = reply.Content["user_expressions"]!;
        Assert.Equal("6", expressions["good"]!["data"]!["text/plain"]!.GetValue<string>());
        Assert.Equal("error", expressions["bad"]!["status"]!.GetValue<string>());
    }

    [Fact]
    public void Cells_that_wait_behind_a_failed_one_are_aborted_unless_told_otherwise()
    {
        var failing = _client.Execute("throw new Exception(\"first\");");
        var waiting = _client.Execute("var never = 1;");
        Assert.Equal("error", _client.ReplyTo(failing).Status);
        Assert.Equal("aborted", _client.ReplyTo(waiting).Status);
        Assert.Empty(_client.Outputs(waiting));
        Assert.Equal("error", _client.Run("never").Reply.Status);

        failing = _client.Execute("throw new Exception(\"second\");", new JsonObject { ["stop_on_error"] = false });
        waiting = _client.Execute("\"goes on\"");
        Assert.Equal("error", _client.ReplyTo(failing).Status);
        Assert.Equal("ok", _client.ReplyTo(waiting).Status);
    }

    [Fact]
    public void Input_is_asked_from_the_client_that_runs_the_cell()
    {
        var id = _client.Execute("Console.Write(\"Name? \"); var name = Console.ReadLine(); var secret = input(\"Password:\", password: true); $\"{name} {secret}\"", new JsonObject { ["allow_stdin"] = true });
        var first = _client.ReceiveInputRequest();
        Assert.Equal(("input_request", id), (first.Type, first.ParentId));
        Assert.Contains(_client.Published(id, message => message.Type == "stream"), message => message.Type == "stream"); // the question is there before the answer
        _client.SendInput("Ann");
        var second = _client.ReceiveInputRequest();
        Assert.Equal(("Password:", true), (second.Content["prompt"]!.GetValue<string>(), second.Content["password"]!.GetValue<bool>()));
        _client.SendInput("Öl 🙂");
        Assert.Equal("ok", _client.ReplyTo(id).Status);
        Assert.Equal("Ann Öl 🙂", Plain(_client.Outputs(id)[^1]));
    }

    [Fact]
    public void A_late_answer_to_the_question_of_an_interrupted_cell_does_not_answer_another()
    {
        var options = () => new JsonObject { ["allow_stdin"] = true };
        var interrupted = _client.Execute("input(\"first\")", options());
        var first = _client.ReceiveInputRequest();
        _client.AskControl("interrupt_request", []);
        Assert.Equal("error", _client.ReplyTo(interrupted).Status);
        var id = _client.Execute("input(\"second\")", options());
        var second = _client.ReceiveInputRequest();
        _client.SendInput("late", first);
        _client.SendInput("right", second);
        Assert.Equal("ok", _client.ReplyTo(id).Status);
        Assert.Equal("right", Plain(_client.Outputs(id)[^1]));
    }

    [Fact]
    public void Input_is_an_error_where_the_client_takes_none()
    {
        var (reply, _) = _client.Run("Console.ReadLine()", new JsonObject { ["allow_stdin"] = false });
        Assert.Contains("allow_stdin", reply.Content["evalue"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public void Three_megabytes_of_output_arrive_whole_and_in_a_few_messages()
    {
        var (_, outputs) = _client.Run("for (var i = 0; i < 30_000; i++) Console.WriteLine($\"{i:00000} {new string('x', 93)}\");");
        var text = KernelClient.Text(outputs);
        Assert.Equal(3_000_000, text.Length);
        Assert.EndsWith($"29999 {new string('x', 93)}\n", text, StringComparison.Ordinal);
        Assert.InRange(outputs.Count, 1, 200);
    }

    [Fact]
    public void Text_appears_while_the_cell_still_runs()
    {
        var id = _client.Execute("Console.Write(\"early\"); while (true) { System.Threading.Thread.Sleep(5); }");
        Assert.Contains(_client.Published(id, message => message.Type == "stream"), message => message.Type == "stream");
        _client.AskControl("interrupt_request", []);
        Assert.Equal("error", _client.ReplyTo(id).Status);
    }

    [Fact]
    public void Background_work_writes_to_the_notebook_and_never_to_the_terminal()
    {
        var id = _client.Execute("var late = Task.Run(async () => { await Task.Delay(300); Console.Write(\"from behind\"); });");
        _client.ReplyTo(id);
        Assert.Contains(_client.Published(id, message => message.Type == "stream"), message => message.Content["text"]?.GetValue<string>() == "from behind");
        Assert.DoesNotContain("from behind", kernel.Terminal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("var n = 0L; while (true) n++;")]
    [InlineData("System.Threading.Thread.Sleep(60000);")]
    [InlineData("await Task.Delay(60000);")]
    [InlineData("foreach (var (a, b) in Enumerable.Range(0, int.MaxValue).Select(i => (i, i))) { }")]
    public void An_interrupt_stops_the_cell_and_variables_stay(string code)
    {
        _client.Run("var survives = 11;");
        var id = _client.Execute(code);
        _client.Published(id, message => message.Type == "execute_input");
        Thread.Sleep(500);
        var watch = Stopwatch.StartNew();
        Assert.Equal("ok", _client.AskControl("interrupt_request", []).Status);
        var reply = _client.ReplyTo(id);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(4), $"took {watch.Elapsed}"); // a second, and room for a busy machine
        Assert.Equal("Interrupted", reply.Content["ename"]!.GetValue<string>());
        Assert.Equal("11", Plain(Assert.Single(_client.Run("survives").Outputs)));
    }

    [Fact]
    public void An_interrupt_on_the_shell_channel_does_not_wait_for_the_cell()
    {
        var cell = _client.Execute("while (true) { System.Threading.Thread.Sleep(5); }");
        _client.Published(cell, message => message.Type == "execute_input");
        Assert.Equal("ok", _client.Ask("interrupt_request", []).Status);
        var reply = _client.ReplyTo(cell).Content;
        Assert.Equal("Interrupted", reply["ename"]!.GetValue<string>());
        Assert.Equal(reply["evalue"]!.GetValue<string>(), Assert.Single(reply["traceback"]!.AsArray())!.GetValue<string>());
    }

    [Fact]
    public void Training_is_interrupted_soon_its_variables_stay_and_nothing_half_written_is_left()
    {
        var results = Path.Combine(kernel.Folder, "results");
        _client.Run($$"""Environment.SetEnvironmentVariable("EXPERIMENTS_RESULTS", @"{{results}}"); var lab = Experiments.Studies.Lab.Open("full", 98765);""");
        var id = _client.Execute("var tuned = lab.FineTuned();");
        _client.Published(id, message => message.Type == "execute_input");
        Thread.Sleep(8000); // the dataset is made and steps are done
        var watch = Stopwatch.StartNew();
        _client.AskControl("interrupt_request", []);
        var reply = _client.ReplyTo(id);
        Assert.Equal("Interrupted", reply.Content["ename"]!.GetValue<string>());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"took {watch.Elapsed}"); // a step, on a machine however busy; the training takes minutes
        Assert.Equal("full", Plain(Assert.Single(_client.Run("lab.Profile.Name").Outputs)));
        Assert.DoesNotContain(Directory.Exists(results) ? Directory.EnumerateDirectories(results, "*.partial", SearchOption.AllDirectories) : [], _ => true);
    }

    private static string Plain(ClientMessage message) => message.Content["data"]!["text/plain"]!.GetValue<string>();

    private static string DisplayId(ClientMessage message) => message.Content["transient"]!["display_id"]!.GetValue<string>();

    private int Count(string code) => _client.Run(code).Reply.Content["execution_count"]!.GetValue<int>();
}
