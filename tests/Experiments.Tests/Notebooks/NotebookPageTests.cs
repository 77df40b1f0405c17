using Experiments.Notebooks;
using Experiments.Notebooks.Reports;
using Experiments.Tests.Models;

namespace Experiments.Tests.Notebooks;

public sealed class NotebookPageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Markdown_is_drawn_and_its_pictures_are_inside_the_page()
    {
        File.WriteAllBytes(_folder.File("beside.png"), [1, 2, 3]);
        var page = Page("""
            {"cell_type": "markdown", "id": "m", "metadata": {}, "attachments": {"a.png": {"image/png": "QUJD"}},
             "source": "# Title\n\n| x |\n|---|\n| 1 |\n\n![one](attachment:a.png) ![two](beside.png)"}
            """);
        Assert.Contains("<h1>Title</h1>", page, StringComparison.Ordinal);
        Assert.Contains("<td>1</td>", page, StringComparison.Ordinal);
        Assert.Contains("data:image/png;base64,QUJD", page, StringComparison.Ordinal);
        Assert.Contains("data:image/png;base64,AQID", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_an_output_the_representation_is_taken_that_needs_no_script()
    {
        var page = Page("""
            {"cell_type": "code", "id": "c", "metadata": {}, "execution_count": 1, "source": "figure", "outputs": [
              {"output_type": "display_data", "metadata": {"image/png": {"width": 7, "height": 5}}, "data": {"application/vnd.plotly.v1+json": {"data": []}, "text/html": "<p>not this</p>", "image/png": "QUJD\n", "text/plain": "a \"figure\""}},
              {"output_type": "display_data", "metadata": {}, "data": {"text/html": ["<table>", "</table>"], "text/plain": "t"}},
              {"output_type": "display_data", "metadata": {}, "data": {"text/latex": "$x<y$", "text/plain": "l"}},
              {"output_type": "display_data", "metadata": {}, "data": {"application/json": {"a": [1]}, "text/plain": "j"}},
              {"output_type": "display_data", "metadata": {}, "data": {"text/markdown": "*m*", "text/plain": "m"}},
              {"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": "<svg onload=\"alert(1)\"/>", "text/plain": "s"}}]}
            """);
        Assert.Contains("<img src=\"data:image/png;base64,QUJD\" width=\"7\" height=\"5\" alt=\"a &quot;figure&quot;\">", page, StringComparison.Ordinal);
        Assert.DoesNotContain("not this", page, StringComparison.Ordinal);
        Assert.Contains("<table></table>", page, StringComparison.Ordinal);
        Assert.Contains("$x&lt;y$", page, StringComparison.Ordinal);
        Assert.Contains("&quot;a&quot;", page, StringComparison.Ordinal);
        Assert.Contains("<em>m</em>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("onload", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_from_data_is_encoded_and_the_page_forbids_itself_scripts_and_the_network()
    {
        var page = Page("""
            {"cell_type": "code", "id": "a\"><script>", "metadata": {}, "execution_count": 1, "source": "<script>1", "outputs": [
              {"output_type": "stream", "name": "stdout", "text": ["<script>2"]},
              {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["<script>3"]},
              {"output_type": "execute_result", "metadata": {}, "execution_count": 1, "data": {"text/plain": "<script>4"}}]},
            {"cell_type": "raw", "id": "r", "metadata": {}, "source": "<script>5"}
            """);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;5", page, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'; img-src data:", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http:", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https:", page, StringComparison.Ordinal);
    }

    private string Page(string cells) => NotebookPage.Of(NotebookDocument.Parse($$"""{"cells": [{{cells}}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}""", "x"), "<title>", _folder.Path);
}
