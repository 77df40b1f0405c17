using System.Text.Json.Nodes;

namespace Experiments.Tests.Notebooks.Jupyter;

[Collection("kernel")]
public sealed class KernelLanguageTests(KernelProcess kernel) : IDisposable
{
    private readonly KernelClient _client = kernel.ConnectReady();

    public void Dispose() => _client.Dispose();

    [Fact]
    public void The_kernel_says_what_it_is()
    {
        var content = _client.Ask("kernel_info_request", []).Content;
        Assert.Equal("5.3", content["protocol_version"]!.GetValue<string>());
        Assert.Equal("C#", content["language_info"]!["name"]!.GetValue<string>());
        Assert.Equal(".cs", content["language_info"]!["file_extension"]!.GetValue<string>());
        Assert.Equal("ok", content["status"]!.GetValue<string>());
    }

    [Fact]
    public void Positions_count_code_points()
    {
        _client.Run("var measured = 1.5;");
        const string Code = "\"🙂🙂\" + measu";
        var reply = _client.Ask("complete_request", new JsonObject { ["code"] = Code, ["cursor_pos"] = 12 }).Content;
        Assert.Equal("measured", Assert.Single(reply["matches"]!.AsArray())!.GetValue<string>());
        Assert.Equal((7, 12), (reply["cursor_start"]!.GetValue<int>(), reply["cursor_end"]!.GetValue<int>()));
        Assert.Equal("variable", reply["metadata"]!["_jupyter_types_experimental"]![0]!["type"]!.GetValue<string>());
    }

    [Fact]
    public void Inspection_shows_type_and_documentation()
    {
        var reply = _client.Ask("inspect_request", new JsonObject { ["code"] = "Math.Max(1, 2)", ["cursor_pos"] = 8, ["detail_level"] = 0 }).Content;
        Assert.True(reply["found"]!.GetValue<bool>());
        Assert.Contains("int Math.Max(int val1, int val2)", reply["data"]!["text/plain"]!.GetValue<string>(), StringComparison.Ordinal);
        reply = _client.Ask("inspect_request", new JsonObject { ["code"] = "   ", ["cursor_pos"] = 1 }).Content;
        Assert.False(reply["found"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("1 + 1", "complete", "")]
    [InlineData("if (true)\n{", "incomplete", "    ")]
    [InlineData("    foreach (var a in b) {", "incomplete", "        ")]
    [InlineData("var a = ;", "invalid", "")]
    [InlineData("#!markdown\n# title {", "complete", "")]
    public void A_console_learns_whether_a_cell_is_complete(string code, string status, string indent)
    {
        var reply = _client.Ask("is_complete_request", new JsonObject { ["code"] = code });
        Assert.Equal((status, indent), (reply.Status, reply.Content["indent"]!.GetValue<string>()));
    }

    [Fact]
    public void There_are_no_comms_and_one_that_is_opened_is_closed()
    {
        Assert.Empty(_client.Ask("comm_info_request", []).Content["comms"]!.AsObject());
        var id = _client.Send(_client.Shell, "comm_open", new JsonObject { ["comm_id"] = "c1", ["target_name"] = "nowhere", ["data"] = new JsonObject() });
        Assert.Equal("c1", Assert.Single(_client.Outputs(id), message => message.Type == "comm_close").Content["comm_id"]!.GetValue<string>());
    }
}
