using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Experiments.Tests.Notebooks.Jupyter;

/// <summary>How a kernel begins and ends; each test has its own.</summary>
[Collection("kernel")]
public sealed class KernelLifeTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Shutdown_ends_the_process_also_while_a_cell_runs(bool restart)
    {
        using var kernel = new KernelProcess();
        using var client = kernel.ConnectReady();
        var id = client.Execute("while (true) { System.Threading.Thread.Sleep(1); }");
        client.Published(id, message => message.Type == "execute_input");
        var reply = client.AskControl("shutdown_request", new JsonObject { ["restart"] = restart });
        Assert.Equal(restart, reply.Content["restart"]!.GetValue<bool>());
        Assert.True(kernel.Process.WaitForExit(Patience), "the kernel stays");
        Assert.Equal(0, kernel.Process.ExitCode);
        Assert.Empty(kernel.Terminal.Trim());
    }

    [Fact]
    public void The_first_answer_waits_for_a_client_that_is_still_subscribing()
    {
        using var kernel = new KernelProcess();
        using var client = kernel.Connect(listens: false);
        Assert.Equal("ok", client.AskControl("kernel_info_request", []).Status); // it is up, and answers also where nobody listens
        var id = client.Send(client.Shell, "kernel_info_request", []);
        client.Listen();
        Assert.Equal("ok", client.ReplyTo(id).Status);
        Assert.Equal("busy", client.Published(id, KernelClient.IsIdle)[0].Content["execution_state"]!.GetValue<string>());
    }

    [Fact]
    public void The_kernel_leaves_when_its_parent_goes()
    {
        using var parent = Process.Start(new ProcessStartInfo(OperatingSystem.IsWindows() ? "timeout" : "sleep", ["600"]))!;
        using var kernel = new KernelProcess(parent.Id);
        using var client = kernel.ConnectReady();
        client.Execute("while (true) { }");
        parent.Kill();
        Assert.True(kernel.Process.WaitForExit(Patience), "the kernel stays");
    }

    [Fact]
    public void The_kernel_leaves_when_VS_Code_goes_which_names_no_parent_but_holds_its_input()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There the input is not watched.");
        using var kernel = new KernelProcess(parent: 0);
        using var client = kernel.ConnectReady();
        client.Execute("while (true) { }");
        Thread.Sleep(TimeSpan.FromSeconds(2));
        Assert.False(kernel.Process.HasExited);
        kernel.Process.StandardInput.Close();
        Assert.True(kernel.Process.WaitForExit(Patience), "the kernel stays");
    }

    [Fact]
    public void The_kernel_stays_when_its_input_is_closed_from_the_start()
    {
        using var kernel = new KernelProcess(parent: 0);
        kernel.Process.StandardInput.Close();
        using var client = kernel.ConnectReady();
        Thread.Sleep(TimeSpan.FromSeconds(2));
        Assert.Equal("ok", client.Run("1").Reply.Status);
    }

    [Fact]
    public void A_signal_interrupts_the_cell_and_another_ends_the_kernel()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such signals; its front ends send messages.");
        using var kernel = new KernelProcess();
        using var client = kernel.ConnectReady();
        var id = client.Execute("while (true) { }");
        client.Published(id, message => message.Type == "execute_input");
        Thread.Sleep(500);
        Signal("INT", kernel.Process);
        Assert.Equal("Interrupted", client.ReplyTo(id).Content["ename"]!.GetValue<string>());
        Assert.Equal("ok", client.Run("1").Reply.Status);
        Signal("TERM", kernel.Process);
        Assert.True(kernel.Process.WaitForExit(Patience), "the kernel stays");
    }

    [Fact]
    public void A_thousand_mixed_cells_leave_little_in_memory_and_take_under_100_ms()
    {
        const int Cells = 1000;
        const long Most = 500L << 20;
        const long MostPerCell = 60 << 10;
        using var kernel = new KernelProcess();
        using var client = kernel.ConnectReady();
        var times = new List<double>();
        long early = 0;
        for (var i = 0; i < Cells; i++)
        {
            var (code, value) = MixedCell(i);
            var watch = Stopwatch.StartNew();
            var (reply, outputs) = client.Run(code);
            times.Add(watch.Elapsed.TotalMilliseconds);
            Assert.Equal("ok", reply.Status);
            Assert.Contains(value, outputs[^1].Content["data"]!["text/plain"]!.GetValue<string>(), StringComparison.Ordinal);
            early = i == 100 ? Live(client) : early;
        }

        kernel.Process.Refresh();
        Assert.InRange(kernel.Process.WorkingSet64, 1, Most);
        Assert.InRange((Live(client) - early) / (Cells - 101), 0, MostPerCell);
        Assert.InRange(times.TakeLast(100).Order().ElementAt(50), 0, 100);
    }

    /// <summary>A variable, a function, a record, LINQ or a table, and what its output holds.</summary>
    private static (string Code, string Value) MixedCell(int i) => (i % 5) switch
    {
        0 => (FormattableString.Invariant($"var x{i} = {i};\nx{i} * 2"), FormattableString.Invariant($"{2 * i}")),
        1 => (FormattableString.Invariant($"int F{i}(int a) => a + {i};\nF{i}(1)"), FormattableString.Invariant($"{i + 1}")),
        2 => (FormattableString.Invariant($"public record R{i}(string Name, int Value);\nnew R{i}(\"a\", {i})"), FormattableString.Invariant($"Value = {i}")),
        3 => (FormattableString.Invariant($"Enumerable.Range(1, 100).Where(n => n % 2 == 0).Select(n => n + {i}).Sum()"), FormattableString.Invariant($"{2550 + (50 * i)}")),
        _ => (FormattableString.Invariant($"Enumerable.Range(0, 20).Select(n => new {{ Row = n, Cell = {i} }}).ToList()"), FormattableString.Invariant($"Cell = {i}")),
    };

    /// <summary>Bytes of managed memory that a collection leaves.</summary>
    private static long Live(KernelClient client) => long.Parse(client.Run("GC.Collect(); GC.WaitForPendingFinalizers(); GC.GetTotalMemory(forceFullCollection: true)").Outputs[^1].Content["data"]!["text/plain"]!.GetValue<string>(), CultureInfo.InvariantCulture);

    private static void Signal(string name, Process process)
    {
        using var kill = Process.Start("kill", [$"-{name}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
