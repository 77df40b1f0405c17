using Experiments.Tests.Notebooks.Jupyter;

namespace Experiments.Tests.Reporting;

/// <summary>A paper folder of a report, compiled.</summary>
internal static class LatexPaper
{
    /// <summary>Compiles <c>all.tex</c>, and fails where LaTeX finds an error, an overfull box, a float larger than its page, or a sign that its fonts lack.</summary>
    /// <param name="paper">The folder.</param>
    internal static async Task AssertCompilesAsync(string paper)
    {
        JupyterClients.Need("pdflatex");
        using var clients = new JupyterClients();
        var (code, output) = await clients.RunAsync("pdflatex", ["-interaction=nonstopmode", "-halt-on-error", "all.tex"], folder: paper);
        Assert.True(code == 0, output[^Math.Min(output.Length, 2000)..]);
        var log = File.ReadAllText(Path.Combine(paper, "all.log"));
        Assert.All(["Overfull", "too large", "Missing character", "Undefined"], complaint => Assert.DoesNotContain(complaint, log, StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(paper, "all.pdf")));
    }
}
