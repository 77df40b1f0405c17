using System.Text;
using Experiments.Notebooks;
using Experiments.Reporting;

namespace Experiments.Cli;

/// <summary>What <c>run --inspect</c> prints: a notebook's parameters, with types, defaults and comments.</summary>
internal static class NotebookInspection
{
    internal static string Of(IEnumerable<string> files)
    {
        var text = new StringBuilder();
        foreach (var file in files)
        {
            var parameters = NotebookParameters.Of(NotebookDocument.Load(file));
            text.Append(text.Length > 0 ? "\n" : "").Append(file).Append('\n');
            text.Append(parameters.Count == 0
                ? "no parameters: no code cell tagged 'parameters' declares a variable with a literal default\n"
                : Table.From(parameters, c => c.Text("Name", p => p.Name).Text("Type", p => p.Type).Text("Default", p => p.Default).Text("Comment", p => p.Comment)).ToPlainText() + "\n");
        }

        return text.ToString();
    }
}
