using System.Text;
using System.Text.Json.Nodes;
using NetMQ;

namespace Experiments.Tests.Notebooks.Jupyter;

/// <summary>What comes over the wire and must not be believed, and clients that misbehave.</summary>
[Collection("kernel")]
public sealed class KernelWireTests(KernelProcess kernel) : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);
    private readonly KernelClient _client = kernel.ConnectReady();

    public void Dispose() => _client.Dispose();

    [Fact]
    public void A_message_with_a_wrong_signature_is_dropped_and_counted()
    {
        using var forger = kernel.Connect("another key");
        forger.Execute("System.IO.File.WriteAllText(\"forged\", \"\");");
        Assert.True(forger.IsSilent(Moment));
        Assert.False(File.Exists(Path.Combine(kernel.Folder, "forged")));
        Assert.Equal("ok", _client.Run("1").Reply.Status);
        Assert.Contains("dropped", kernel.Terminal, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_that_is_sent_again_is_dropped()
    {
        _client.Run("var runs = 0;");
        var frames = _client.Frames("once", "execute_request", new JsonObject { ["code"] = "runs++;" });
        _client.Shell.SendMultipartBytes(frames);
        Assert.Equal("ok", _client.ReplyTo("once").Status);
        _client.Shell.SendMultipartBytes(frames);
        Assert.True(_client.IsSilent(Moment));
        var (_, outputs) = _client.Run("runs");
        Assert.Equal("1", Assert.Single(outputs).Content["data"]!["text/plain"]!.GetValue<string>());
    }

    [Fact]
    public void Malformed_frames_are_dropped_and_the_kernel_goes_on()
    {
        var good = _client.Frames("m", "kernel_info_request", []);
        byte[][][] malformed =
        [
            [[]],
            [Encoding.ASCII.GetBytes("<IDS|MSG>")],
            good[..4],
            [good[0], [], .. good[2..]],
            [good[0], Encoding.ASCII.GetBytes(new string('0', 64)), .. good[2..]],
            [.. Enumerable.Repeat(new byte[1000], 50)],
            Signed("not json", "{}", "{}", "{}"),
            Signed("{}", "{}", "{}", "{}"),
            Signed("[]", "{}", "{}", "{}"),
            Signed("{\"msg_type\": 5}", "{}", "{}", "{}"),
            Signed("{\"msg_type\": \"execute_request\", \"msg_id\": \"x\"}", "{}", "{}", "null"),
            Signed("{\"msg_type\": \"a\", \"msg_type\": \"b\"}", "{}", "{}", "{}"),
            Signed("{\"msg_type\": \"execute_request\"}", "{}", "{}", new string('[', 5000)),
        ];
        foreach (var frames in malformed)
        {
            _client.Shell.SendMultipartBytes(frames);
        }

        Assert.True(_client.IsSilent(Moment));
        Assert.Equal("ok", _client.Run("1").Reply.Status);
    }

    [Fact]
    public void Requests_with_content_of_wrong_types_are_answered()
    {
        foreach (var type in new[] { "execute_request", "complete_request", "inspect_request", "is_complete_request", "history_request" })
        {
            var reply = _client.Ask(type, new JsonObject { ["code"] = 5, ["cursor_pos"] = "end", ["n"] = -3, ["hist_access_type"] = null, ["user_expressions"] = 1, ["silent"] = "yes" });
            Assert.NotEmpty(reply.Status);
        }
    }

    [Fact]
    public void Two_clients_share_the_variables_and_each_gets_its_own_replies()
    {
        using var other = kernel.ConnectReady();
        var mine = _client.Execute("var shared = 1; System.Threading.Thread.Sleep(300);");
        var theirs = other.Execute("shared + 1");
        Assert.Equal("ok", other.ReplyTo(theirs).Status);
        Assert.Equal("ok", _client.ReplyTo(mine).Status);
        // Outputs go to everybody.
        Assert.Contains(_client.Outputs(theirs), message => message.Type == "execute_result");
        Assert.Contains(other.Outputs(theirs), message => message.Type == "execute_result");
    }

    [Fact]
    public void A_client_that_vanishes_in_the_middle_of_its_cell_takes_nothing_with_it()
    {
        using (var vanishing = kernel.ConnectReady())
        {
            var id = vanishing.Execute("var left = 0; for (var i = 0; i < 2000; i++) { Console.WriteLine(new string('x', 1000)); left++; }");
            vanishing.Published(id, message => message.Type == "execute_input");
        }

        var (_, outputs) = _client.Run("left");
        Assert.Equal("2000", Assert.Single(outputs).Content["data"]!["text/plain"]!.GetValue<string>());
    }

    [Fact]
    public void Heart_and_control_answer_while_a_cell_runs()
    {
        var id = _client.Execute("while (true) { }");
        _client.Published(id, message => message.Type == "execute_input");
        Assert.True(_client.Beats());
        Assert.Equal("ok", _client.AskControl("kernel_info_request", []).Status);
        _client.AskControl("interrupt_request", []);
        _client.ReplyTo(id);
    }

    private byte[][] Signed(params string[] parts)
    {
        var frames = parts.Select(Encoding.UTF8.GetBytes).ToArray();
        return [Encoding.ASCII.GetBytes("<IDS|MSG>"), _client.Sign(frames), .. frames];
    }
}
