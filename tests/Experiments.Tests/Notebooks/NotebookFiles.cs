using System.Text.Json.Nodes;
using Experiments.Notebooks;

namespace Experiments.Tests.Notebooks;

/// <summary>Writes notebooks for tests.</summary>
internal static class NotebookFiles
{
    internal static string Write(string path, params NotebookCell[] cells)
    {
        var notebook = NotebookDocument.Parse("{\"cells\": [], \"metadata\": {}, \"nbformat\": 4, \"nbformat_minor\": 5}", "new");
        foreach (var (index, cell) in cells.Index())
        {
            notebook.Insert(index, new NotebookCell((JsonObject)cell.Json.DeepClone()));
        }

        notebook.Save(path);
        return path;
    }
}
