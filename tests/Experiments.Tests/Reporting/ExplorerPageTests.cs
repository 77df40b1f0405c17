using System.Globalization;
using Experiments.Reporting.Explorer;
using Experiments.Tests.Models;
using Experiments.Tests.Notebooks.Jupyter;

namespace Experiments.Tests.Reporting;

/// <summary>The explorer's page as a reader sees it, in a browser.</summary>
public sealed class ExplorerPageTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly TemporaryFolder _folder = new();
    private readonly JupyterClients _clients = new();

    [Fact]
    public async Task Sliders_conditions_and_boxes_change_the_picture_and_the_pointer_reads_it()
    {
        using var page = await OpenAsync(ExplorerPatterns.Explorer(16));
        var first = await PictureAsync(page);
        Assert.NotEqual(first, await AfterAsync(page, "layer.value = 1"));
        Assert.NotEqual(await AfterAsync(page, "head.value = 1", "head"), await AfterAsync(page, "head.value = 2", "head"));
        Assert.False((await page.EvaluateAsync("average.checked"))!.GetValue<bool>());
        var off = await PictureAsync(page);
        Assert.NotEqual(off, await AfterAsync(page, "document.querySelector('[value=on]').checked = true"));
        Assert.NotEqual(off, await AfterAsync(page, "document.querySelector('[value=difference]').checked = true"));
        Assert.StartsWith("attention weight, on − off", await TextAsync(page, "legend-title"), StringComparison.Ordinal);
        Assert.Equal(off, await AfterAsync(page, "document.querySelector('[value=off]').checked = true"));
        foreach (var box in new[] { "log", "hide-first", "hide-upper", "average" })
        {
            Assert.NotEqual(off, await AfterAsync(page, $"document.getElementById('{box}').click()"));
            Assert.Equal(off, await AfterAsync(page, $"document.getElementById('{box}').click()"));
        }

        await PointAsync(page, row: 9, column: 4);
        var (weight, boosted) = (ExplorerPatterns.Of(16, 1, 2)[9, 4], ExplorerPatterns.Boosted(16, 1, 2)[9, 4]);
        var readout = await TextAsync(page, "readout");
        Assert.StartsWith("query 9 “␣token9” → key 4 “␣token4”, layer 1, head 2\noff ", readout, StringComparison.Ordinal);
        double Number(string after) => double.Parse(readout[(readout.IndexOf(after, StringComparison.Ordinal) + after.Length)..].Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(Number("\noff "), weight * 0.975, weight * 1.025);
        Assert.InRange(Number(", on "), boosted * 0.975, boosted * 1.025);
        await PointAsync(page, row: 4, column: 9);
        Assert.Contains("never looks ahead", await TextAsync(page, "readout"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_text_is_coloured_by_what_tokens_receive_and_shows_what_a_chosen_one_looks_at()
    {
        using var page = await OpenAsync(ExplorerPatterns.Explorer(16));
        Assert.Equal("<s> token1 token2 token3 token4 token5 token6⏎\n token8 token9 token10 token11 token12 token13⏎\n token15", (await page.EvaluateAsync("text.textContent"))!.GetValue<string>());
        var received = await ColorsAsync(page);
        Assert.DoesNotContain("", received);
        await page.EvaluateAsync("text.children[5].dispatchEvent(new PointerEvent('pointermove', { bubbles: true }))");
        var expected = Enumerable.Range(0, 3).Average(head => Enumerable.Range(5, 11).Average(query => ExplorerPatterns.Of(16, 0, head)[query, 5]));
        var readout = await TextAsync(page, "text-readout");
        Assert.StartsWith("5 “␣token5” receives off ", readout, StringComparison.Ordinal);
        Assert.InRange(double.Parse(readout.Split(' ')[4], CultureInfo.InvariantCulture), expected * 0.975, expected * 1.025);
        var most = Enumerable.Range(0, 6).MaxBy(key => Enumerable.Range(0, 3).Average(head => ExplorerPatterns.Of(16, 0, head)[5, key]));
        Assert.Contains($"looks most at (off) {most} “", readout, StringComparison.Ordinal);

        await page.EvaluateAsync("text.children[5].click()");
        var looks = await ColorsAsync(page);
        Assert.NotEqual(received[..6], looks[..6]);
        Assert.All(looks[6..], color => Assert.Equal("", color));
        await page.EvaluateAsync("by.value = 'looked'; by.dispatchEvent(new Event('change'))");
        Assert.All((await ColorsAsync(page))[..5], color => Assert.Equal("", color));
        await page.EvaluateAsync("text.children[5].click()");
        Assert.Equal(received, await ColorsAsync(page));
    }

    [Fact]
    public async Task The_strip_reads_every_layer_and_a_click_goes_to_it()
    {
        using var page = await OpenAsync(ExplorerPatterns.Explorer(16, on: false));
        await PointAsync(page, row: 1, column: 15, "strip");
        var expected = Enumerable.Range(0, 3).Average(head => ExplorerPatterns.Of(16, 1, head)[15, 15]);
        var readout = await TextAsync(page, "strip-readout");
        Assert.StartsWith("15 “␣token15”, layer 1: ", readout, StringComparison.Ordinal);
        Assert.InRange(double.Parse(readout.Split(' ')[4], CultureInfo.InvariantCulture), expected * 0.975, expected * 1.025);
        var first = await ColorsAsync(page);
        await PointAsync(page, row: 1, column: 15, "strip", "click");
        Assert.Equal("1", (await page.EvaluateAsync("layer.value"))!.GetValue<string>());
        Assert.NotEqual(first, await ColorsAsync(page));
    }

    [Fact]
    public async Task Arrow_keys_change_layer_and_head_and_with_shift_the_cell()
    {
        using var page = await OpenAsync(ExplorerPatterns.Explorer(16, on: false));
        await PressAsync(page, "ArrowDown");
        await PressAsync(page, "ArrowRight");
        Assert.Equal("1 1 false", (await page.EvaluateAsync("`${layer.value} ${head.value} ${average.checked}`"))!.GetValue<string>());
        foreach (var key in new[] { "ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp" })
        {
            await PressAsync(page, key, shift: true);
        }

        Assert.StartsWith("query 0 “<s>” → key 1 “␣token1”, layer 1, head 1", await TextAsync(page, "readout"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_condition_one_layer_and_one_token_have_only_the_controls_that_do_something()
    {
        using var page = await OpenAsync(ExplorerPatterns.Explorer(1, layers: 1, heads: 1, on: false));
        Assert.Equal("log,hide-first,hide-upper,zoom", (await page.EvaluateAsync("[...document.querySelectorAll('input')].filter(i => i.checkVisibility()).map(i => i.id).join()"))!.GetValue<string>());
        await PointAsync(page, 0, 0);
        Assert.Equal("query 0 “<s>” → key 0 “<s>”, layer 0, head 0\n1 ±0.018", await TextAsync(page, "readout"));
    }

    [Fact]
    public async Task Squares_of_tokens_are_named_by_their_first_and_last_token()
    {
        var whole = ExplorerPatterns.Explorer(33, on: false);
        using var page = await OpenAsync(whole with { MaxBytes = System.Text.Encoding.UTF8.GetByteCount(whole.ToHtmlPage()) - 2700 });
        Assert.Equal(2, (await page.EvaluateAsync("explorer.page.block"))!.GetValue<int>());
        await PointAsync(page, row: 16, column: 4);
        var readout = await TextAsync(page, "readout");
        Assert.StartsWith("query 32 “␣token32” → key 8 to 9 “␣token8 … ␣token9”, layer 0, mean over heads\n", readout, StringComparison.Ordinal);
        var expected = Enumerable.Range(0, 3).Average(head => (ExplorerPatterns.Of(33, 0, head)[32, 8] + ExplorerPatterns.Of(33, 0, head)[32, 9]) / 2);
        Assert.InRange(double.Parse(readout.Split('\n')[1].Split(' ')[0], CultureInfo.InvariantCulture), expected * 0.95, expected * 1.05);
        await page.EvaluateAsync("text.children[10].click()");
        var colors = await ColorsAsync(page);
        Assert.Equal(colors[8], colors[9]);
        Assert.NotEqual("", colors[10]);
        Assert.All(colors[11..], color => Assert.Equal("", color));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(128)]
    public async Task Every_token_has_its_whole_label_at_9_pixels_or_more(int tokens)
    {
        using var page = await OpenAsync(ExplorerPatterns.Explorer(tokens));
        Assert.Equal(tokens, (await page.EvaluateAsync("[...explorer.heatmap.labels(explorer.page.tokens.length, explorer.heatmap.cell, 0, Infinity)].length"))!.GetValue<int>());
        Assert.InRange((await page.EvaluateAsync("explorer.heatmap.font"))!.GetValue<double>(), 9, 12);
        Assert.True((await page.EvaluateAsync("explorer.heatmap.cell > explorer.heatmap.font"))!.GetValue<bool>());
        Assert.True((await page.EvaluateAsync("explorer.heatmap.plot.left >= explorer.heatmap.widest(explorer.heatmap.rows, explorer.heatmap.font)"))!.GetValue<bool>());
    }

    [Fact]
    public async Task Pages_of_512_tokens_are_drawn_within_the_blink_of_an_eye()
    {
        using var page = await OpenAsync(ExplorerPatterns.Explorer(512, 2, 8));
        Assert.Equal(512, (await page.EvaluateAsync("explorer.patterns.rows"))!.GetValue<int>());
        var times = await page.EvaluateAsync("""
            (() => {
              const time = change => { const start = performance.now(); change(); document.querySelector('canvas').getContext('2d').getImageData(0, 0, 1, 1); return performance.now() - start; };
              const layers = [1, 0, 1, 0, 1].map(l => time(() => { layer.value = l; explorer.show('layer'); })).sort((a, b) => a - b);
              const pointer = [1, 2, 3, 4, 5].map(i => time(() => explorer.heatmap.hover({ row: 20 * i, column: i }))).sort((a, b) => a - b);
              return `redraw of a mean over 8 heads ${layers[2].toFixed(0)} ms, pointer ${pointer[2].toFixed(1)} ms`;
            })()
            """);
        var text = times!.GetValue<string>();
        TestContext.Current.TestOutputHelper!.WriteLine(text);
        Assert.InRange(int.Parse(text.Split(' ')[7], CultureInfo.InvariantCulture), 0, 1000);
    }

    [Theory]
    [InlineData(390, 844)]
    [InlineData(1280, 800)]
    public async Task No_control_is_cut_and_the_page_itself_never_scrolls_sideways(int width, int height)
    {
        using var page = await OpenAsync(ExplorerPatterns.Explorer(128), width, height);
        Assert.Equal(width, (await page.EvaluateAsync("Math.max(document.documentElement.scrollWidth, innerWidth)"))!.GetValue<int>());
        Assert.Equal("", (await page.EvaluateAsync("[...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.closest('.view > *, legend') && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80)).join('\\n')"))!.GetValue<string>());
    }

    [Fact]
    public async Task A_browser_that_cannot_read_the_patterns_says_so()
    {
        JupyterClients.Need("chromium");
        var file = _folder.File("attention.html");
        await File.WriteAllTextAsync(file, ExplorerPatterns.Explorer(4).ToHtmlPage().Replace("new DecompressionStream(\"deflate\")", "new Missing()", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        using var page = await BrowserPage.OpenAsync(_clients, KernelProcess.FreePorts(1)[0], Patience);
        await page.GoAsync(new Uri(file).AbsoluteUri);
        await page.UntilAsync("problem.checkVisibility() && problem.textContent.includes('Missing is not defined')", Patience);
    }

    public void Dispose()
    {
        _clients.Dispose();
        _folder.Dispose();
    }

    private async Task<BrowserPage> OpenAsync(AttentionExplorer explorer, int width = 1280, int height = 800)
    {
        JupyterClients.Need("chromium");
        var file = _folder.File("attention.html");
        explorer.Save(file);
        var page = await BrowserPage.OpenAsync(_clients, KernelProcess.FreePorts(1)[0], Patience);
        await page.ShowAsAsync(width, height, "screen");
        await page.GoAsync(new Uri(file).AbsoluteUri);
        await page.UntilAsync("explorer.heatmap.plot.wide > 0", Patience);
        Assert.True((await page.EvaluateAsync("problem.hidden"))!.GetValue<bool>());
        Assert.Equal(0, (await page.EvaluateAsync("performance.getEntriesByType('resource').length"))!.GetValue<int>());
        return page;
    }

    private static async Task<string> PictureAsync(BrowserPage page) => (await page.EvaluateAsync("document.querySelector('canvas').toDataURL()"))!.GetValue<string>();

    private static async Task<string> AfterAsync(BrowserPage page, string change, string control = "layer")
    {
        await page.EvaluateAsync($"{change}; document.getElementById('{control}').dispatchEvent(new Event('input', {{ bubbles: true }}))");
        return await PictureAsync(page);
    }

    private static async Task<string> TextAsync(BrowserPage page, string id) => (await page.EvaluateAsync($"document.getElementById('{id}').textContent"))!.GetValue<string>();

    private static async Task<string[]> ColorsAsync(BrowserPage page) => (await page.EvaluateAsync("[...text.children].map(token => token.style.background).join(';')"))!.GetValue<string>().Split(';');

    private static Task PointAsync(BrowserPage page, int row, int column, string map = "heatmap", string what = "pointermove") => page.EvaluateAsync($$"""
        (() => {
          const map = "{{map}}" === "strip" ? explorer.tokens.strip : explorer.heatmap, box = map.canvas.getBoundingClientRect();
          map.canvas.dispatchEvent(new PointerEvent("{{what}}", { clientX: box.left + map.plot.left + {{column}}.5 * map.cell, clientY: box.top + Heatmap.top + {{row}}.5 * map.high }));
        })()
        """);

    private static Task PressAsync(BrowserPage page, string key, bool shift = false) =>
        page.EvaluateAsync($"heatmap.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', shiftKey: {(shift ? "true" : "false")}, bubbles: true }}))");
}
