using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Linq;

namespace Experiments.Notebooks.Reports;

/// <summary>Executed notebooks as JUnit XML, which CI systems show: a suite for each notebook, a test for each code cell.</summary>
/// <remarks>Everything is read from what the runner leaves in the notebooks, so that one report covers runs in several processes.</remarks>
public static class JUnitReport
{
    /// <summary>Writes the report's text.</summary>
    /// <param name="notebooks">Name and executed notebook. Cells without a record of an execution count as skipped.</param>
    /// <returns>XML.</returns>
    public static string Of(IEnumerable<(string Name, NotebookDocument Notebook)> notebooks)
    {
        var suites = notebooks.Select(item => Suite(item.Name, item.Notebook)).ToList();
        var root = new XElement("testsuites", Totals(suites), suites);
        using var text = new Utf8Writer();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, NewLineChars = "\n", NewLineHandling = NewLineHandling.None }))
        {
            root.Save(xml);
        }

        return text + "\n";
    }

    private static XElement Suite(string name, NotebookDocument notebook)
    {
        var tests = notebook.Cells.Index().Where(item => item.Item.IsCode && item.Item.Source.Trim().Length > 0).Select(item => Test(name, item.Index, item.Item)).ToList();
        var record = notebook.Json["metadata"]?["papermill"];
        return new XElement(
            "testsuite",
            new XAttribute("name", Clean(name)),
            new XAttribute("tests", tests.Count),
            new XAttribute("failures", tests.Count(test => test.Element("failure") is not null)),
            new XAttribute("errors", 0),
            new XAttribute("skipped", tests.Count(test => test.Element("skipped") is not null)),
            new XAttribute("time", Seconds(record?["duration"])),
            record?["start_time"] is JsonValue start ? new XAttribute("timestamp", start.GetValue<string>()[..19]) : null,
            tests);
    }

    private static XElement Test(string notebook, int index, NotebookCell cell)
    {
        var record = cell.Json["metadata"]?["papermill"];
        return new XElement(
            "testcase",
            new XAttribute("classname", Clean(Path.GetFileNameWithoutExtension(notebook))),
            new XAttribute("name", Clean($"{index + 1:00} {cell.Id}")),
            new XAttribute("time", Seconds(record?["duration"])),
            record?["status"]?.GetValue<string>() switch
            {
                "completed" => null,
                "failed" => Failure(cell),
                _ => new XElement("skipped", new XAttribute("message", cell.IsExecuted ? "not reached" : "tagged skip-execution")),
            });
    }

    private static XElement Failure(NotebookCell cell)
    {
        var error = (cell.Json["outputs"] as JsonArray)?.FirstOrDefault(output => output?["output_type"]?.GetValue<string>() == "error");
        return new XElement(
            "failure",
            new XAttribute("type", Clean(error?["ename"]?.GetValue<string>() ?? "")),
            new XAttribute("message", Clean(error?["evalue"]?.GetValue<string>() ?? "")),
            Clean(string.Join('\n', (error?["traceback"] as JsonArray ?? []).Select(line => line?.GetValue<string>()))));
    }

    private static object[] Totals(List<XElement> suites)
    {
        int Sum(string name) => suites.Sum(suite => (int)suite.Attribute(name)!);
        var time = suites.Sum(suite => (double)suite.Attribute("time")!);
        return [.. new[] { "tests", "failures", "errors", "skipped" }.Select(name => new XAttribute(name, Sum(name))), new XAttribute("time", time.ToString("0.000", CultureInfo.InvariantCulture))];
    }

    private static string Seconds(JsonNode? duration) => (duration?.GetValue<double>() ?? 0).ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>Text without the characters that XML cannot hold, such as those of terminal colours.</summary>
    private static string Clean(string text) => string.Concat(text.EnumerateRunes().Select(rune => rune.IsBmp && !XmlConvert.IsXmlChar((char)rune.Value) ? "\uFFFD" : rune.ToString()));

    private sealed class Utf8Writer() : StringWriter(CultureInfo.InvariantCulture)
    {
        public override Encoding Encoding => Encoding.UTF8;
    }
}
