using System.Text.Json.Nodes;

namespace Experiments.Notebooks;

/// <summary>Places in the running cell's output for what changes, such as the progress of a library's long work.</summary>
public static class CellDisplays
{
    /// <summary>Makes a place in the output of the cell that runs now.</summary>
    /// <returns>Shows a MIME bundle there instead of what was there; null if no cell runs.</returns>
    public static Action<JsonObject>? Open()
    {
        if (CellContext.Current is not { Sink: var sink })
        {
            return null;
        }

        var id = "";
        return bundle =>
        {
            if (id.Length == 0)
            {
                id = DisplayExtensions.Show(bundle).Id;
            }
            else
            {
                sink.UpdateDisplay(bundle, id);
            }
        };
    }
}
