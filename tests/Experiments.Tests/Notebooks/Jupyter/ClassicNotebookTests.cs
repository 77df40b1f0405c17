using System.Globalization;
using Experiments.Tests.Architecture;
using SkiaSharp;

namespace Experiments.Tests.Notebooks.Jupyter;

/// <summary>The classic Notebook in a browser, as a reader sees it.</summary>
[Collection("kernel")]
public sealed class ClassicNotebookTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private const string AllDone = "Jupyter.notebook.get_cells().filter(c => c.cell_type == 'code').every(c => typeof c.input_prompt_number == 'number') && !Jupyter.notebook.kernel_busy";
    private const string Pictures = "Array.from(document.querySelectorAll('.output img')).filter(i => i.naturalWidth > 100 && i.getBoundingClientRect().height > 100).length";
    private readonly JupyterClients _clients = new();

    public void Dispose() => _clients.Dispose();

    [Fact]
    public async Task Run_all_shows_figures_and_tables_and_an_untrusted_copy_still_shows_the_figures()
    {
        JupyterClients.Need("jupyter-notebook", "chromium");
        File.Copy(Path.Combine(FloorTests.Root(), "notebooks", "07-your-own-model.ipynb"), _clients.File("page.ipynb"));
        var ports = KernelProcess.FreePorts(2);
        using var server = _clients.Start("jupyter-notebook", ["--no-browser", "--allow-root", "--ip=127.0.0.1", $"--port={ports[0]}", "--NotebookApp.port_retries=0", "--NotebookApp.token=tests"]);
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        try
        {
            using var page = await BrowserPage.OpenAsync(_clients, ports[1], Patience);
            await WaitForServerAsync(ports[0]);
            await page.GoAsync(Address(ports[0], "page.ipynb"));
            await page.UntilAsync("Jupyter.notebook.kernel.is_connected() && Jupyter.notebook.kernel.info_reply.implementation == 'experiments'", Patience);
            await page.EvaluateAsync("Jupyter.notebook.execute_all_cells()");
            await page.UntilAsync(AllDone, Patience);
            await page.UntilAsync($"{Pictures} == 1", Patience);
            Assert.Equal(0, (await page.EvaluateAsync("document.querySelectorAll('.output_error').length"))!.GetValue<int>());
            Assert.True((await page.EvaluateAsync("document.querySelectorAll('.output table td').length"))!.GetValue<int>() > 4);
            await KeepAsync(page, "classic-notebook.png");

            await page.EvaluateAsync("Jupyter.notebook.save_notebook()");
            await page.UntilAsync("!Jupyter.notebook.dirty", Patience);
            // A text that the server has not signed is one that somebody sent: nothing in it may run.
            await File.WriteAllTextAsync(_clients.File("received.ipynb"), (await File.ReadAllTextAsync(_clients.File("page.ipynb"))).Replace("newTokens = 40", "newTokens = 41", StringComparison.Ordinal));
            await page.GoAsync(Address(ports[0], "received.ipynb"));
            await page.UntilAsync($"Jupyter.notebook.notebook_path == 'received.ipynb' && Jupyter.notebook.trusted === false && {Pictures} == 1", Patience);
            await KeepAsync(page, "classic-notebook-untrusted.png");
        }
        finally
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync();
        }
    }

    private static string Address(int port, string notebook) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/notebooks/{notebook}?token=tests");

    private static async Task WaitForServerAsync(int port)
    {
        using var http = new HttpClient();
        for (var watch = System.Diagnostics.Stopwatch.StartNew(); ; await Task.Delay(500))
        {
            try
            {
                await http.GetStringAsync(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/api?token=tests"));
                return;
            }
            catch (HttpRequestException) when (watch.Elapsed < Patience)
            {
                // it still starts
            }
        }
    }

    /// <summary>Looks at what a reader sees, and keeps it beside the tests for people.</summary>
    private static async Task KeepAsync(BrowserPage page, string name)
    {
        await page.EvaluateAsync("document.querySelector('.output img').scrollIntoView()");
        var bytes = await page.ScreenshotAsync();
        await File.WriteAllBytesAsync(Path.Combine(AppContext.BaseDirectory, name), bytes);
        using var picture = SKBitmap.Decode(bytes);
        var colours = picture.Pixels.Select(pixel => (pixel.Red >> 4, pixel.Green >> 4, pixel.Blue >> 4)).Distinct().Count();
        Assert.True(colours > 60, $"only {colours} colours: there is no heatmap to see"); // the page without figures has about 40
    }
}
