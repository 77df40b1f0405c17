using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Experiments.Tests.Notebooks.Jupyter;

/// <summary>A page in a headless Chromium, over its DevTools protocol.</summary>
internal sealed class BrowserPage : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private readonly Process _browser;
    private readonly ClientWebSocket _socket = new();
    private int _sent;

    private BrowserPage(Process browser) => _browser = browser;

    internal static async Task<BrowserPage> OpenAsync(JupyterClients clients, int port, TimeSpan patience)
    {
        var page = new BrowserPage(clients.Start("chromium",
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", $"--remote-debugging-port={port}", $"--user-data-dir={clients.File("browser")}", "--window-size=1200,3000", "about:blank"]));
        page._browser.OutputDataReceived += (_, _) => { };
        page._browser.ErrorDataReceived += (_, _) => { };
        page._browser.BeginOutputReadLine();
        page._browser.BeginErrorReadLine();
        using var http = new HttpClient();
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(Pause))
        {
            try
            {
                var targets = await http.GetFromJsonAsync<JsonArray>($"http://127.0.0.1:{port}/json/list");
                var target = targets!.First(target => target!["type"]!.GetValue<string>() == "page")!;
                await page._socket.ConnectAsync(new Uri(target["webSocketDebuggerUrl"]!.GetValue<string>()), CancellationToken.None);
                return page;
            }
            catch (Exception e) when (e is HttpRequestException or InvalidOperationException && watch.Elapsed < patience)
            {
                // it still starts
            }
        }
    }

    /// <summary>Gives the page a size in CSS pixels and a medium, <c>screen</c> or <c>print</c>.</summary>
    internal async Task ShowAsAsync(int width, int height, string medium)
    {
        await CallAsync("Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = width, ["height"] = height, ["deviceScaleFactor"] = 1, ["mobile"] = false });
        await CallAsync("Emulation.setEmulatedMedia", new JsonObject { ["media"] = medium });
    }

    internal Task GoAsync(string address) => CallAsync("Page.navigate", new JsonObject { ["url"] = address });

    /// <summary>Waits until an expression of the page is true.</summary>
    internal async Task UntilAsync(string expression, TimeSpan patience)
    {
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < patience; await Task.Delay(Pause))
        {
            if ((await EvaluateAsync($"(() => {{ try {{ return !!({expression}); }} catch (e) {{ return false; }} }})()"))?.GetValue<bool>() == true)
            {
                return;
            }
        }

        Assert.Fail($"never true: {expression}. The page: {await EvaluateAsync("document.body.innerText.slice(0, 2000)")}");
    }

    internal async Task<JsonNode?> EvaluateAsync(string expression) =>
        (await CallAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true }))["result"]?["value"];

    internal async Task<byte[]> ScreenshotAsync() => Convert.FromBase64String((await CallAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png" }))["data"]!.GetValue<string>());

    public void Dispose()
    {
        _socket.Dispose();
        _browser.Kill(entireProcessTree: true);
        _browser.WaitForExit();
        _browser.Dispose();
    }

    private async Task<JsonObject> CallAsync(string method, JsonObject parameters)
    {
        var id = ++_sent;
        var call = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        await _socket.SendAsync(Encoding.UTF8.GetBytes(call.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        while (true)
        {
            using var message = new MemoryStream();
            var buffer = new byte[64 * 1024];
            WebSocketReceiveResult part;
            do
            {
                part = await _socket.ReceiveAsync(buffer, CancellationToken.None);
                message.Write(buffer, 0, part.Count);
            }
            while (!part.EndOfMessage);
            var answer = JsonNode.Parse(message.ToArray())!.AsObject();
            if (answer["id"]?.GetValue<int>() == id)
            {
                Assert.True(answer["error"] is null, answer["error"]?.ToJsonString());
                return answer["result"]!.AsObject();
            }
        }
    }
}
