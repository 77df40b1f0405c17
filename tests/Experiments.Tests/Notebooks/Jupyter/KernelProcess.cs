using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Experiments.Tests.Models;

namespace Experiments.Tests.Notebooks.Jupyter;

/// <summary>A kernel in its own process, as Jupyter starts it.</summary>
public sealed class KernelProcess : IDisposable
{
    internal const string Key = "0f7a1c2e-key-of-the-tests";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder _folder = new();
    private readonly StringBuilder _terminal = new();
    private readonly int[] _ports;

    /// <summary>Starts a kernel.</summary>
    public KernelProcess()
        : this(null)
    {
    }

    /// <param name="parent">Process that the kernel is told to watch; null for this one, 0 for none.</param>
    /// <param name="options">More options of <c>kernel start</c>.</param>
    internal KernelProcess(int? parent, params string[] options)
    {
        _ports = FreePorts(5);
        File.WriteAllText(_folder.File("connection.json"), new JsonObject
        {
            ["transport"] = "tcp",
            ["ip"] = "127.0.0.1",
            ["key"] = Key,
            ["signature_scheme"] = "hmac-sha256",
            ["shell_port"] = _ports[0],
            ["iopub_port"] = _ports[1],
            ["stdin_port"] = _ports[2],
            ["control_port"] = _ports[3],
            ["hb_port"] = _ports[4],
        }.ToJsonString());
        var start = new ProcessStartInfo(Program, ["kernel", "start", "--connection-file", _folder.File("connection.json"), .. options]) { WorkingDirectory = _folder.Path, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["JPY_PARENT_PID"] = (parent ?? Environment.ProcessId).ToString(CultureInfo.InvariantCulture);
        Process = Process.Start(start)!;
        Process.OutputDataReceived += (_, line) => Keep(line.Data);
        Process.ErrorDataReceived += (_, line) => Keep(line.Data);
        Process.BeginOutputReadLine();
        Process.BeginErrorReadLine();
    }

    /// <summary>The program, as the build leaves it beside the tests.</summary>
    internal static string Program => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Experiments.Cli.exe" : "Experiments.Cli");

    internal Process Process { get; }

    /// <summary>Folder that the kernel runs in.</summary>
    internal string Folder => _folder.Path;

    /// <summary>What the kernel wrote to the terminal.</summary>
    internal string Terminal
    {
        get
        {
            lock (_terminal)
            {
                return _terminal.ToString();
            }
        }
    }

    internal KernelClient Connect(string key = Key, bool listens = true) => new(_ports, key, listens);

    /// <summary>Connects and waits until the kernel answers.</summary>
    internal KernelClient ConnectReady()
    {
        var client = Connect();
        client.WaitUntilReady(Patience);
        return client;
    }

    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
            Process.WaitForExit();
        }

        Process.Dispose();
        _folder.Dispose();
    }

    internal static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }

    private void Keep(string? line)
    {
        lock (_terminal)
        {
            _terminal.AppendLine(line);
        }
    }
}

/// <summary>Tests that share one kernel, one after another.</summary>
[CollectionDefinition("kernel")]
public sealed class KernelCollection : ICollectionFixture<KernelProcess>;
